import type { VideoFrameRate } from '../../media/codecs/video-usability.ts'
import { rescale, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import { joinedObject } from '../../model/joined-object.ts'
import { inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import type { TrackTimes } from '../../model/source-segment.ts'
import { SAME_PICTURE } from './cut-end.ts'
import type { SingleVideo } from './track-set.ts'

/** A moment in a window, on the timeline of the era of the segment in which it lies. */
export type PlacedMoment = { readonly segment: SegmentSummary; readonly time: Ticks }

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

/**
 * Where the picture of a track nearest to a time in a segment begins, or where the segment ends if that is nearer than
 * its last picture; half between two, the earlier one. By the index alone: where pictures do not come at a steady rate,
 * it is the time itself, up to the last one.
 */
export function nearestPicture(time: number, segment: SegmentSummary, video: SingleVideo): number {
  const { frameRate } = video.description
  const times = timesIn(segment, video)
  const part = times.find(({ last }) => time <= last)
  if (!part) {
    const last = times.at(-1)?.last
    const end = segment.start + segment.duration
    if (last === undefined) return time
    return time - last <= end - time ? last : end
  }
  if (!frameRate || !isSteady(part, frameRate)) return time
  const { numerator, denominator } = frameRate
  // Half between two, the earlier one, as in files whose pictures are read.
  const pictures = Math.ceil(((time - part.first) * numerator) / (TICKS_PER_SECOND * denominator) - 0.5)
  return part.first + rescale(pictures * denominator, numerator, TICKS_PER_SECOND)
}

/** When the first and the last picture of a track in a segment begin; undefined where the index has none. */
export function picturesIn(
  segment: SegmentSummary,
  video: SingleVideo,
): Pick<TrackTimes, 'first' | 'last'> | undefined {
  const times = timesIn(segment, video)
  const [first, last] = [times[0], times.at(-1)]
  return first && last && { first: first.first, last: last.last }
}

/** True where the first picture of a segment that is shown is a key frame: what comes before it is not needed. */
export function beginsWithKeyFrame(segment: SegmentSummary, video: SingleVideo): boolean {
  const first = picturesIn(segment, video)?.first
  const [key] = keyFramesOf(segment, video.stream.index)
  return first !== undefined && key !== undefined && key <= first + SAME_PICTURE
}
