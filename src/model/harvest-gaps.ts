import { msFromTicks, type UtcMs, utcMs } from '../media/time.ts'
import type { HarvestGap, UtcSpan } from './harvest-run.ts'
import type { OutputSegment } from './output-segment.ts'

/** Less than this between two segments is a rounded date, not missing media. */
const TOLERANCE_MS = 500

export const endOf = (segment: OutputSegment): UtcMs => utcMs(segment.startUtc + msFromTicks(segment.duration))

export const isBefore = (edge: UtcMs, wanted: UtcMs): boolean => edge < wanted - TOLERANCE_MS

/** A source stream the asset shows, under the name its gaps are reported by. */
export type ShownStream = { readonly index: number; readonly name: string }

/** Where `span` has no media, of all streams or of one; in order of time. `segments` are those that overlap it. */
export function gapsIn(
  span: UtcSpan,
  segments: readonly OutputSegment[],
  shown: (era: number) => readonly ShownStream[],
): readonly HarvestGap[] {
  const gaps: HarvestGap[] = []
  let reached = span.start
  for (const segment of segments) {
    if (isBefore(reached, segment.startUtc)) gaps.push({ start: reached, end: segment.startUtc })
    const end = endOf(segment)
    for (const { index, name } of shown(segment.era)) {
      if (segment.slots.every(({ objects }) => objects[index] !== undefined)) continue
      const last = gaps.at(-1)
      if (last?.track === name && last.end === segment.startUtc) gaps[gaps.length - 1] = { ...last, end }
      else gaps.push({ start: segment.startUtc, end, track: name })
    }
    reached = utcMs(Math.max(reached, end))
  }
  if (isBefore(reached, span.end)) gaps.push({ start: reached, end: span.end })
  return gaps
}

/** The longest stretch of `span` that no gap touches; undefined when there is none. */
export function longestStretch(span: UtcSpan, gaps: readonly HarvestGap[]): UtcSpan | undefined {
  const edges = [...gaps, { start: span.end, end: span.end }].toSorted((a, b) => a.start - b.start)
  let longest: UtcSpan | undefined
  let start = span.start
  for (const gap of edges) {
    const length = gap.start - start
    if (length > 0 && length > (longest ? longest.end - longest.start : 0)) longest = { start, end: gap.start }
    start = utcMs(Math.max(start, gap.end))
  }
  return longest
}
