import type { Ticks, UtcMs } from '../media/time.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import type { SegmentPageJson } from '../model/segment-page.ts'
import type { StoredSegmentSummary } from '../model/segment-summary.ts'
import type { SourceObject } from '../model/source-segment.ts'

/** One input of a channel: the scope of a timeline. */
export type IngestRef = { readonly channelGuid: string; readonly ingestEndpointId: string }

/** A sequence of output segments of one channel. Its numbers never name other bytes. */
export type OutputTimeline = {
  readonly id: number
  readonly channelGuid: string
  /** The ingest endpoint whose input it followed first. */
  readonly ingestEndpointId: string
  /** `segmentDurationSeconds` of the endpoints it serves. */
  readonly segmentDurationSeconds: number
  readonly firstNumber: number
}

/** An endpoint as one of its revisions asks for segments. A harvest job may read with a revision long past. */
export type EndpointRevision = { readonly guid: string; readonly revision: number }

/** An output segment as stored: its slots are `firstSlot … firstSlot + slotCount - 1` of its era. */
export type OutputSegmentRow = Omit<OutputSegment, 'slots'> & {
  readonly outputTimeline: number
  readonly firstSlot: number
  readonly slotCount: number
  /** Whose slots they are; absent where that is the input the output timeline followed first, and its own era. */
  readonly source?: { readonly ingestEndpointId: string; readonly era: number }
}

/**
 * The state of an output timeline after a step, opaque here. Stale if the store holds another version than expected; 0:
 * none yet.
 */
export type OutputTimelineCommit = {
  readonly id: number
  readonly expectedVersion: number
  readonly state: string
  /** Eras it made; they are kept with those of the input it followed first. */
  readonly eras?: readonly Era[]
}

export type OutputTimelinesCommit = {
  readonly outputTimelines: readonly OutputTimelineCommit[]
  readonly outputSegments: readonly OutputSegmentRow[]
  /**
   * Timelines the step has seen to their ends. One that went on since makes the commit stale; else its version grows by
   * one, so that whoever takes its next step knows of the output timelines.
   */
  readonly seen?: readonly { readonly ingestEndpointId: string; readonly expectedVersion: number }[]
}

/** An output timeline, and its state as it was saved last. */
export type StoredOutputTimeline = OutputTimeline & { readonly version: number; readonly state?: string }

/** Numbers from just above `after` up to and including `last`. */
export type NumberRange = { readonly after: number; readonly last: number }
export type TimeWindow = { readonly start: UtcMs; readonly end: UtcMs }
/** A time on the timeline of an era. */
export type EraTime = { readonly era: number; readonly time: Ticks }

/** Everything one step of an input's timeline changes; kept or lost as a whole. */
export type TimelineCommit = {
  /** The version the step was computed on; the commit is stale if the store holds another. 0: none yet. */
  readonly expectedVersion: number
  /** The timeline's state after the step, opaque here. Its version becomes `expectedVersion + 1`. */
  readonly state: string
  /** Source objects newly stored. */
  readonly objects: readonly SourceObject[]
  /** Keys of source objects that no playlist is waited for any more, whether they found a slot or not. */
  readonly settled: readonly string[]
  /** Eras begun or changed. */
  readonly eras: readonly Era[]
  readonly slots: readonly Slot[]
  readonly outputSegments: readonly OutputSegmentRow[]
  /** Output timelines that took a step with it. */
  readonly outputTimelines?: readonly OutputTimelineCommit[]
}

export type ChannelUsage = { readonly channelGuid: string; readonly objects: number; readonly bytes: number }

/**
 * Port: the segment index. Writes are durable when their promise resolves. Reads see every commit that has resolved.
 */
export type SegmentIndex = {
  loadTimeline(ingest: IngestRef): Promise<{ readonly version: number; readonly state: string } | undefined>
  /** Stale, and nothing is kept, when the timeline or one of the output timelines is not as expected. */
  commitTimeline(ingest: IngestRef, commit: TimelineCommit): Promise<'committed' | 'stale'>
  /** The same for a step of output timelines alone. */
  commitOutputTimelines(channelGuid: string, commit: OutputTimelinesCommit): Promise<'committed' | 'stale'>

  /**
   * The output timeline the endpoint was given last, up to its revision, if it is one for `segmentDurationSeconds`. An
   * endpoint that changes its segment duration, and back, needs a new output timeline each time: its old numbers
   * already name other bytes.
   */
  outputTimelineOf(endpoint: EndpointRevision, segmentDurationSeconds: number): Promise<OutputTimeline | undefined>
  /**
   * Gives the endpoint an output timeline: one that exists for the channel and duration when the endpoint has never had
   * any, else a new one that begins with the input. `firstNumber` of a new one is above every number any output
   * timeline of the channel has given out.
   */
  openOutputTimeline(
    endpoint: EndpointRevision,
    ingest: IngestRef,
    segmentDurationSeconds: number,
  ): Promise<OutputTimeline>
  /**
   * Gives an output timeline the output segments of another one of its channel, each under a number as far from its own
   * `firstNumber`: the next `limit` it does not have. True when it has all.
   */
  copyOutputSegments(from: number, to: number, limit: number): Promise<boolean>
  outputTimelinesOf(channelGuid: string): Promise<readonly StoredOutputTimeline[]>
  /** GUIDs of the endpoints that were given the output timeline last. */
  endpointsOf(outputTimeline: number): Promise<readonly string[]>

  eras(ingest: IngestRef, ids: readonly number[]): Promise<readonly Era[]>
  /** Eras of an output timeline's output segments with these numbers, oldest first. */
  erasShown(outputTimeline: number, range: NumberRange): Promise<readonly number[]>
  /** The newest `limit` of all whose clocks begin before a moment, oldest first. */
  erasBegunBefore(outputTimeline: number, moment: UtcMs, limit: number): Promise<readonly Era[]>
  /** Slots in order, from the slot after `after` (or the first kept), at most `limit`. */
  slots(ingest: IngestRef, after: { era: number; index: number } | undefined, limit: number): Promise<readonly Slot[]>
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
  /** JSON of those of them that lie in a window. */
  outputSegmentPage(
    outputTimeline: number,
    range: NumberRange,
    window: TimeWindow,
  ): Promise<SegmentPageJson<OutputSegment>>
  /**
   * JSON of all segments with these numbers, with `StoredSlotSummary`s of their slots: as they stand in their own eras.
   */
  outputSegmentSummaries(outputTimeline: number, range: NumberRange): Promise<SegmentPageJson<StoredSegmentSummary>>
  /**
   * Numbers among which all segments lie that start before `end` and end after `start`. Undefined when there is none.
   */
  outputSegmentRange(outputTimeline: number, window: TimeWindow): Promise<NumberRange | undefined>
  /**
   * Output segments of an era that begin around a time of it, oldest first: the last `count` at or before it, and the
   * first `count` after it.
   */
  outputSegmentsAround(outputTimeline: number, place: EraTime, count: number): Promise<readonly OutputSegment[]>
  /** The number of the newest output segment that was sealed by a moment of the server's clock. */
  numberSealedBy(outputTimeline: number, moment: UtcMs): Promise<number | undefined>

  /** The newest `limit` source objects of the input that no slot holds and no commit settled, oldest first. */
  unsettledObjects(ingest: IngestRef, limit: number): Promise<readonly SourceObject[]>
  /** Which of `keys` no row knows. */
  unknownObjects(keys: readonly string[]): Promise<readonly string[]>
  /** Every input that has a timeline. */
  inputs(): Promise<readonly IngestRef[]>
  /**
   * Forgets, in one transaction and at most `limit` slots: slots sealed before `before` (the server's clock) outside
   * every pinned span, the output segments that need them, and source objects received before it that no slot
   * holds and that are not among `inUse`. The keys of their objects, where no other slot holds them, are remembered as
   * pending deletions until `objectsDeleted`. Eras go that nothing needs, except those of `inUseEras`.
   */
  forget(
    ingest: IngestRef,
    before: UtcMs,
    options: {
      pinned: readonly { from: UtcMs; to: UtcMs }[]
      inUse: readonly string[]
      inUseEras?: readonly number[]
      limit: number
    },
  ): Promise<{ readonly slots: number; readonly objects: number }>
  /** Forgets the whole channel. */
  forgetChannel(channelGuid: string): Promise<void>
  /** What is kept of each channel that has anything: source objects and their bytes, without those pending deletion. */
  usage(): Promise<readonly ChannelUsage[]>

  /** Keys of objects to be deleted from the object store. */
  pendingDeletions(limit: number): Promise<readonly string[]>
  objectsDeleted(keys: readonly string[]): Promise<void>
}
