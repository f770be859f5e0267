import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { ticksFromSeconds, type UtcMs, utcMs } from '../media/time.ts'
import type { Era, OutputSegment } from '../model/output-segment.ts'
import type { SourceObject } from '../model/source-segment.ts'
import { isAudioOnly } from '../model/timeline/description.ts'
import { emptyTimeline, readTimeline, type TimelineState, waitedAnew } from '../model/timeline/state.ts'
import { isDue, step, type TimelineEvent, type TimelineStep } from '../model/timeline/step.ts'
import type { IngestRef, Numbering, SegmentIndex } from '../stores/segment-index.ts'
import { SegmentTail } from './segment-tail.ts'
import { MOST_UNLISTED, UnlistedObjects } from './unlisted-objects.ts'

/** Sealed slots given to a new numbering at a time, so that filling a long one does not hold ingest up. */
const FILL_SLOTS = 250
/** Another node may have taken a step meanwhile; each try starts from what it left. */
const COMMIT_TRIES = 5

export type InputHost = {
  readonly segmentIndex: SegmentIndex
  readonly clock: Clock
  readonly log: Log
  /** Called when what the input can show has changed. */
  readonly changed: () => void
}

/**
 * One input of a channel: applies events to its timeline one at a time, each as one durable commit, and keeps the
 * newest output segments in memory for reading.
 */
export class Input {
  readonly ref: IngestRef
  private readonly host: InputHost
  private readonly tails = new Map<number, SegmentTail>()
  /** Eras of the segments in the tails and of the open timeline. */
  private readonly eras = new Map<number, Era>()
  private unlisted = new UnlistedObjects()
  private state: TimelineState = emptyTimeline()
  private stateText = ''
  private version = 0
  private loading: Promise<void> | undefined
  private last: Promise<unknown> = Promise.resolve()

  constructor(ref: IngestRef, host: InputHost) {
    this.ref = ref
    this.host = host
  }

  /** Applies an event after all earlier ones; durable when it resolves. */
  apply(event: TimelineEvent, object?: SourceObject): Promise<void> {
    return this.inTurn(async () => {
      await this.takeStep(event, object)
    })
  }

  /** Lets time pass: gives up what was waited for too long. Cheap when there is nothing to give up. */
  async passTime(): Promise<void> {
    if (this.loading && isDue(this.state, this.host.clock())) await this.apply({ kind: 'time' })
  }

  /** Reads the state, once. */
  ready(): Promise<void> {
    this.loading ??= this.wake().catch((error: unknown) => {
      this.loading = undefined
      throw error
    })
    return this.loading
  }

  /** Reads what another process has written since, if it has. */
  refresh(): Promise<void> {
    return this.inTurn(async () => {
      const stored = await this.host.segmentIndex.loadTimeline(this.ref)
      if (!stored || stored.version === this.version) return
      await this.reload()
      this.host.changed()
    })
  }

  get ended(): boolean {
    return this.state.ended
  }

  hasContent(): boolean {
    return this.state.eras.some((era) => (era.nextIndex > 0 || era.slots.length > 0) && !isAudioOnly(era.streams))
  }

  /** The newest output segments of a numbering. */
  async tail(numbering: Numbering): Promise<SegmentTail> {
    await this.ready()
    const known = this.tails.get(numbering.id)
    if (known) return known
    return this.inTurn(async () => {
      const tail = this.tails.get(numbering.id) ?? (await SegmentTail.load(this.host.segmentIndex, numbering.id))
      this.tails.set(numbering.id, tail)
      return tail
    })
  }

  /** The eras of these segments, oldest first. */
  erasOf(segments: readonly OutputSegment[]): Promise<readonly Era[]> {
    return this.erasById([...new Set(segments.map(({ era }) => era))])
  }

  async erasById(ids: readonly number[]): Promise<readonly Era[]> {
    const missing = ids.filter((id) => !this.eras.has(id))
    if (missing.length > 0) {
      for (const era of await this.host.segmentIndex.eras(this.ref, missing)) this.eras.set(era.id, era)
    }
    return ids.flatMap((id) => this.eras.get(id) ?? [])
  }

  /** Gives a numbering every slot sealed before it was opened, page by page, and the live ones from then on. */
  async fill(numbering: Numbering): Promise<void> {
    await this.ready()
    for (;;) {
      const isFull = await this.inTurn(() => this.fillPage(numbering))
      if (isFull) return
    }
  }

  /** Forgets some of what was sealed or received before a moment, at most `limit` each; true when nothing is left. */
  forget(before: UtcMs, pinned: readonly { from: UtcMs; to: UtcMs }[], limit: number): Promise<boolean> {
    return this.inTurn(async () => {
      // What still goes into an output segment is needed, however old it is.
      const runs = Object.values(this.state.numberings).flatMap(({ run }) => run)
      const until = utcMs(Math.min(before, ...runs.map(({ sealedAt }) => sealedAt)))
      const options = { pinned, inUse: this.keysInUse(), limit }
      const { slots, objects } = await this.host.segmentIndex.forget(this.ref, until, options)
      for (const tail of this.tails.values()) tail.forgetBefore(until)
      this.unlisted.forgetBefore(until)
      this.forgetEras()
      if (slots > 0) this.host.changed()
      return slots < limit && objects < limit
    })
  }

  /** Resolves when every event applied so far is done. */
  async settled(): Promise<void> {
    await this.last.catch(() => {})
  }

  /** Keys the open timeline needs and no slot holds yet. */
  private keysInUse(): string[] {
    const open = this.state.eras.flatMap((era) => era.slots.flatMap((slot) => Object.values(slot.entries)))
    return open.flatMap((object) => (object ? [object, ...(object.more ?? [])].map(({ key }) => key) : []))
  }

  /** Eras older than anything in memory are read again when somebody asks for them. */
  private forgetEras(): void {
    const shown = [...this.tails.values()].flatMap((tail) => tail.oldestEra ?? [])
    const oldest = Math.min(...shown, ...this.state.eras.map(({ id }) => id))
    for (const id of this.eras.keys()) if (id < oldest) this.eras.delete(id)
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(
      () => this.ready().then(work),
      () => this.ready().then(work),
    )
    this.last = turn
    return turn
  }

  private async wake(): Promise<void> {
    await this.load()
    if (this.version > 0) this.state = waitedAnew(this.state, this.host.clock())
  }

  private async reload(): Promise<void> {
    this.tails.clear()
    this.eras.clear()
    await this.load()
  }

  private async load(): Promise<void> {
    const { segmentIndex } = this.host
    const [stored, unsettled, numberings] = await Promise.all([
      segmentIndex.loadTimeline(this.ref),
      segmentIndex.unsettledObjects(this.ref, MOST_UNLISTED),
      segmentIndex.numberingsOf(this.ref),
    ])
    this.state = stored ? readTimeline(stored.state) : emptyTimeline()
    this.stateText = JSON.stringify(this.state)
    this.version = stored?.version ?? 0
    this.unlisted = new UnlistedObjects(unsettled)
    for (const numbering of numberings) {
      const state = this.state.numberings[numbering.id]
      if (!state || state.isFilling) this.fillLater(numbering)
    }
  }

  /** A numbering whose filling a crash cut off. */
  private fillLater(numbering: Numbering): void {
    queueMicrotask(() => {
      this.fill(numbering).catch((error: unknown) => {
        this.host.log.error(
          { ...this.ref, numbering: numbering.id, error: String(error) },
          'could not fill a numbering',
        )
      })
    })
  }

  private async fillPage(numbering: Numbering): Promise<boolean> {
    const known = this.state.numberings[numbering.id]
    if (known && !known.isFilling) return true
    const earlier = await this.host.segmentIndex.slots(this.ref, known?.last, FILL_SLOTS)
    const isFull = earlier.length < FILL_SLOTS
    const eras = await this.host.segmentIndex.eras(this.ref, [...new Set(earlier.map(({ era }) => era))])
    const isTaken = await this.takeStep({
      kind: 'numbering',
      id: numbering.id,
      segmentDuration: ticksFromSeconds(numbering.segmentDurationSeconds),
      firstNumber: numbering.firstNumber,
      earlier,
      eras,
      isFull,
    })
    return isTaken && isFull
  }

  /** False when the event was made from what is no longer so: it is to be made anew. */
  private async takeStep(event: TimelineEvent, object?: SourceObject): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const result = this.compute(event, object)
      if (!result.changed && !object) return true
      const stateText = result.changed ? result.text : this.stateText
      const outcome = await this.host.segmentIndex.commitTimeline(this.ref, {
        expectedVersion: this.version,
        state: stateText,
        objects: object ? [object] : [],
        settled: [...result.consumed, ...this.superseded(object)].map(({ key }) => key),
        eras: result.eras,
        slots: result.slots,
        outputSegments: result.outputSegments.map(({ numbering, segment: { slots, ...row } }) => ({
          ...row,
          numbering,
          firstSlot: slots[0]?.index ?? 0,
          slotCount: slots.length,
        })),
      })
      if (outcome === 'committed') {
        this.adopt(result, stateText, object)
        return true
      }
      if (tries === COMMIT_TRIES)
        throw new Error(`timeline of ${this.ref.ingestEndpointId} kept changing under a commit`)
      await this.reload()
      if (event.kind === 'numbering') return false
    }
  }

  private compute(event: TimelineEvent, object: SourceObject | undefined): TimelineStep {
    // A segment no playlist waits for changes no timeline.
    if (event.kind === 'object' && object && !isAwaited(this.state, object.name)) return this.unchanged()
    const isNew = (name: string) => object !== undefined && object.name === name
    const unlisted = { get: (name: string) => (isNew(name) ? object : this.unlisted.get(name)) }
    return step(this.state, event, unlisted, this.host.clock())
  }

  private unchanged(): TimelineStep {
    const nothing = { slots: [], outputSegments: [], eras: [], consumed: [], gaps: [], isRefused: false }
    return { state: this.state, text: this.stateText, changed: false, ...nothing }
  }

  /** Whatever waited for a playlist under the same name. */
  private superseded(object: SourceObject | undefined): readonly SourceObject[] {
    const earlier = object && this.unlisted.get(object.name)
    return earlier ? [earlier] : []
  }

  private adopt(result: TimelineStep, stateText: string, object: SourceObject | undefined): void {
    const hadEnded = this.state.ended
    this.version++
    this.state = result.state
    this.stateText = stateText
    if (object) this.unlisted.add(object)
    for (const consumed of result.consumed) this.unlisted.remove(consumed)
    for (const era of result.eras) this.eras.set(era.id, era)
    for (const { numbering, segment } of result.outputSegments) this.tails.get(numbering)?.push(segment)
    if (result.isRefused) this.host.log.warn(this.ref, 'audio-only input: nothing of it is shown')
    const gap = result.gaps.at(-1)
    if (gap) this.host.log.warn({ ...this.ref, gaps: result.gaps.length, ...gap }, 'gap in a source stream')
    if (result.outputSegments.length > 0 || result.eras.length > 0 || hadEnded !== this.state.ended) this.host.changed()
  }
}

function isAwaited(state: TimelineState, name: string): boolean {
  return Object.values(state.listings).some((listing) => listing.queue.some((entry) => entry.name === name))
}
