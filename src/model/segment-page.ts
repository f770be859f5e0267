import { mapSlot } from './eras/lock.ts'
import type { OutputSegment } from './output-segment.ts'
import type { StoredSegmentSummary } from './segment-summary.ts'

declare const segments: unique symbol

/**
 * Consecutive output segments as JSON: an array, oldest first, of segments as stored, with slots as they are in their
 * own eras. The segment index gives pages as text, which passes between threads unchanged and is parsed where segments
 * are needed.
 */
export type SegmentPageJson<Segment> = string & { readonly [segments]: Segment }

/** Parses a page of output segments, with their slots mapped to the era that shows them. */
export function parseSegmentPage(page: SegmentPageJson<OutputSegment>): readonly OutputSegment[] {
  return (JSON.parse(page) as readonly OutputSegment[]).map(asShown)
}

/** Parses a page of stored summaries. */
export function parseSummaryPage(page: SegmentPageJson<StoredSegmentSummary>): readonly StoredSegmentSummary[] {
  return JSON.parse(page) as readonly StoredSegmentSummary[]
}

/** Makes a page of stored segments, for a store that holds them as values. */
export function writePage<Segment>(stored: readonly Segment[]): SegmentPageJson<Segment> {
  return JSON.stringify(stored) as SegmentPageJson<Segment>
}

/** A segment with its slots mapped to its era: slots of a locked input are stored on that input's own timeline. */
function asShown(segment: OutputSegment): OutputSegment {
  const { era, shift } = segment
  return shift ? { ...segment, slots: segment.slots.map((slot) => mapSlot(slot, { era, ...shift })) } : segment
}
