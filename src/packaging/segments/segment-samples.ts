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
import { cutEnd, cutStart, pictureEnd } from '../tracks/cut-end.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { intervalOf, wholeIntervalOf } from '../tracks/track-times.ts'
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

/** Pictures that an encoder made in place of a source's. */
export type EncodedPictures = {
  /** In 90 kHz ticks of the segment's era. */
  readonly samples: SampleTable
  /** Their data, one behind the other. */
  read(): Promise<Uint8Array>
}

/** What a segment has of one stream's pictures: encoded ones, then some of the source's, then encoded ones again. */
export type EdgePictures = {
  readonly before?: EncodedPictures
  /** Of the source's in order of decoding, from `first` up to but not including `end`. */
  readonly first: number
  readonly end: number
  readonly after?: EncodedPictures
}

/** An output segment, at the edge of an asset perhaps, with its pictures there by the indexes of their streams. */
export type EdgeSegment = OutputSegment & { readonly pictures?: ReadonlyMap<number, EdgePictures> }

/**
 * Collects a track's samples over the slots of an output segment. Undefined when the stream has no object there.
 * Throws LostMedia when an object turns out to be no media, or all of them to hold no samples of the track.
 */
export async function samplesOf(
  track: SingleVideo | SingleAudio,
  segment: EdgeSegment,
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
  const edge = track.kind === 'video' ? segment.pictures?.get(track.stream.index) : undefined
  const isWithin = ({ pts }: Id3Event) => pts >= cutStart(segment) && pts < cutEnd(segment)
  const found = edge ? await edgeSamples(track, segment, edge, pieces) : shownSamples(track, segment, samples, pieces)
  return {
    ...found,
    events: track.kind === 'video' ? demuxed.flatMap(({ events }) => events.filter(isWithin)) : [],
    objects: placed.map(({ object }) => object),
  }
}

type TableAndMedia = Pick<SegmentSamples, 'samples' | 'media'>

/** What is shown of the samples of a segment, all of which are the source's. */
function shownSamples(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  samples: SampleTable,
  pieces: readonly Track[],
): TableAndMedia {
  const all = fittedTo(wholeIntervalOf(track, segment), track, samples)
  const media = pieces.map((piece) => piece.media)
  const [first, end] = [firstShown(all, track, segment), endShown(all, track, segment)]
  if (first === 0 && end === all.count) return { samples: all, media }
  const kept = { skipped: sizeOf(all, 0, first), bytes: sizeOf(all, first, end) }
  return { samples: samplesBetween(all, first, end), media: [...dataBetween(media, kept)] }
}

async function edgeSamples(
  track: SingleVideo | SingleAudio,
  segment: OutputSegment,
  { before, first, end, after }: EdgePictures,
  pieces: readonly Track[],
): Promise<TableAndMedia> {
  const { pid } = track.description
  const encoded = async (pictures: EncodedPictures | undefined): Promise<readonly Track[]> => {
    if (!pictures) return []
    const { samples } = pictures
    return [{ kind: 'video', pid, timescale: TICKS_PER_SECOND, samples, media: await pictures.read() }]
  }
  const all = [...(await encoded(before)), ...piecesBetween(pieces, first, end), ...(await encoded(after))]
  const samples = fittedTo(intervalOf(track, segment), track, concatTracks(all, track))
  return { samples, media: all.map(({ media }) => media) }
}

/** The samples from `first` up to but not including `end` of several tables, counted through all of them. */
function piecesBetween(pieces: readonly Track[], first: number, end: number): readonly Track[] {
  let before = 0
  return pieces.flatMap((piece) => {
    const { samples, media } = piece
    const from = Math.min(Math.max(first - before, 0), samples.count)
    const to = Math.min(Math.max(end - before, from), samples.count)
    before += samples.count
    if (from === to) return []
    const start = sizeOf(samples, 0, from)
    const bytes = media.subarray(start, start + sizeOf(samples, from, to))
    return [{ ...piece, samples: samplesBetween(samples, from, to), media: bytes }]
  })
}

/** Of a segment that is cut at its start, the first frame of sound that is heard, at least in part. */
function firstShown(
  { count, dts, durations }: SampleTable,
  { kind, timescale }: SingleVideo | SingleAudio,
  segment: OutputSegment,
): number {
  if (!segment.isCutAtStart || kind === 'video') return 0
  const start = rescale(segment.start, TICKS_PER_SECOND, timescale)
  let first = 0
  while (first < count && dts[first]! + durations[first]! <= start) first++
  return first
}

/**
 * How many samples of a segment are left where its end is cut: of pictures, up to the last in order of decoding that is
 * shown before the end, at least one; of sound, what begins before it.
 */
function endShown(
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
