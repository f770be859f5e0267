import { isCueOutCont } from './cue-out-cont.ts'
import type { OutputSegment, SegmentSummary } from './output-segment.ts'
import { PackedSegment, PackedSummaries, type SegmentPlace } from './packed-summaries.ts'
import { slotSummaryOf } from './slot-summary.ts'
import type { AnySlotSummary } from './slot-summary-versions.ts'

/** An output segment with summaries of its slots: as they stand in their own eras, where the segment was moved. */
export type StoredSegmentSummary = Omit<OutputSegment, 'slots'> & { readonly slots: readonly AnySlotSummary[] }

export function segmentSummaryOf(segment: OutputSegment): StoredSegmentSummary {
  return { ...segment, slots: segment.slots.map(slotSummaryOf) }
}

/** What summaries tell of their segments. */
export function packedSegments(summarized: readonly StoredSegmentSummary[]): readonly SegmentSummary[] {
  const packed = new PackedSummaries()
  for (const { number, era, slots, ...body } of summarized) {
    packed.addSegment(number, era, body)
    for (const slot of slots) packed.addSlot(slot)
  }
  return packed.seal().segments
}

/** The segment in another place, such as another period. */
export function inPlace(segment: SegmentSummary, place: SegmentPlace): SegmentSummary {
  return segment instanceof PackedSegment ? segment.inPlace(place) : { ...segment, ...place }
}

/**
 * The lines of the ad tags of all slots of a segment, but those that say within it that a break goes on. Cheap for one
 * without, as nearly all are.
 */
export function adTagsIn(segment: SegmentSummary): readonly string[] {
  if (segment instanceof PackedSegment && !segment.mayHaveAdTags) return []
  return segment.slots.flatMap(({ adTags = [] }, i) =>
    i === 0 ? adTags : adTags.filter((line) => !isCueOutCont(line)),
  )
}

/** False where no ad event begins in a slot of a segment. Cheap: in nearly all none does. */
export function mayBeginAds(segment: SegmentSummary): boolean {
  if (segment instanceof PackedSegment) return segment.mayBeginAds
  return segment.slots.some(({ ads }) => ads !== undefined)
}
