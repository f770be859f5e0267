import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts'
import type { OutputSegment, Slot } from '../output-segment.ts'
import { intervalOfStream } from '../stream-interval.ts'
import type { OutputTimelineState } from './state.ts'

/**
 * EXT-X-TARGETDURATION once an output segment is added, in whole seconds. It must not change, RFC 8216 §6.2.1, and no
 * duration, rounded to whole seconds, may be longer, §4.3.3.1. It is foreseen from the first output segment, and grows
 * only for a longer one.
 */
export function targetDurationAfter(
  { targetDuration, segmentDuration }: Pick<OutputTimelineState, 'targetDuration' | 'segmentDuration'>,
  segment: OutputSegment,
): number {
  const longest = Math.max(segment.duration, ...streamsOf(segment).map((n) => intervalOfStream(segment, n).duration))
  if (targetDuration !== undefined && Math.round(longest / TICKS_PER_SECOND) <= targetDuration) return targetDuration
  const foreseen = targetDuration === undefined ? usualDuration(segment.slots, segmentDuration) : 0
  return Math.max(1, Math.ceil(Math.max(longest, foreseen) / TICKS_PER_SECOND - ROUNDING))
}

/** Written durations are whole milliseconds. */
const ROUNDING = 0.0005

/** So many slots as are nearest to the wanted duration; where streams are cut otherwise, one segment of theirs more. */
function usualDuration(slots: readonly Slot[], wanted: Ticks): number {
  const slot = Math.max(...slots.map(({ duration }) => duration))
  const usual = Math.max(1, Math.round(wanted / slot)) * slot
  const objects = slots.flatMap((one) => Object.values(one.objects))
  const others = objects.map(({ times, duration = 0 }) => (times ? duration : 0))
  return usual + Math.max(0, ...others)
}

function streamsOf({ slots }: OutputSegment): number[] {
  return [...new Set(slots.flatMap(({ objects }) => Object.keys(objects).map(Number)))]
}
