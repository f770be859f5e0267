import { ONE_DAY_MS, type UtcMs, utcMs } from '../media/time.ts'
import { parsedInstant } from './harvest-request.ts'
import { refuse } from './rules.ts'

/** The span of a channel that a viewer asks for: from `start`, up to `end` if given; at most 24 hours. */
export type ViewingWindow = { readonly start: UtcMs; readonly end?: UtcMs }

/** The part of a viewing window that is visible now. */
export type VisibleWindow = {
  readonly start: UtcMs
  readonly end: UtcMs
  /** True when nothing will be added any more. */
  readonly isOver: boolean
}

/** The newest content of a channel, by the source's clock. */
export type Progress = {
  /** End of what viewers may see. */
  readonly live: UtcMs
  /** End of what is published. */
  readonly published: UtcMs
}

/**
 * Reads `start` and `end` as a viewer wrote them; an end without a start is ignored. Throws RuleViolation when they
 * cannot be read, are in the wrong order, or span more than a day.
 */
export function viewingWindow(start: string | undefined, end: string | undefined): ViewingWindow | undefined {
  if (start === undefined) return undefined
  const from = parsedInstant('start', withOffset(start))
  if (end === undefined) return { start: from }
  const to = parsedInstant('end', withOffset(end))
  if (to <= from) refuse('end', 'must be after start')
  if (to - from > ONE_DAY_MS) refuse('end', 'must be at most 24 hours after start')
  return { start: from, end: to }
}

/** Restores a plus sign: in a query it means a space, and few people escape it. */
function withOffset(text: string): string {
  return text.replace(/ (?=\d\d:?\d\d$)/, '+')
}

/** A reason for which nothing of a viewing window can be seen. */
export type WindowAbsence = 'not yet' | 'no startover window' | 'outside startover window'

/**
 * The visible part of a viewing window, or the reason why there is none. The endpoint's startover window counts back
 * from the newest content by the source's clock. A window is over when the source's clock has passed its end.
 */
export function visibleWindow(
  { start, end = utcMs(start + ONE_DAY_MS) }: ViewingWindow,
  startoverWindowSeconds: number,
  { live, published }: Progress,
): VisibleWindow | WindowAbsence {
  if (startoverWindowSeconds === 0) return 'no startover window'
  if (start < published - startoverWindowSeconds * 1000) return 'outside startover window'
  if (start >= live) return 'not yet'
  return { start, end, isOver: live >= end }
}
