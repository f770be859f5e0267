import type { CarriedDescription } from '../track.ts'
import { KeyFrameIndex } from './key-frame-index.ts'
import { type PayloadProbe, type PesBeginning, RANK } from './payload-probe.ts'
import { isAudioStreamId, isVideoStreamId } from './pes.ts'
import { type ElementaryStream, findDescriptor, languageCode } from './psi.ts'
import { SUBTITLING_DESCRIPTOR, streamKindOf } from './stream-kind.ts'

/**
 * Probes a stream that is carried without being decoded. For video, the multiplexer's random_access_indicator gives
 * the key frames.
 */
export class CarriedProbe implements PayloadProbe {
  private readonly stream: ElementaryStream
  private readonly index = new KeyFrameIndex()
  private streamId = 0

  constructor(stream: ElementaryStream) {
    this.stream = stream
  }

  begin(pes: PesBeginning): void {
    this.streamId = pes.streamId
    if (isVideoStreamId(pes.streamId)) this.index.picture(pes, pes.randomAccess)
  }

  look(): boolean {
    return false
  }

  end(offset: number): number {
    this.index.packetEnds(offset)
    return 0
  }

  get rank(): number {
    if (isVideoStreamId(this.streamId)) return RANK.undescribedVideo
    return isAudioStreamId(this.streamId) ? RANK.undescribedAudio : RANK.other
  }

  get keyFrames() {
    return this.index.keyFrames
  }

  get startsWithKeyFrame(): boolean {
    return !isVideoStreamId(this.streamId) || this.index.startsWithKeyFrame
  }

  describe(): CarriedDescription {
    return describeCarried(this.stream)
  }
}

/** Describes a stream from its entry in the program map alone. */
export function describeCarried(stream: ElementaryStream): CarriedDescription {
  const { pid, streamType } = stream
  const kind = streamKindOf(stream)
  const language = (kind === 'dvb-subtitles' ? subtitlingLanguage(stream) : undefined) ?? stream.language
  return {
    kind: kind === 'id3' || kind === 'dvb-subtitles' ? kind : 'other',
    pid,
    streamType,
    ...(language === undefined ? {} : { language }),
  }
}

/** ISO_639_language_code of the first subtitle stream, ETSI EN 300 468 §6.2.42. */
function subtitlingLanguage({ descriptors }: ElementaryStream): string | undefined {
  const content = findDescriptor(descriptors, SUBTITLING_DESCRIPTOR)
  return content === undefined ? undefined : languageCode(content)
}
