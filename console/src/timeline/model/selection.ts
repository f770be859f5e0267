import type { Span } from './span.ts'

/** What was chosen on the timeline: an in point, an out point, or both, of which the first is earlier. */
export type Selection = { readonly in?: number; readonly out?: number }

/** As many as one harvest job may have. */
export const MOST_RANGES = 100

/** The range between the points; undefined while one is missing. */
export function rangeOf(selection: Selection): Span | undefined {
  const { in: start, out: end } = selection
  return start !== undefined && end !== undefined ? { start, end } : undefined
}

/** Sets the in point. An out point that is not later is taken away: the next one is still to be chosen. */
export function withIn({ out }: Selection, moment: number): Selection {
  return out !== undefined && out > moment ? { in: moment, out } : { in: moment }
}

/** Sets the out point. An in point that is not earlier is taken away. */
export function withOut({ in: start }: Selection, moment: number): Selection {
  return start !== undefined && start < moment ? { in: start, out: moment } : { out: moment }
}

/** Moves a point that is dragged: it stops at least `shortestMs` before the other one, and takes nothing away. */
export function dragged(selection: Selection, point: 'in' | 'out', moment: number, shortestMs: number): Selection {
  const { in: start, out: end } = selection
  if (point === 'in') {
    return { ...selection, in: end === undefined ? moment : Math.min(moment, end - shortestMs) }
  }
  return { ...selection, out: start === undefined ? moment : Math.max(moment, start + shortestMs) }
}

/** A list without one of its ranges. */
export function withoutRange(ranges: readonly Span[], at: number): readonly Span[] {
  return ranges.filter((_, n) => n !== at)
}

/** A list with one range more at its end, as long as there is room. */
export function withRange(ranges: readonly Span[], range: Span): readonly Span[] {
  return ranges.length < MOST_RANGES ? [...ranges, range] : ranges
}

/** A list in which one range has another place. */
export function withMovedRange(ranges: readonly Span[], from: number, to: number): readonly Span[] {
  const range = ranges[from]
  if (!range || to < 0 || to >= ranges.length) return ranges
  return withoutRange(ranges, from).toSpliced(to, 0, range)
}

/** Takes one of the points away. */
export function withoutPoint({ in: start, out: end }: Selection, point: 'in' | 'out'): Selection {
  if (point === 'in') return end === undefined ? {} : { out: end }
  return start === undefined ? {} : { in: start }
}
