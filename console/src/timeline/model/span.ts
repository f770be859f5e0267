/** A range of time from `start` up to, but not including, `end`, in whole milliseconds since 1970 (UTC). */
export type Span = { readonly start: number; readonly end: number }

export const lengthOf = ({ start, end }: Span): number => end - start

export const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end

export const holds = ({ start, end }: Span, moment: number): boolean => start <= moment && moment < end

/** What two ranges have in common; undefined where that is nothing. */
export function common(a: Span, b: Span): Span | undefined {
  const start = Math.max(a.start, b.start)
  const end = Math.min(a.end, b.end)
  return start < end ? { start, end } : undefined
}

/** The moment of a range, its end included, that is nearest to `moment`. */
export const nearestIn = ({ start, end }: Span, moment: number): number => Math.max(start, Math.min(moment, end))

/** The range of the same length, or of all there is, that lies within `bounds` and nearest to `span`. */
export function movedInto(span: Span, bounds: Span): Span {
  const length = Math.min(lengthOf(span), lengthOf(bounds))
  const start = Math.max(bounds.start, Math.min(span.start, bounds.end - length))
  return { start, end: start + length }
}
