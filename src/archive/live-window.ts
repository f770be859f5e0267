import { type Ticks, ticks, ticksFromSeconds } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'

/** A live window shows at least this many output segments. */
const LEAST_SEGMENTS = 3

/**
 * The last segments of a row that fit in `seconds`, at least three where there are that many; and whether more might
 * fit.
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
