import { TICKS_PER_MS } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'

/** By how much the times of a picture in two places may differ, in ticks: encoders round them. */
export const SAME_PICTURE = 2 * TICKS_PER_MS

type Extent = Pick<SegmentSummary, 'start' | 'duration' | 'isCut' | 'isCutAtStart'>

/** The time from which on nothing of a segment is shown, in ticks of its era; Infinity where it is not cut. */
export function cutEnd({ start, duration, isCut }: Extent): number {
  return isCut ? start + duration : Number.POSITIVE_INFINITY
}

/** As `cutEnd`, for times of pictures. */
export function pictureEnd(segment: Extent): number {
  return cutEnd(segment) - SAME_PICTURE
}

/** The time up to which nothing of a segment is shown, in ticks of its era; -Infinity where it is not cut there. */
export function cutStart({ start, isCutAtStart }: Extent): number {
  return isCutAtStart ? start : Number.NEGATIVE_INFINITY
}
