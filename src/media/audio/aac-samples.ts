import {
  AdtsHeader,
  type AudioSpecificConfig,
  aacParameters,
  adtsConfiguration,
  SAMPLES_PER_FRAME,
} from '../codecs/aac.ts'
import type { AudioParameters } from '../codecs/audio-parameters.ts'
import type { SampleMaker, SampleSink } from './samples.ts'

/**
 * Makes samples of AAC in ADTS, each one raw_data_block. It leaves out frames that differ from the first in object
 * type, rate or channels, and frames of several blocks without a CRC, which cannot be separated without decoding them.
 */
export class AacSamples implements SampleMaker<AdtsHeader> {
  readonly samplesPerFrame = SAMPLES_PER_FRAME
  sampleRate = 0
  private readonly sink: SampleSink
  private readonly first = new AdtsHeader()
  private config: AudioSpecificConfig | undefined

  constructor(sink: SampleSink) {
    this.sink = sink
  }

  frame(header: AdtsHeader, bytes: Uint8Array, at: number, position: number, pts: number | undefined): void {
    const ranges = header.blockRanges(bytes, at)
    if (ranges && this.sampleRate === 0) {
      this.first.read(bytes, at)
      this.sampleRate = header.sampleRate
    }
    if (!ranges || !header.agrees(this.first)) {
      this.sink.skip(this.sampleRate === 0 ? 0 : Math.round((header.samples * this.sampleRate) / header.sampleRate))
      return
    }
    this.config ??= adtsConfiguration(header, bytes.subarray(at + header.headerSize, at + header.frameSize))
    for (const [i, [from, end]] of ranges.entries()) {
      this.sink.sample(i === 0 ? pts : undefined, position + from, position + end)
    }
  }

  end(): void {}

  /** Describes the track; undefined when there is no sample, or no frame states its channels. */
  describe(): AudioParameters | undefined {
    return this.config === undefined ? undefined : aacParameters(this.config)
  }

  /** The AudioSpecificConfig that `describe` uses, for callers that know more from the container. */
  get configuration(): AudioSpecificConfig | undefined {
    return this.config
  }
}
