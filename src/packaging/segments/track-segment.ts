import { type CmafSegment, writeCmafHeader, writeCmafSegment } from '../../media/mp4/cmaf.ts'
import { eventMessageBox } from '../../media/mp4/event-message.ts'
import type { Id3Event, SampleTable } from '../../media/sample.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { bytesBody } from './segment-body.ts'
import { type SegmentSamples, samplesOf } from './segment-samples.ts'
import type { SourceMedia } from './source-media.ts'

/** track_ID; every file holds one track. */
const TRACK_ID = 1
/** sequence_number of mfhd has 32 bits. */
const SEQUENCE_MODULUS = 2 ** 32
const ISO_639_2 = /^[a-z]{3}$/

const MEDIA_TYPES = { video: 'video/mp4', audio: 'audio/mp4' } as const

/** The CMAF header of a track, with the same bytes for all segments of its era. */
export function headerOf({ kind, description, timescale, ...track }: SingleVideo | SingleAudio): SegmentBody {
  const language =
    'language' in track ? [description.kind === 'audio' ? description.language : undefined, track.language] : []
  const code = language.find((each) => each !== undefined && ISO_639_2.test(each))
  const bytes = writeCmafHeader({
    id: TRACK_ID,
    timescale,
    ...(code !== undefined && { language: code }),
    entry: description,
  })
  return bytesBody(MEDIA_TYPES[kind], [bytes], [])
}

/**
 * A track of an output segment as a CMAF segment; timed ID3, and more event messages if there are any, precede it as
 * whole boxes.
 */
export async function segmentOf(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  media: Pick<SourceMedia, 'demuxed'>,
  more: readonly Uint8Array[] = [],
): Promise<SegmentBody | undefined> {
  const gathered = await samplesOf(track, segment, media)
  return gathered && body(track, segment, gathered, { before: [...eventMessages(gathered.events), ...more] })
}

function eventMessages(events: readonly Id3Event[]): readonly Uint8Array[] {
  const earlier = new Map<number, number>()
  return events.map((event) => {
    const nth = earlier.get(event.pts) ?? 0
    earlier.set(event.pts, nth + 1)
    return eventMessageBox(event, nth)
  })
}

/**
 * The segment for trick play: the key frames of an output segment, each shown until the next; only the first when
 * `count` is 1. Throws LostMedia when the sources turn out to hold none.
 */
export async function iFramesOf(
  track: SingleVideo,
  segment: OutputSegment,
  media: Pick<SourceMedia, 'demuxed'>,
  count = Number.POSITIVE_INFINITY,
): Promise<SegmentBody | undefined> {
  if (!iFrameOf(segment, track.stream.index)) return undefined
  const gathered = await samplesOf(track, segment, media)
  return gathered && body(track, segment, keyFramesOf(gathered, count), {})
}

function body(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  { samples, media, objects }: SegmentSamples,
  more: Pick<CmafSegment, 'before'>,
): SegmentBody {
  const parts = writeCmafSegment({
    sequenceNumber: segment.number % SEQUENCE_MODULUS,
    trackId: TRACK_ID,
    samples,
    media,
    ...more,
  })
  return bytesBody(MEDIA_TYPES[track.kind], parts, objects)
}

function keyFramesOf(gathered: SegmentSamples, count: number): SegmentSamples {
  const { samples } = gathered
  const at = Array.from(samples.sync.keys()).filter((i) => samples.sync[i] === 1)
  const kept = at.slice(0, count)
  // The index has one.
  if (kept.length === 0) throw new LostMedia(gathered.objects[0]!.key, 'unusable')
  const endOf = (i: number) => samples.dts[i]! + samples.durations[i]!
  const table: SampleTable = {
    count: kept.length,
    sizes: Uint32Array.from(kept, (i) => samples.sizes[i]!),
    dts: Float64Array.from(kept, (i) => samples.dts[i]!),
    compositionOffsets: Int32Array.from(kept, (i) => samples.compositionOffsets[i]!),
    durations: Uint32Array.from(kept, (i, k) => {
      const next = kept[k + 1]
      return (next === undefined ? endOf(samples.count - 1) : samples.dts[next]!) - samples.dts[i]!
    }),
    sync: new Uint8Array(kept.length).fill(1),
  }
  return { ...gathered, samples: table, media: sampleBytes(gathered, new Set(kept)), events: [] }
}

/** Copies the bytes of some samples: views of the pieces that hold them would keep all of those pieces in memory. */
function sampleBytes({ samples, media }: SegmentSamples, wanted: ReadonlySet<number>): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  let piece = 0
  let at = 0
  for (let i = 0; i < samples.count; i++) {
    while (media[piece] && at === media[piece]!.length) {
      piece++
      at = 0
    }
    const size = samples.sizes[i]!
    if (wanted.has(i)) found.push(new Uint8Array(media[piece]!.subarray(at, at + size)))
    at += size
  }
  return found
}
