import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { HarvestGap } from './harvest-run.ts'
import { endUtcOf, hasStream, type SegmentSummary } from './output-segment.ts'

/** A shorter interval between two segments is a rounded date, not missing media. */
const TOLERANCE_MS = 500

export const isBefore = (edge: UtcMs, wanted: UtcMs): boolean => edge < wanted - TOLERANCE_MS

/** A source stream that the asset shows, with the name under which its gaps are reported. */
export type ShownStream = { readonly index: number; readonly name: string }

/**
 * Finds the parts of `span` without media, of all streams or of one, among the segments that overlap it, which it
 * takes in order.
 */
export class GapFinder {
  private readonly span: UtcRange
  private readonly shown: (era: number) => readonly ShownStream[]
  private readonly gaps: HarvestGap[] = []
  private reached: UtcMs

  constructor(span: UtcRange, shown: (era: number) => readonly ShownStream[]) {
    this.span = span
    this.shown = shown
    this.reached = span.start
  }

  take(segment: SegmentSummary): void {
    const gaps = this.gaps
    const { startUtc: start, slots } = segment
    if (isBefore(this.reached, start)) gaps.push({ start: this.reached, end: start })
    const end = endUtcOf(segment)
    for (const { index, name } of this.shown(segment.era)) {
      if (slots.every((slot) => hasStream(slot, index))) continue
      const last = gaps.at(-1)
      if (last?.track === name && last.end === start) gaps[gaps.length - 1] = { ...last, end }
      else gaps.push({ start, end, track: name })
    }
    this.reached = utcMs(Math.max(this.reached, end))
  }

  /** The gaps in order of time, including the one after the last segment. */
  found(): readonly HarvestGap[] {
    const { end } = this.span
    return isBefore(this.reached, end) ? [...this.gaps, { start: this.reached, end }] : this.gaps
  }
}

/** The longest part of `span` without a gap; undefined when there is none. */
export function longestWithoutGap(span: UtcRange, gaps: readonly HarvestGap[]): UtcRange | undefined {
  const edges = [...gaps, { start: span.end, end: span.end }].toSorted((a, b) => a.start - b.start)
  let longest: UtcRange | undefined
  let start = span.start
  for (const gap of edges) {
    const length = gap.start - start
    if (length > 0 && length > (longest ? longest.end - longest.start : 0)) longest = { start, end: gap.start }
    start = utcMs(Math.max(start, gap.end))
  }
  return longest
}
