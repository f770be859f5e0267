import type { InputRef } from '../model/input-ref.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import type { StoredSlotSummary } from '../model/slot-summary.ts'
import type { SourceObject } from '../model/source-segment.ts'

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

/** A sealed slot as it is stored, with what manifests will read of it. */
export type SlotRow = { readonly slot: Slot; readonly summary: StoredSlotSummary }

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
  readonly slots: readonly SlotRow[]
  readonly outputSegments: readonly OutputSegmentRow[]
  /** Output timelines that took a step with it. */
  readonly outputTimelines?: readonly OutputTimelineCommit[]
}

/**
 * Port: the timelines of inputs, and the output timelines that follow them. Their states are opaque here; each commit
 * is kept or lost as a whole, and is durable when its promise resolves.
 */
export type TimelineStore = {
  loadTimeline(ingest: InputRef): Promise<{ readonly version: number; readonly state: string } | undefined>
  /** Stale, and nothing is kept, when the timeline or one of the output timelines is not as expected. */
  commitTimeline(ingest: InputRef, commit: TimelineCommit): Promise<'committed' | 'stale'>
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
    ingest: InputRef,
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

  /** Every input that has a timeline. */
  inputs(): Promise<readonly InputRef[]>
}
