import type { UtcRange } from '../media/time.ts'
import type { HarvestPlan } from './harvest-run.ts'
import type { LossReason } from './lost-media.ts'
import {
  endUtcOf,
  inOrder,
  type OutputSegment,
  type SegmentSummary,
  type Slot,
  type SlotObject,
} from './output-segment.ts'
import { inPlace } from './segment-summary.ts'

/** A place of an asset for which the archive has lost a source object: one stream in one slot of an output segment. */
export type Loss = UtcRange & {
  /** The number of the output segment. */
  readonly number: number
  /** The position of the slot in the segment. */
  readonly slot: number
  /** The index of the stream, and the name under which its gaps are reported. */
  readonly stream: number
  readonly track: string
  /** The key of the source object, and why it is lost. */
  readonly key: string
  readonly reason: LossReason
  /** What the other input has in its place; absent where the asset has a gap. */
  readonly replacement?: SlotObject
}

/** Where a source object is needed. */
export type LossPlace = { readonly segment: OutputSegment; readonly slot: number; readonly stream: number }

export const isGap = ({ replacement }: Loss): boolean => replacement === undefined

/** The places of a source object in output segments. */
export function placesOf(key: string, segments: readonly OutputSegment[]): readonly LossPlace[] {
  return segments.flatMap((segment) =>
    segment.slots.flatMap(({ objects }, slot) =>
      Object.entries(objects).flatMap(([stream, object]) =>
        inOrder(object).some((each) => each.key === key) ? [{ segment, slot, stream: Number(stream) }] : [],
      ),
    ),
  )
}

/** The loss of a source object at a place. */
export function lossAt(
  { segment, slot, stream }: LossPlace,
  about: Pick<Loss, 'key' | 'reason' | 'track'>,
  replacement: SlotObject | undefined,
): Loss {
  const { number, startUtc: start } = segment
  return { ...about, number, slot, stream, start, end: endUtcOf(segment), ...(replacement && { replacement }) }
}

/** The losses with those found later; one at the same place is replaced. */
export function withLosses(losses: readonly Loss[], more: readonly Loss[]): readonly Loss[] {
  const idOf = ({ number, slot, stream }: Loss) => `${number}/${slot}/${stream}`
  return [...new Map([...losses, ...more].map((loss) => [idOf(loss), loss])).values()]
}

/** The losses in the output segments of a plan. */
export function lossesWithin(
  plan: Pick<HarvestPlan, 'first' | 'last' | 'ranges'>,
  losses: readonly Loss[],
): readonly Loss[] {
  const { ranges = [plan] } = plan
  return losses.filter(({ number }) => ranges.some(({ first, last }) => number >= first && number <= last))
}

/** The output segment with what replaces the lost objects, or without them. */
export function mendedSegment<Segment extends SegmentSummary>(segment: Segment, losses: readonly Loss[]): Segment {
  const own = losses.filter(({ number }) => number === segment.number)
  if (own.length === 0) return segment
  const slots = segment.slots.map((slot, at) =>
    mendedSlot(
      slot,
      own.filter((loss) => loss.slot === at),
    ),
  )
  return { ...segment, slots }
}

/**
 * The output segments of an asset, oldest first, with what replaces the lost objects, or without them. Periods in which
 * a stream has lost something are split where that begins and ends.
 */
export function mendedSummaries(
  segments: readonly SegmentSummary[],
  losses: readonly Loss[],
): readonly SegmentSummary[] {
  if (losses.length === 0) return segments
  const byNumber = Map.groupBy(losses, ({ number }) => number)
  let part: { readonly of: number; readonly lacking: string; readonly period: SegmentSummary['period'] } | undefined
  return segments.map((segment) => {
    const own = byNumber.get(segment.number) ?? []
    const mended = mendedSegment(segment, own)
    const { period } = segment
    if (!period) return mended
    const media = own.filter((loss) => isGap(loss) && !isText(segment, loss))
    const lacking = [...new Set(media.map(({ stream }) => stream))].sort((a, b) => a - b).join()
    if (part?.of !== period.number) part = { of: period.number, lacking, period }
    else if (part.lacking !== lacking) {
      part = { of: period.number, lacking, period: { number: segment.number, start: segment.start } }
    }
    return part.period && part.period.number !== period.number ? inPlace(mended, { period: part.period }) : mended
  })
}

/** Text may be silent, so that its gaps do not end a period. */
function isText({ slots }: SegmentSummary, { slot, stream }: Loss): boolean {
  return (slots[slot]?.objects[stream]?.times ?? []).length === 0
}

function mendedSlot<S extends Pick<Slot, 'objects'> | SegmentSummary['slots'][number]>(
  slot: S,
  losses: readonly Loss[],
): S {
  if (losses.length === 0) return slot
  const objects = { ...slot.objects }
  for (const { stream, replacement } of losses) {
    if (replacement) objects[stream] = replacement
    else delete objects[stream]
  }
  return { ...slot, objects }
}
