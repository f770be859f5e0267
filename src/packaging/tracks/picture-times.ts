import type { VideoFrameRate } from '../../media/codecs/video-usability.ts'
import {
  rescale,
  TICKS_PER_MS,
  TICKS_PER_SECOND,
  type Ticks,
  ticks,
  type UtcMs,
  type UtcRange,
} from '../../media/time.ts'
import { joinedObject } from '../../model/joined-object.ts'
import { type Era, inOrder, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import type { TrackTimes } from '../../model/source-segment.ts'
import { isWithin } from '../cuts.ts'
import { SAME_PICTURE } from './cut-end.ts'
import { type SingleVideo, trackSetOf } from './track-set.ts'

/** A moment in a window, on the timeline of the era of the segment in which it lies. */
export type PlacedMoment = { readonly segment: SegmentSummary; readonly time: Ticks }

/**
 * Where the picture nearest to a moment begins, by the index alone. Where pictures do not come at a steady rate, it is
 * the moment itself. Undefined for a moment outside of all segments with these numbers.
 */
export function pictureNear(
  window: SummaryWindow,
  { utc, numbers }: { readonly utc: UtcMs; readonly numbers: NumberRange },
  selection: StreamSelection,
): PlacedMoment | undefined {
  const place = (segment: SegmentSummary) => timeAt(segment, utc)
  const segment = window.segments.find((each) => {
    if (!isWithin(numbers, each)) return false
    const time = place(each)
    return time >= each.start && time <= each.start + each.duration
  })
  if (!segment) return undefined
  const era = window.eras.find(({ id }) => id === segment.era)
  const [video] = era ? trackSetOf(era, selection).video : []
  return { segment, time: ticks(video ? nearest(place(segment), segment, video) : place(segment)) }
}

/**
 * The last moment before another in its segment at which decoding can begin in all of these tracks, by the index alone:
 * that of a key frame, else the beginning of the segment. In ticks of the era's timeline.
 */
export function decodableFrom({ segment, time }: PlacedMoment, tracks: readonly SingleVideo[]): Ticks {
  const [first, ...others] = tracks.map(({ stream }) => keyFramesOf(segment, stream.index))
  const isInAll = (at: number) => others.every((each) => each.some((other) => Math.abs(other - at) <= SAME_PICTURE))
  const begin = first?.findLast((at) => at <= time + SAME_PICTURE && isInAll(at))
  // Of several renditions, the earliest: what lies before a Period's beginning is not decoded.
  const near = others.flatMap((each) => each.filter((at) => Math.abs(at - (begin ?? Number.NaN)) <= SAME_PICTURE))
  return ticks(begin === undefined ? segment.start : Math.min(begin, time, ...near))
}

function keyFramesOf({ slots }: SegmentSummary, stream: number): readonly number[] {
  return slots.flatMap(({ objects }) =>
    inOrder(objects[stream]).flatMap(({ keyFrames = [] }) => keyFrames.map(({ pts }) => pts)),
  )
}

/**
 * The segment as a span shows it, which ends where the picture nearest to the span's end begins: cut where that is
 * within it, and undefined where nothing of it is left. By the index alone, and by this segment alone.
 */
export function shownOf<Segment extends SegmentSummary>(
  segment: Segment,
  era: Era | undefined,
  { start, end }: UtcRange,
  selection: StreamSelection,
): Segment | undefined {
  const time = timeAt(segment, end)
  if (time >= segment.start + segment.duration) return segment
  const [video] = era ? trackSetOf(era, selection).video : []
  const place = (at: number) => (video ? nearest(at, segment, video) : at)
  const { numerator, denominator } = video?.description.frameRate ?? { numerator: TICKS_PER_SECOND, denominator: 1 }
  const isFirst = segment.startUtc <= start
  // What begins in it shows a picture at least.
  const least =
    place(Math.max(timeAt(segment, start), segment.start)) + rescale(denominator, numerator, TICKS_PER_SECOND)
  const until = isFirst ? Math.max(place(time), least) : place(time)
  if (until <= segment.start + SAME_PICTURE) return undefined
  const duration = ticks(until - segment.start)
  return duration >= segment.duration - SAME_PICTURE ? segment : cutTo(segment, duration)
}

/** The segment cut after a duration. */
export function cutTo<Segment extends SegmentSummary>(segment: Segment, duration: Ticks): Segment {
  // A compact summary has its slots from its prototype.
  return { ...segment, slots: segment.slots, duration, isCut: true }
}

/** The time of a date in or near a segment, on its era's timeline, in ticks. */
export function timeAt({ start, startUtc }: Pick<SegmentSummary, 'start' | 'startUtc'>, utc: UtcMs): number {
  return start + (utc - startUtc) * TICKS_PER_MS
}

/** True where all pictures of a track's segment come at the rate that the track has, by the index alone. */
export function hasSteadyPictures(segment: SegmentSummary, video: SingleVideo): boolean {
  const { frameRate } = video.description
  return frameRate !== undefined && timesIn(segment, video).every((part) => isSteady(part, frameRate))
}

function timesIn({ slots }: SegmentSummary, { stream, position }: SingleVideo): readonly TrackTimes[] {
  return slots.flatMap(({ objects }) => {
    const object = objects[stream.index]
    return (object && joinedObject(object).times?.[position]) ?? []
  })
}

/** True where there are as many pictures as their rate makes of the time from the first to the last. */
function isSteady({ first, last, pictures }: TrackTimes, { numerator, denominator }: VideoFrameRate): boolean {
  const span = Math.round(((last - first) * numerator) / (TICKS_PER_SECOND * denominator)) + 1
  // Earlier versions recorded no count of pictures.
  return pictures === undefined || pictures === span
}

function nearest(time: number, segment: SegmentSummary, video: SingleVideo): number {
  const { frameRate } = video.description
  const times = timesIn(segment, video)
  const part = times.find(({ last }) => time <= last) ?? times.at(-1)
  if (!part || !frameRate || !isSteady(part, frameRate)) return time
  const { numerator, denominator } = frameRate
  // Half between two, the earlier one, as in files whose pictures are read.
  const pictures = Math.ceil(((time - part.first) * numerator) / (TICKS_PER_SECOND * denominator) - 0.5)
  return part.first + rescale(pictures * denominator, numerator, TICKS_PER_SECOND)
}
