import { type Ticks, ticks, ticksFromSeconds } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'

/** The least number of output segments in a live window, where the channel has as many. */
const LEAST_SEGMENTS = 3

/**
 * The last segments that together last at most `seconds`, but at least three where there are three. `isFull` is true
 * when an earlier segment did not fit, so that looking further back finds none.
 */
export function lastFitting(
  segments: readonly OutputSegment[],
  seconds: number,
): { readonly fitting: readonly OutputSegment[]; readonly isFull: boolean } {
  const window = ticksFromSeconds(seconds)
  let total: Ticks = ticks(0)
  let from = segments.length
  while (from > 0) {
    const segment = segments[from - 1]
    if (!segment) break
    total = ticks(total + segment.duration)
    if (total > window && segments.length - from >= LEAST_SEGMENTS) break
    from--
  }
  return { fitting: segments.slice(from), isFull: from > 0 }
}
