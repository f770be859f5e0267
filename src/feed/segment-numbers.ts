import { isoDateTime, TICKS_PER_SECOND, type UtcMs, utcMs } from '../media/time.ts'

/** How long a segment of the test stream lasts. */
export const SEGMENT_SECONDS = 2
const SEGMENT_MS = SEGMENT_SECONDS * 1000
export const SEGMENT_TICKS = SEGMENT_SECONDS * TICKS_PER_SECOND

/** The number of the segment that is shown at a time: segments count from 1970. */
export function segmentAt(time: number): number {
  return Math.floor(time / SEGMENT_MS)
}

/** When a segment begins. */
export function startOfSegment(number: number): UtcMs {
  return utcMs(number * SEGMENT_MS)
}

export function dateOfSegment(number: number): string {
  return isoDateTime(startOfSegment(number))
}
