import { mapSlot } from './eras/lock.ts'
import type { OutputSegment } from './output-segment.ts'
import type { StoredSegmentSummary } from './segment-summary.ts'

declare const segments: unique symbol

/**
 * Consecutive output segments as JSON: an array, oldest first, of segments as they are stored, their slots as these
 * stand in their own eras. The segment index gives pages as text, which passes through threads as it is and is parsed
 * where segments are wanted.
 */
export type SegmentPageJson<Segment> = string & { readonly [segments]: Segment }

/** The output segments of a page, their slots as they are shown. */
export function parseSegmentPage(page: SegmentPageJson<OutputSegment>): readonly OutputSegment[] {
  return (JSON.parse(page) as readonly OutputSegment[]).map(asShown)
}

/** The stored summaries of a page. */
export function parseSummaryPage(page: SegmentPageJson<StoredSegmentSummary>): readonly StoredSegmentSummary[] {
  return JSON.parse(page) as readonly StoredSegmentSummary[]
}

/** A page of stored segments, as a store that holds them as values gives it. */
export function writePage<Segment>(stored: readonly Segment[]): SegmentPageJson<Segment> {
  return JSON.stringify(stored) as SegmentPageJson<Segment>
}

/** Slots of a locked input are stored on its own timeline. */
function asShown(segment: OutputSegment): OutputSegment {
  const { era, shift } = segment
  return shift ? { ...segment, slots: segment.slots.map((slot) => mapSlot(slot, { era, ...shift })) } : segment
}
