import { writeTtml } from '../../manifests/ttml.ts'
import {
  type FragmentInterval,
  type SmoothFragment,
  smoothSamples,
  writeSmoothFragment,
} from '../../media/mp4/smooth.ts'
import type { SampleTable } from '../../media/sample.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { ContentKeys } from '../content-keys.ts'
import type { SegmentBody } from '../output-format.ts'
import { bytesBody } from '../segments/segment-body.ts'
import { givenSamples, protectedBody, protectionOf } from '../segments/segment-protection.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesOf } from '../segments/text-segment.ts'
import type { SingleAudio, SingleText, SingleTrack, SingleVideo } from '../tracks/track-set.ts'
import { intervalOf } from '../tracks/track-times.ts'

const MEDIA_TYPE = 'video/mp4'
/** mfhd's sequence_number has 32 bits. */
const SEQUENCE_MODULUS = 2 ** 32

/** A fragment with its place: the interval it is named by, and the fragments after it. */
export type MssFragment = {
  readonly track: SingleTrack
  readonly segment: OutputSegment
  readonly interval: FragmentInterval
  readonly following: readonly FragmentInterval[]
  /** Earlier output segments whose subtitles may still be shown. */
  readonly earlier: readonly OutputSegment[]
}

/** What fragments are made with. */
export type MadeWith = {
  readonly endpoint: OriginEndpoint
  readonly media: SourceMedia
  readonly keys: Pick<ContentKeys, 'find'>
}

/** The body of a fragment; undefined where the track has no media. Throws NoContentKey. */
export async function fragmentBody(fragment: MssFragment, made: MadeWith): Promise<SegmentBody | undefined> {
  const { track } = fragment
  const body = await (track.kind === 'text'
    ? textBody(fragment, track, made.media)
    : samplesBody(fragment, track, made))
  if (!body) return undefined
  const told = fragment.following.map(({ time, duration }) => `${time}+${duration}`)
  return { ...body, sources: [...body.sources, ...told] }
}

async function samplesBody(
  fragment: MssFragment,
  track: SingleVideo | SingleAudio,
  { endpoint, media, keys }: MadeWith,
): Promise<SegmentBody | undefined> {
  const { segment } = fragment
  const gathered = await samplesOf(track, segment, media)
  const shown = intervalOf(track, segment)
  if (!gathered || !shown) return undefined
  const samples = smoothSamples(gathered.samples, track.timescale, shown.start)
  const part = { track, segment }
  const protection = await protectionOf(endpoint, part, keys)
  const given = await givenSamples(part, gathered, protection, media)
  return protectedBody(bytesBody(MEDIA_TYPE, parts(fragment, samples, given), gathered.objects), protection)
}

/** The body of a text fragment. Its document's times begin at the fragment, as Smooth Streaming players expect. */
async function textBody(
  fragment: MssFragment,
  { stream, language }: SingleText,
  media: SourceMedia,
): Promise<SegmentBody> {
  const { segment, earlier, interval } = fragment
  const { cues, objects } = await cuesOf(stream, segment, earlier, media)
  const document = writeTtml({
    profile: 'dfxp',
    ...(language !== undefined && { language }),
    paragraphs: cues.map(({ start, end, settings, text }) => ({
      begin: start - segment.start,
      end: end - segment.start,
      settings,
      text,
    })),
  })
  const bytes = new TextEncoder().encode(document)
  const made = parts(fragment, oneSample(bytes.length, interval.duration), { media: [bytes] })
  // Their media type is that of all fragments.
  return { ...bytesBody(MEDIA_TYPE, made, objects), protection: 'text' }
}

function parts(
  { segment, interval, following }: MssFragment,
  samples: SampleTable,
  given: Pick<SmoothFragment, 'media' | 'encryption'>,
): readonly Uint8Array[] {
  const sequenceNumber = segment.number % SEQUENCE_MODULUS
  return writeSmoothFragment({ sequenceNumber, samples, interval, following, ...given })
}

function oneSample(size: number, duration: number): SampleTable {
  return {
    count: 1,
    sizes: Uint32Array.of(size),
    dts: Float64Array.of(0),
    compositionOffsets: Int32Array.of(0),
    durations: Uint32Array.of(duration),
    sync: Uint8Array.of(1),
  }
}
