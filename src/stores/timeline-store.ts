import type { UtcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import type { StoredSlotSummary } from '../model/slot-summary.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { AdEventEndRow, AdEventRow } from './ad-event-rows.ts'

/** A sequence of output segments of one channel. Its numbers never refer to other bytes. */
export type OutputTimeline = {
  readonly id: number
  readonly channelGuid: string
  /** The ingest endpoint of the input that it followed first. */
  readonly ingestEndpointId: string
  /** `segmentDurationSeconds` of the endpoints it serves. */
  readonly segmentDurationSeconds: number
  /** True where an output segment begins at each ad boundary: it serves the endpoints whose segments do. */
  readonly isCut: boolean
  readonly firstNumber: number
}

/** A revision of an endpoint that asks for segments. A harvest job may read with a revision long past. */
export type EndpointRevision = { readonly guid: string; readonly revision: number }

/** A sealed slot as it is stored, with what manifests will read of it. */
export type SlotRow = { readonly slot: Slot; readonly summary: StoredSlotSummary }

/** An output segment as stored: its slots are `firstSlot … firstSlot + slotCount - 1` of its era. */
export type OutputSegmentRow = Omit<OutputSegment, 'slots'> & {
  readonly outputTimeline: number
  readonly firstSlot: number
  readonly slotCount: number
  /** The moment at which the clock of its era begins, by which eras are found; absent where it is not known. */
  readonly eraClock?: UtcMs
  /**
   * The input and era of its slots; absent when those are the input the output timeline followed first, and its own
   * era.
   */
  readonly source?: { readonly ingestEndpointId: string; readonly era: number }
}

/**
 * The state of an output timeline after a step, opaque here. The commit is stale if the store holds another version
 * than expected; version 0 means none yet.
 */
export type OutputTimelineCommit = {
  readonly id: number
  readonly expectedVersion: number
  readonly state: string
  /** Eras that the step made; they are stored with those of the input it followed first. */
  readonly eras?: readonly Era[]
}

export type OutputTimelinesCommit = {
  readonly outputTimelines: readonly OutputTimelineCommit[]
  readonly outputSegments: readonly OutputSegmentRow[]
  /**
   * Timelines that the step has processed to their ends. If one has changed since, the commit is stale; otherwise its
   * version increases by one, so that its next step must take the output timelines into account.
   */
  readonly seen?: readonly { readonly ingestEndpointId: string; readonly expectedVersion: number }[]
}

/** An output timeline with its last saved state. */
export type StoredOutputTimeline = OutputTimeline & { readonly version: number; readonly state?: string }

/** How often each part of a channel has been committed, by which a process finds what others have changed. */
export type ChannelVersions = {
  /** Of the inputs that have a timeline, by ingest endpoint. */
  readonly inputs: ReadonlyMap<string, number>
  /** Of the output timelines, by id; 0 before the first commit. */
  readonly outputTimelines: ReadonlyMap<number, number>
}

/**
 * An input, and the moment at which its oldest slot was sealed, or its oldest object was received that no slot holds,
 * whichever was first; null when it has neither.
 */
export type StoredInput = InputRef & { readonly oldest: UtcMs | null }

/** All changes of one step of an input's timeline, committed as a whole or not at all. */
export type TimelineCommit = {
  /** The version on which the step was computed; the commit is stale if the store holds another. 0 means none yet. */
  readonly expectedVersion: number
  /** The timeline's state after the step, opaque here. Its version becomes `expectedVersion + 1`. */
  readonly state: string
  /** Newly stored source objects. */
  readonly objects: readonly SourceObject[]
  /** The keys of those among them that were staged. Absent where nothing is staged. */
  readonly staged?: readonly string[]
  /** Keys of source objects that no longer wait for a playlist, whether they found a slot or not. */
  readonly settled: readonly string[]
  /** Eras begun or changed. */
  readonly eras: readonly Era[]
  readonly slots: readonly SlotRow[]
  /** Ad events that begin with these slots, each in place of one of its number. Absent where none does. */
  readonly adEvents?: readonly AdEventRow[]
  /** Ends of ad events that began with these slots or earlier ones. Absent where none ends. */
  readonly adEventEnds?: readonly AdEventEndRow[]
  readonly outputSegments: readonly OutputSegmentRow[]
  /** Output timelines that took a step in the same commit. */
  readonly outputTimelines?: readonly OutputTimelineCommit[]
}

/**
 * Port: the timelines of inputs, and the output timelines that follow them. Their states are opaque here; each commit
 * is made as a whole or not at all, and is durable when its promise resolves.
 */
export type TimelineStore = {
  loadTimeline(ingest: InputRef): Promise<{ readonly version: number; readonly state: string } | undefined>
  /**
   * Commits a step; 'stale', changing nothing, when the timeline or one of the output timelines is not as expected.
   * Rejects with ObjectAbandoned when one of the `staged` objects has been abandoned: it is deleted, if need be once
   * more, and nothing else has changed.
   */
  commitTimeline(ingest: InputRef, commit: TimelineCommit): Promise<'committed' | 'stale'>
  /** The versions of everything in a channel, of one moment. */
  versionsOf(channelGuid: string): Promise<ChannelVersions>
  /** Commits a step of output timelines alone; 'stale' as for `commitTimeline`. */
  commitOutputTimelines(channelGuid: string, commit: OutputTimelinesCommit): Promise<'committed' | 'stale'>

  /**
   * The output timeline last assigned to the endpoint, up to its revision, if it has this `segmentDurationSeconds`
   * and is cut, or not, as asked (not, where `isCut` is absent). An endpoint that changes one of the two and back needs
   * a new output timeline each time, since its old numbers already refer to other bytes.
   */
  outputTimelineOf(
    endpoint: EndpointRevision,
    segmentDurationSeconds: number,
    isCut?: boolean,
  ): Promise<OutputTimeline | undefined>
  /**
   * Assigns an output timeline to the endpoint: an existing one of the channel that is alike if the endpoint has never
   * had any, otherwise a new one that begins with the input. `firstNumber` of a new one is above every number that
   * any output timeline of the channel has used.
   */
  openOutputTimeline(
    endpoint: EndpointRevision,
    ingest: InputRef,
    segmentDurationSeconds: number,
    isCut?: boolean,
  ): Promise<OutputTimeline>
  /**
   * Copies output segments from one output timeline of a channel to another, each under a number at the same distance
   * from its `firstNumber`: the next `limit` that it lacks. True when it has all.
   */
  copyOutputSegments(from: number, to: number, limit: number): Promise<boolean>
  outputTimelinesOf(channelGuid: string): Promise<readonly StoredOutputTimeline[]>
  /** GUIDs of the endpoints to which the output timeline was last assigned. */
  endpointsOf(outputTimeline: number): Promise<readonly string[]>

  /** Every input that has a timeline. */
  inputs(): Promise<readonly StoredInput[]>
}
