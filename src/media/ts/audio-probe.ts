import { hexOf } from '../bytes.ts'
import { ADTS_MIN_HEADER_SIZE, AdtsHeader, SAMPLES_PER_FRAME, writeAudioSpecificConfig } from '../codecs/aac.ts'
import { aacCodec } from '../codecs/codec-string.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import type { AudioDescription, TrackDescription } from '../track.ts'
import { describeCarried } from './carried-probe.ts'
import { type PayloadProbe, RANK } from './payload-probe.ts'
import type { ElementaryStream } from './psi.ts'

const adts = new AdtsHeader()

/** AAC in ADTS, described by its first frame. */
export class AudioProbe implements PayloadProbe {
  readonly keyFrames = []
  readonly startsWithKeyFrame = true
  private readonly stream: ElementaryStream
  private description: AudioDescription | undefined
  /** Where the next frame of the PES packet begins, in bytes from the beginning of its payload. */
  private nextFrame = 0
  private frames = 0

  constructor(stream: ElementaryStream) {
    this.stream = stream
  }

  get rank(): number {
    return this.description === undefined ? RANK.undescribedAudio : RANK.audio
  }

  begin(): void {
    this.nextFrame = 0
    this.frames = 0
  }

  look(bytes: Buffer, from: number, end: number): boolean {
    while (from + this.nextFrame + ADTS_MIN_HEADER_SIZE <= end) {
      if (!adts.read(bytes, from + this.nextFrame)) return false
      this.description ??= this.describeFrame()
      this.nextFrame += adts.frameSize
      this.frames++
    }
    return true
  }

  end(): number {
    if (this.description === undefined || this.frames < 2) return 0
    const { samplesPerFrame, sampleRate } = this.description
    return Math.round(((this.frames - 1) * samplesPerFrame * TICKS_PER_SECOND) / sampleRate)
  }

  describe(): TrackDescription {
    return this.description ?? describeCarried(this.stream)
  }

  private describeFrame(): AudioDescription {
    const { pid, language } = this.stream
    return {
      kind: 'audio',
      pid,
      codec: aacCodec(adts.objectType),
      configuration: hexOf(writeAudioSpecificConfig(adts)),
      sampleRate: adts.sampleRate,
      channels: adts.channels,
      samplesPerFrame: SAMPLES_PER_FRAME,
      ...(language === undefined ? {} : { language }),
    }
  }
}
