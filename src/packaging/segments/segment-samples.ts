import {
  dataBetween,
  emptySamples,
  type Id3Event,
  type SampleTable,
  samplesBetween,
  sizeOf,
  type Track,
} from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import { LostMedia } from '../../model/lost-media.ts'
import { inOrder, type OutputSegment, type SlotObject } from '../../model/output-segment.ts'
import { cutEnd, pictureEnd } from '../tracks/cut-end.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { wholeIntervalOf } from '../tracks/track-times.ts'
import { fittedTo } from './decoding-times.ts'
import type { PlacedObject } from './demux-object.ts'
import type { SourceMedia } from './source-media.ts'

/** The samples of one track of an output segment, in units of the track's timescale. */
export type SegmentSamples = {
  readonly samples: SampleTable
  /** Their data in consecutive pieces: as the source objects were demuxed, not copied. */
  readonly media: readonly Uint8Array[]
  readonly events: readonly Id3Event[]
  /** The source objects they came from. */
  readonly objects: readonly SlotObject[]
}

/**
 * Collects a track's samples over the slots of an output segment. Undefined when the stream has no object there.
 * Throws LostMedia when an object turns out to be no media, or all of them to hold no samples of the track.
 */
export async function samplesOf(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  source: Pick<SourceMedia, 'demuxed'>,
): Promise<SegmentSamples | undefined> {
  const placed = placedObjects(track, segment)
  if (placed.length === 0) return undefined
  const demuxed = await Promise.all(placed.map((each) => source.demuxed(each)))
  const pieces = demuxed.flatMap(({ tracks }) => tracks.find(({ pid }) => pid === track.description.pid) ?? [])
  const samples = concatTracks(pieces, track)
  // A part of a segment, or an empty one, would be taken for the whole.
  const lost = samples.count === 0 ? 0 : demuxed.findIndex(({ problem }) => problem !== undefined)
  if (lost >= 0) throw new LostMedia(placed[lost]!.object.key, 'unusable')
  const end = cutEnd(segment)
  const all = fittedTo(wholeIntervalOf(track, segment), track, samples)
  const shown = samplesBetween(all, 0, countShown(all, track, segment))
  const media = pieces.map((piece) => piece.media)
  return {
    samples: shown,
    media: segment.isCut ? [...dataBetween(media, { skipped: 0, bytes: sizeOf(all, 0, shown.count) })] : media,
    events: track.kind === 'video' ? demuxed.flatMap(({ events }) => events.filter(({ pts }) => pts < end)) : [],
    objects: placed.map(({ object }) => object),
  }
}

/**
 * How many samples of a segment are left where it is cut: of pictures, up to the last in order of decoding that is
 * shown before the end, at least one; of sound, what begins before it.
 */
function countShown(
  { count, dts, compositionOffsets }: SampleTable,
  { kind, timescale }: SingleVideo | SingleAudio,
  segment: OutputSegment,
): number {
  if (!segment.isCut || count === 0) return count
  const end = rescale(kind === 'video' ? pictureEnd(segment) : cutEnd(segment), TICKS_PER_SECOND, timescale)
  let shown = count
  while (shown > 0 && dts[shown - 1]! + compositionOffsets[shown - 1]! >= end) shown--
  return kind === 'video' ? Math.max(shown, 1) : shown
}

function placedObjects({ stream }: SingleVideo | SingleAudio, { slots }: OutputSegment): readonly PlacedObject[] {
  return slots.flatMap(({ objects, start, index }) =>
    inOrder(objects[stream.index]).map((object, i) => {
      const isFirst = index === 0 && i === 0 && object.startsWithKeyFrame === false
      return { object, stream, start, isFirst }
    }),
  )
}

/**
 * Joins several tables and rescales them. Each time is rounded on its own, so that errors do not add up; decoding
 * times never decrease, and each sample lasts until the next.
 */
function concatTracks(
  pieces: readonly Track[],
  { kind, timescale, description }: SingleVideo | SingleAudio,
): SampleTable {
  const count = pieces.reduce((sum, { samples }) => sum + samples.count, 0)
  const table = emptySamples(count)
  // The multiplexer's rounding may place consecutive frames half a frame apart.
  const tolerance = description.kind === 'audio' ? description.samplesPerFrame / 2 : 0
  let at = 0
  let end = -Infinity
  for (const { samples, timescale: from } of pieces) {
    table.sizes.set(samples.sizes, at)
    table.sync.set(samples.sync, at)
    for (let i = 0; i < samples.count; i++, at++) {
      const stated = rescale(samples.dts[i]!, from, timescale)
      const dts = Math.abs(stated - end) <= tolerance ? end : Math.max(stated, end - tolerance)
      table.dts[at] = dts
      if (kind === 'video') {
        table.compositionOffsets[at] = rescale(samples.dts[i]! + samples.compositionOffsets[i]!, from, timescale) - dts
        end = dts
      } else end = dts + rescale(samples.durations[i]!, from, timescale)
    }
  }
  for (let i = 0; i + 1 < count; i++) table.durations[i] = table.dts[i + 1]! - table.dts[i]!
  const last = pieces.at(-1)
  if (last && count > 0) {
    table.durations[count - 1] = rescale(last.samples.durations[last.samples.count - 1]!, last.timescale, timescale)
  }
  return table
}
