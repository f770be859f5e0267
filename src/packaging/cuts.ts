import type { UtcRange } from '../media/time.ts'
import type { SegmentSummary, ShownRange, SummaryWindow } from '../model/output-segment.ts'
import type { NumberRange } from '../model/segment-numbers.ts'

const ALL_NUMBERS: NumberRange = { after: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY }

/** What an asset shows of each range of its window, to the frame: of the whole window where it has one range. */
export function cutsOf({ start, end }: UtcRange, { ranges }: SummaryWindow): readonly ShownRange[] {
  return ranges ?? [{ start, end, numbers: ALL_NUMBERS }]
}

export function isWithin({ after, last }: NumberRange, { number }: Pick<SegmentSummary, 'number'>): boolean {
  return number > after && number <= last
}

/** The cut, or the range, that a segment belongs to; undefined where there are none. */
export function rangeOf(
  ranges: readonly ShownRange[] | undefined,
  segment: Pick<SegmentSummary, 'number'>,
): ShownRange | undefined {
  return ranges?.find(({ numbers }) => isWithin(numbers, segment))
}
