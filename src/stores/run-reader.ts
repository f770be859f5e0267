import type { UtcMs, UtcRange } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SegmentRuns } from '../model/overview/segment-runs.ts'
import type { SlotRuns } from '../model/overview/slot-runs.ts'
import type { NumberRange } from '../model/segment-numbers.ts'

/** The slots, or output segments, of one span: it takes a few milliseconds to read what they have. */
export const ENTRIES_OF_A_SPAN = 512
/** The spans of one answer. */
export const SPANS_AT_ONCE = 8

/**
 * Slots of an input in the order in which they were sealed, or output segments in the order of their numbers: those
 * above `after` up to and including `last`, which are moments of sealing of slots, and numbers of output segments.
 */
export type RunSpan = NumberRange & {
  /** How many there are. */
  readonly count: number
  /** From the earliest beginning to the latest end of them, by the source's dates. */
  readonly range: UtcRange
  /** When the first and the last of them was sealed, by the server's clock. */
  readonly sealed: { readonly first: UtcMs; readonly last: UtcMs }
  /** True where later ones belong to other spans. */
  readonly isFull: boolean
}

/**
 * Part of the port SegmentIndex: how content lies in time, in small steps. Which spans there are does not change when
 * content is added, and what is in one that is full changes only by deletion.
 */
export type RunReader = {
  /** The spans of an input after a moment of sealing, in order, at most SPANS_AT_ONCE; none at the end. */
  slotSpans(ingest: InputRef, after: number): Promise<readonly RunSpan[]>
  /** The slots of an input that were sealed in a span. */
  slotRuns(ingest: InputRef, span: NumberRange): Promise<SlotRuns>
  /** What is left of some full spans of an input; undefined of one from which all has been deleted. */
  slotsLeft(ingest: InputRef, spans: readonly NumberRange[]): Promise<readonly (RunSpan | undefined)[]>
  /** The spans of an output timeline after a number, in order, at most SPANS_AT_ONCE; none at the end. */
  segmentSpans(outputTimeline: number, after: number): Promise<readonly RunSpan[]>
  /** The output segments with the numbers of a span. */
  segmentRuns(outputTimeline: number, span: NumberRange): Promise<SegmentRuns>
  /** What is left of some full spans of an output timeline; undefined of one from which all has been deleted. */
  segmentsLeft(outputTimeline: number, spans: readonly NumberRange[]): Promise<readonly (RunSpan | undefined)[]>
}
