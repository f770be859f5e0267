import type { UtcRange } from '../media/time.ts'
import type { SegmentSummary, ShownRange, SummaryWindow } from '../model/output-segment.ts'
import type { NumberRange } from '../model/segment-numbers.ts'

const ALL_NUMBERS: NumberRange = { after: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY }

/** What is asked for of each range of a window: of the whole window where it has one range. */
export function cutsOf({ start, end }: UtcRange, { ranges }: Pick<SummaryWindow, 'ranges'>): readonly ShownRange[] {
  return ranges ?? [{ start, end, numbers: ALL_NUMBERS }]
}

export function isWithin({ after, last }: NumberRange, { number }: Pick<SegmentSummary, 'number'>): boolean {
  return number > after && number <= last
}

/** The cut, or the range, that a segment belongs to; undefined where there are none. */
export function rangeOf<Range extends ShownRange>(
  ranges: readonly Range[] | undefined,
  segment: Pick<SegmentSummary, 'number'>,
): Range | undefined {
  return ranges?.find(({ numbers }) => isWithin(numbers, segment))
}
