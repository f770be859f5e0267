import type { UtcMs, UtcRange } from '../media/time.ts'
import type { EraNumbers } from '../model/ad-events/begun-before.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import type { EraTime, NumberRange } from '../model/segment-numbers.ts'
import type { SegmentPageJson, SummaryPage } from '../model/segment-page.ts'
import type { AdEventRow } from './ad-event-rows.ts'

/** No slot has a higher index: it stands for the end of an era, whatever that is. */
export const HIGHEST_SLOT = 2 ** 31 - 1

/** Port: eras, slots and output segments as committed, including every commit that has resolved. */
export type SegmentReader = {
  /** The eras of a channel with these ids, whichever input or output timeline they come from. */
  eras(channelGuid: string, ids: readonly number[]): Promise<readonly Era[]>
  /**
   * The ad events of a channel with these eras and numbers, whichever input they come from, in the order of both; those
   * that are not kept are left out. One is kept as long as a slot of its era is up to that with which it ends; one that
   * is open, as long as its era is. Rejects with RangeError for more than MOST_AD_EVENTS.
   */
  adEvents(channelGuid: string, wanted: readonly EraNumbers[]): Promise<readonly AdEventRow[]>
  /** Eras of an output timeline's output segments with these numbers, oldest first. */
  erasShown(outputTimeline: number, range: NumberRange): Promise<readonly number[]>
  /** The newest `limit` eras whose clocks begin before a moment, oldest first. */
  erasBegunBefore(outputTimeline: number, moment: UtcMs, limit: number): Promise<readonly Era[]>
  /** Slots in order, at most `limit`, from the slot after `after`, or from the first one kept. */
  slots(ingest: InputRef, after: { era: number; index: number } | undefined, limit: number): Promise<readonly Slot[]>
  /** The newest `limit` slots of an input, whatever their eras, oldest first. */
  lastSlots(ingest: InputRef, limit: number): Promise<readonly Slot[]>
  /** Slots of all inputs of a channel that were sealed in a span of the server's clock, at most `limit`. */
  slotsSealedWithin(channelGuid: string, span: UtcRange, limit: number): Promise<readonly Slot[]>
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
  /** The output segments with these numbers that overlap a window, as stored, in JSON. */
  outputSegmentPage(
    outputTimeline: number,
    range: NumberRange,
    window: UtcRange,
  ): Promise<SegmentPageJson<OutputSegment>>
  /**
   * All output segments with these numbers, as stored: each slot as the summary committed with it, or whole
   * where an earlier version committed none.
   */
  outputSegmentSummaries(outputTimeline: number, range: NumberRange): Promise<SummaryPage>
  /**
   * A range of numbers with all segments that start before `end` and end after `start`. Undefined when there is none.
   */
  outputSegmentRange(outputTimeline: number, window: UtcRange): Promise<NumberRange | undefined>
  /**
   * Output segments of an era that begin around a time of it, oldest first: the last `count` at or before it, and the
   * first `count` after it.
   */
  outputSegmentsAround(outputTimeline: number, place: EraTime, count: number): Promise<readonly OutputSegment[]>
  /**
   * The number of the newest output segment sealed by a moment of the server's clock; undefined when there is none.
   */
  numberSealedBy(outputTimeline: number, moment: UtcMs): Promise<number | undefined>
}
