import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import { isAudioOnly } from '../model/eras/description.ts'
import { firstEraId, giverOfEraId } from '../model/eras/era-ids.ts'
import type { InputRef } from '../model/input-ref.ts'
import { SAME_DATE, type ServerDate } from '../model/input-timeline/dates.ts'
import type { Donor } from '../model/input-timeline/donor.ts'
import { donorOf } from '../model/input-timeline/gap-filling.ts'
import { HABITS } from '../model/input-timeline/habits.ts'
import { emptyTimeline, eraOf, readTimeline, type TimelineState, waitedSince } from '../model/input-timeline/state.ts'
import { type OtherInput, step, type TimelineEvent, type TimelineStep } from '../model/input-timeline/step.ts'
import type { Era, Slot } from '../model/output-segment.ts'
import { slotSummaryOf } from '../model/slot-summary.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { TimelineCommit } from '../stores/timeline-store.ts'
import { NO_VERSION } from './open-output-timeline.ts'
import { MOST_UNLISTED, UnlistedObjects } from './unlisted-objects.ts'

/** Sealed slots kept in memory to fill gaps of the other input. No gap waits longer than these last. */
const RECENT_SLOTS = 64

/** An event of an input, and the object of an event of kind `object`. */
export type InputEvent = {
  readonly event: TimelineEvent
  readonly object?: SourceObject | undefined
  readonly serverDate?: ServerDate | undefined
}

/**
 * One input of a channel as this process knows it: the state of its timeline, and the objects no playlist has listed.
 */
export class Input {
  readonly ref: InputRef
  private readonly index: SegmentIndex
  /** The newest sealed slots, oldest first, at most RECENT_SLOTS. */
  private recent: Slot[] = []
  private unlisted = new UnlistedObjects()
  private current: TimelineState
  private stateText = ''
  private version = 0
  private awakeSince: UtcMs | undefined

  constructor(ref: InputRef, index: SegmentIndex) {
    this.ref = ref
    this.index = index
    this.current = this.beginning()
  }

  get state(): TimelineState {
    return this.current
  }

  /** Replaces the state in memory by the stored one; `index` is one that nobody else changes meanwhile. */
  async load(index?: SegmentIndex): Promise<void> {
    const reading = (index ?? this.index).loadTimeline(this.ref)
    // Else read after the version: what was committed in between makes that stale, which the next commit finds out.
    if (!index) await reading
    const [stored, unsettled, recent] = await Promise.all([
      reading,
      (index ?? this.index).unsettledObjects(this.ref, MOST_UNLISTED),
      this.recentSlots(index ?? this.index),
    ])
    this.current = stored ? readTimeline(stored.state, this.ref.ingestEndpointId) : this.beginning()
    this.stateText = JSON.stringify(this.current)
    this.version = stored?.version ?? 0
    this.waitAgain()
    this.unlisted = new UnlistedObjects(unsettled)
    this.recent = recent
  }

  /** The newest sealed slots: those in memory, and what was sealed after them, unless that is as many. */
  private async recentSlots(index: SegmentIndex): Promise<Slot[]> {
    const newest = this.recent.at(-1)
    const more = newest && (await index.slots(this.ref, newest, RECENT_SLOTS))
    if (!more || more.length === RECENT_SLOTS) return [...(await index.lastSlots(this.ref, RECENT_SLOTS))]
    return [...this.recent, ...more].slice(-RECENT_SLOTS)
  }

  /** Has the state loaded anew, whatever version is stored. */
  distrust(): void {
    this.version = NO_VERSION
    this.recent = []
  }

  /** True when this version is the one in memory; 0 stands for none. */
  isAt(version = 0): boolean {
    return version === this.version
  }

  /** Lets every wait of the input begin anew at `now`, because the server did not hear the input while it was away. */
  wake(now: UtcMs): void {
    this.awakeSince = now
    this.waitAgain()
  }

  /** What another process has stored since may still have the waits from before. */
  private waitAgain(): void {
    if (this.version > 0 && this.awakeSince !== undefined) this.current = waitedSince(this.current, this.awakeSince)
  }

  get hasContent(): boolean {
    return hasContentIn(this.current)
  }

  /** The eras that may still get slots. */
  openEras(): readonly Era[] {
    return this.current.eras.map(eraOf)
  }

  /** The era with this id, if it may still get slots. */
  openEra(id: number): Era | undefined {
    const open = this.current.eras.find((era) => era.id === id)
    return open && eraOf(open)
  }

  /** True for an era of which no slot is sealed yet: its id may still be given to another era. */
  isProvisional(id: number): boolean {
    return this.current.eras.some((era) => era.id === id && era.nextIndex === 0)
  }

  /** True for the id of an era that this input has opened. */
  hasOpened(id: number): boolean {
    return this.isOwn(id) && id < this.current.nextEra
  }

  /** A function that finds media of this input to fill gaps of the other input. */
  donor(eraOf: (id: number) => Era | undefined): Donor {
    return donorOf(this.current, this.recent, eraOf)
  }

  compute({ event, object, serverDate = SAME_DATE }: InputEvent, now: UtcMs, other: OtherInput): TimelineStep {
    // A segment that no playlist waits for does not change the timeline.
    if (event.kind === 'object' && object && !event.habits?.length && !isAwaited(this.current, object.name)) {
      return this.unchanged()
    }
    const isNew = (name: string) => object !== undefined && object.name === name
    const unlisted = { get: (name: string) => (isNew(name) ? object : this.unlisted.get(name)) }
    return step(this.current, event, { unlisted, now, serverDate, ...other })
  }

  commitOf(result: TimelineStep, object: SourceObject | undefined): Omit<TimelineCommit, 'outputSegments'> {
    return {
      expectedVersion: this.version,
      state: result.changed ? result.text : this.stateText,
      objects: object ? [object] : [],
      settled: [...result.consumed, ...this.superseded(object)].map(({ key }) => key),
      eras: result.eras,
      slots: result.slots.map((slot) => ({ slot, summary: slotSummaryOf(slot) })),
      ...adEventsIn(result.slots),
    }
  }

  /** Takes over the result of a step that needs no saving: habits may have been counted. */
  adoptUnsaved({ state }: TimelineStep): void {
    this.current = state
  }

  /** Takes over the result of a step that was committed, and logs what it found. */
  adopt(result: TimelineStep, object: SourceObject | undefined, log: Log): void {
    this.version++
    this.current = result.state
    if (result.slots.length > 0) this.recent = [...this.recent, ...result.slots].slice(-RECENT_SLOTS)
    if (result.changed) this.stateText = result.text
    if (object) this.unlisted.add(object)
    for (const consumed of result.consumed) this.unlisted.remove(consumed)
    if (result.isRefused)
      log.warn({ event: 'input-audio-only', ...this.ref }, 'an audio-only input is archived but not shown')
    for (const { habit, example } of result.newHabits) {
      log.warn(
        { event: 'input-habit', ...this.ref, habit, example, remedy: HABITS[habit].remedy },
        HABITS[habit].sentence,
      )
    }
    const gap = result.gaps.at(-1)
    if (gap) log.warn({ event: 'source-gap', ...this.ref, gaps: result.gaps.length, ...gap }, 'gap in a source stream')
  }

  /** The version of the timeline, for the commit of a step that depends on it without changing it. */
  get seen(): { readonly ingestEndpointId: string; readonly expectedVersion: number } {
    return { ingestEndpointId: this.ref.ingestEndpointId, expectedVersion: this.version }
  }

  /** Counts the version up after a commit that named `seen`. */
  movedOn(): void {
    this.version++
  }

  get isStored(): boolean {
    return this.version > 0
  }

  forgetBefore(moment: UtcMs): void {
    this.unlisted.forgetBefore(moment)
    this.recent = this.recent.filter(({ sealedAt }) => sealedAt >= moment)
  }

  /** The eras of the sealed slots that may fill gaps of the other input. */
  recentEras(): readonly number[] {
    return [...new Set(this.recent.map(({ era }) => era))]
  }

  /** The keys of objects in open slots: the index knows of no sealed slot that needs them. */
  keysInUse(): string[] {
    const open = this.current.eras.flatMap((era) => era.slots.flatMap((slot) => Object.values(slot.entries)))
    return open.flatMap((object) => (object ? [object, ...(object.more ?? [])].map(({ key }) => key) : []))
  }

  private beginning(): TimelineState {
    return emptyTimeline(this.ref.ingestEndpointId, firstEraId(this.place))
  }

  /** The place of the input in its channel: the first ingest endpoint has the id of the channel. */
  private get place(): 'first' | 'second' {
    return this.ref.ingestEndpointId === this.ref.channelGuid ? 'first' : 'second'
  }

  /** True for ids that this input gives to its eras, sooner or later. */
  isOwn(era: number): boolean {
    return giverOfEraId(era) === this.place
  }

  private unchanged(): TimelineStep {
    const nothing = { slots: [], eras: [], consumed: [], gaps: [], isRefused: false, hasCounted: false, newHabits: [] }
    return { state: this.current, text: this.stateText, changed: false, ...nothing }
  }

  /** The object of the same name that waited for a playlist, and is now replaced by this one. */
  private superseded(object: SourceObject | undefined): readonly SourceObject[] {
    const earlier = object && this.unlisted.get(object.name)
    return earlier ? [earlier] : []
  }
}

/** True when an input in this state has something to show. */
export function hasContentIn({ eras }: TimelineState): boolean {
  return eras.some((era) => (era.nextIndex > 0 || era.slots.length > 0) && !isAudioOnly(era.streams))
}

function isAwaited(state: TimelineState, name: string): boolean {
  return Object.values(state.listings).some((listing) => listing.queue.some((entry) => entry.name === name))
}

/** The rows of the ad events that begin and end with slots; none of most. */
function adEventsIn(slots: readonly Slot[]): Pick<TimelineCommit, 'adEvents' | 'adEventEnds'> {
  const marked = slots.flatMap(({ index, ads }) => (ads ? [{ index, ...ads }] : []))
  const adEvents = marked.flatMap(({ era, begins = [] }) => begins.map((event) => ({ era, event })))
  const adEventEnds = marked.flatMap(({ index, era, ends = [] }) =>
    ends.map(({ number }) => ({ era, number, slot: index })),
  )
  return { ...(adEvents.length > 0 && { adEvents }), ...(adEventEnds.length > 0 && { adEventEnds }) }
}
