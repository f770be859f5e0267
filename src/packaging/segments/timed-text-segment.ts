import { TTML_NAMESPACE, writeTtml } from '../../manifests/ttml.ts'
import { writeCmafHeader, writeCmafSegment } from '../../media/mp4/cmaf.ts'
import type { SampleTable } from '../../media/sample.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import type { SingleText } from '../tracks/track-set.ts'
import { intervalOf } from '../tracks/track-times.ts'
import { bytesBody } from './segment-body.ts'
import type { SourceMedia } from './source-media.ts'
import { cuesOf } from './text-segment.ts'

const MEDIA_TYPE = 'application/mp4'
const TRACK_ID = 1
const ISO_639_2 = /^[a-z]{3}$/

/** The header of subtitles as TTML in MP4, ISO/IEC 14496-30 §7. */
export function timedTextHeader({ timescale, language }: SingleText): SegmentBody {
  const bytes = writeCmafHeader({
    id: TRACK_ID,
    timescale,
    ...(language !== undefined && ISO_639_2.test(language) && { language }),
    entry: { kind: 'text', namespace: TTML_NAMESPACE },
  })
  return bytesBody(MEDIA_TYPE, [bytes], [])
}

/** The subtitles of an output segment: one document for all of it, in the media times of the track. */
export async function timedTextSegment(
  track: SingleText,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
  media: Pick<SourceMedia, 'read'>,
): Promise<SegmentBody | undefined> {
  const interval = intervalOf(track, segment)
  if (!interval) return undefined
  const { cues, objects } = await cuesOf(track.stream, segment, earlier, media)
  const { language } = track
  const document = writeTtml({
    profile: 'imsc1',
    ...(language !== undefined && { language }),
    paragraphs: cues.map(({ start, end, settings, text }) => ({ begin: start, end, settings, text })),
  })
  const bytes = new TextEncoder().encode(document)
  const parts = writeCmafSegment({
    sequenceNumber: segment.number % 2 ** 32,
    trackId: TRACK_ID,
    samples: oneSample(bytes.length, interval.start, interval.duration),
    media: [bytes],
  })
  return bytesBody(MEDIA_TYPE, parts, objects)
}

function oneSample(size: number, time: number, duration: number): SampleTable {
  return {
    count: 1,
    sizes: Uint32Array.of(size),
    dts: Float64Array.of(time),
    compositionOffsets: Int32Array.of(0),
    durations: Uint32Array.of(duration),
    sync: Uint8Array.of(1),
  }
}
