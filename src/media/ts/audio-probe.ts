import { AacSamples } from '../audio/aac-samples.ts'
import { SampleTimes } from '../audio/sample-times.ts'
import { FrameStream } from '../audio/stream.ts'
import { aacParameters, withSbr } from '../codecs/aac.ts'
import type { AudioParameters } from '../codecs/audio-parameters.ts'
import type { TrackDescription } from '../track.ts'
import { replicationOf } from './aac-descriptors.ts'
import { describeCarried } from './carried-probe.ts'
import { type PayloadProbe, type PesBeginning, RANK } from './payload-probe.ts'
import type { ElementaryStream } from './psi.ts'
import { streamKindOf } from './stream-kind.ts'

/** Probes AAC in ADTS, AC-3 and E-AC-3 frame by frame, as the demuxer does; the first frames describe the track. */
export class AudioProbe implements PayloadProbe {
  readonly keyFrames = []
  readonly startsWithKeyFrame = true
  private readonly stream: ElementaryStream
  private readonly frames: FrameStream
  private readonly sampleTimes = new SampleTimes()

  constructor(stream: ElementaryStream) {
    this.stream = stream
    this.frames = new FrameStream(streamKindOf(stream) === 'aac' ? 'aac' : 'ac3', this.sampleTimes)
    this.sampleTimes.maker = this.frames.sampler.maker
  }

  get rank(): number {
    return this.parameters() === undefined ? RANK.undescribedAudio : RANK.audio
  }

  get times() {
    return this.sampleTimes.range
  }

  begin({ pts }: PesBeginning): void {
    if (pts < 0) return
    this.frames.sampler.mark({ position: this.frames.position, pts: this.sampleTimes.unwrap(pts) })
  }

  flow(bytes: Uint8Array, from: number, end: number): void {
    this.frames.push(bytes, from, end)
  }

  end(): number {
    return 0
  }

  finish(): void {
    this.frames.end()
  }

  describe(): TrackDescription {
    const parameters = this.parameters()
    if (parameters === undefined) return describeCarried(this.stream)
    const { pid, language } = this.stream
    return { kind: 'audio', pid, ...parameters, ...(language === undefined ? {} : { language }) }
  }

  private parameters(): AudioParameters | undefined {
    const { maker } = this.frames.sampler
    const described = maker.describe()
    if (described === undefined || !(maker instanceof AacSamples)) return described
    const extension = replicationOf(this.stream.descriptors, described)
    return extension === undefined ? described : aacParameters(withSbr(maker.configuration!, extension))
  }
}
