import type { UtcMs, UtcRange } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import type { EraTime, NumberRange } from '../model/segment-numbers.ts'
import type { SegmentPageJson } from '../model/segment-page.ts'
import type { StoredSegmentSummary } from '../model/segment-summary.ts'

/** Port: eras, slots and output segments as they were committed. Every commit that has resolved is seen. */
export type SegmentReader = {
  eras(ingest: InputRef, ids: readonly number[]): Promise<readonly Era[]>
  /** Eras of an output timeline's output segments with these numbers, oldest first. */
  erasShown(outputTimeline: number, range: NumberRange): Promise<readonly number[]>
  /** The newest `limit` of all whose clocks begin before a moment, oldest first. */
  erasBegunBefore(outputTimeline: number, moment: UtcMs, limit: number): Promise<readonly Era[]>
  /** Slots in order, from the slot after `after` (or the first kept), at most `limit`. */
  slots(ingest: InputRef, after: { era: number; index: number } | undefined, limit: number): Promise<readonly Slot[]>
  /** The newest `limit` output segments, oldest first. */
  lastOutputSegments(outputTimeline: number, limit: number): Promise<readonly OutputSegment[]>
  /** Output segments that start before `end` and end after `start`, oldest first, at most `limit`. */
  outputSegmentsBetween(
    outputTimeline: number,
    start: UtcMs,
    end: UtcMs,
    limit: number,
  ): Promise<readonly OutputSegment[]>
  outputSegment(outputTimeline: number, number: number): Promise<OutputSegment | undefined>
  /** The output segments numbered above `after` up to `last`, oldest first. */
  outputSegmentsNumbered(outputTimeline: number, range: NumberRange): Promise<readonly OutputSegment[]>
  /** JSON of those of them that lie in a window, as they are stored. */
  outputSegmentPage(
    outputTimeline: number,
    range: NumberRange,
    window: UtcRange,
  ): Promise<SegmentPageJson<OutputSegment>>
  /**
   * JSON of all segments with these numbers, as they are stored: each slot as the summary that was committed with it,
   * or whole where an earlier version committed none.
   */
  outputSegmentSummaries(outputTimeline: number, range: NumberRange): Promise<SegmentPageJson<StoredSegmentSummary>>
  /**
   * Numbers among which all segments lie that start before `end` and end after `start`. Undefined when there is none.
   */
  outputSegmentRange(outputTimeline: number, window: UtcRange): Promise<NumberRange | undefined>
  /**
   * Output segments of an era that begin around a time of it, oldest first: the last `count` at or before it, and the
   * first `count` after it.
   */
  outputSegmentsAround(outputTimeline: number, place: EraTime, count: number): Promise<readonly OutputSegment[]>
  /** The number of the newest output segment that was sealed by a moment of the server's clock. */
  numberSealedBy(outputTimeline: number, moment: UtcMs): Promise<number | undefined>
}
