import { SerialQueue } from '../concurrency/serial-queue.ts'
import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { seenInputs, withSeen } from '../model/eras/input-status.ts'
import type { InputRef } from '../model/input-ref.ts'
import { haveEnded } from '../model/input-timeline/ending.ts'
import { isDue, type TimelineEvent, type TimelineStep } from '../model/input-timeline/step.ts'
import type { Era, SeenInputs } from '../model/output-segment.ts'
import { restOutput } from '../model/output-timeline/step.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import type { ChannelContentDeps } from './channel-content-deps.ts'
import { ChannelOutputTimelines } from './channel-output-timelines.ts'
import { fillPage } from './filling.ts'
import { Input } from './input.ts'
import { type InputsView, KnownEras } from './known-eras.ts'
import { neededSince, type OpenOutputTimeline, type OutputTimelineSteps, remembering } from './open-output-timeline.ts'
import type { SegmentTail } from './segment-tail.ts'
import { StepLog } from './step-log.ts'
import { isAsStored, storedInputs } from './stored-content.ts'

/** Another node may have taken a step meanwhile; each try starts from what it left. */
const COMMIT_TRIES = 5

/**
 * The inputs and output timelines of one channel: applies events one at a time, each as one durable commit of the input
 * it is about and of every output timeline that takes a step with it.
 */
export class ChannelContent {
  readonly guid: string
  private readonly deps: ChannelContentDeps
  private readonly inputs = new Map<string, Input>()
  private readonly outputs: ChannelOutputTimelines
  private readonly eras: KnownEras
  private loading: Promise<void> | undefined
  /** When this process began to hear the inputs. */
  private awakeSince = utcMs(0)
  /** What slots sealed last were told of the inputs; undefined before this process seals any. */
  private lastSeen: SeenInputs | undefined
  private readonly queue = new SerialQueue()
  private readonly stepLog: StepLog

  constructor(guid: string, deps: ChannelContentDeps) {
    this.guid = guid
    this.deps = deps
    this.outputs = new ChannelOutputTimelines(guid, deps.segmentIndex)
    this.eras = new KnownEras(this.inputs, () => this.outputs.all())
    this.stepLog = new StepLog(deps.log)
  }

  /** Applies an event of an input after all earlier ones; durable when it resolves. */
  apply(ingestEndpointId: string, event: TimelineEvent, object?: SourceObject): Promise<void> {
    return this.inTurn(() => this.takeStep(ingestEndpointId, event, object))
  }

  /** Lets time pass: gives up what was waited for too long. Cheap when there is nothing to give up. */
  async passTime(): Promise<void> {
    if (!this.loading) return
    const now = this.deps.clock()
    for (const [id, { state }] of this.inputs) if (isDue(state, now)) await this.apply(id, { kind: 'time' })
    if (this.outputs.isDue(this.view(now), now)) await this.inTurn(() => this.goOn())
  }

  /** Reads what is stored, once. */
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
      if (await isAsStored(this.deps.segmentIndex, this.guid, this.inputs, (id) => this.outputs.get(id))) return
      await this.load()
      this.deps.changed()
    })
  }

  private get hasEnded(): boolean {
    return haveEnded([...this.inputs.values()].flatMap((input) => (input.hasContent() ? [input.state] : [])))
  }

  /** True when nothing more comes of an output timeline for now: it shows all there is. */
  isOver({ id }: OutputTimeline): boolean {
    return this.hasEnded && !this.outputs.get(id)?.state.run.length
  }

  hasContent(ingestEndpointId: string): boolean {
    return this.inputs.get(ingestEndpointId)?.hasContent() ?? false
  }

  /** The ingest endpoint whose input an output timeline follows. */
  followedBy({ id }: OutputTimeline): string | undefined {
    return this.outputs.get(id)?.state.input
  }

  /** The newest output segments of an output timeline. */
  async tail(outputTimeline: OutputTimeline): Promise<SegmentTail> {
    await this.ready()
    const known = this.outputs.get(outputTimeline.id)?.tail
    return known ?? this.inTurn(() => this.outputs.tail(outputTimeline))
  }

  /** True of an era nothing is shown of yet: its id may come to be another's. */
  isProvisional(era: number): boolean {
    return [...this.inputs.values()].some((input) => input.isProvisional(era))
  }

  async erasById(ids: readonly number[]): Promise<readonly Era[]> {
    await this.ready()
    return this.eras.byId(ids)
  }

  /** Gives an output timeline, as long as it exists, every slot sealed before it was opened, page by page. */
  async fill(outputTimeline: OutputTimeline): Promise<void> {
    for (;;) {
      const isFull = await this.inTurn(() => this.fillPage(outputTimeline))
      if (isFull) return
    }
  }

  /**
   * Forgets some of what an input sealed or received before a moment, at most `limit` each; true when nothing is left.
   */
  forget({ ingestEndpointId }: InputRef, before: UtcMs, pinned: readonly UtcRange[], limit: number): Promise<boolean> {
    return this.inTurn(async () => {
      const input = await this.input(ingestEndpointId)
      // What still goes into an output segment is needed, however old it is.
      const until = utcMs(Math.min(before, ...this.all().map(neededSince)))
      const options = { pinned, inUse: input.keysInUse(), inUseEras: [...this.eras.inUse()], limit }
      const { slots, objects } = await this.deps.segmentIndex.forget(input.ref, until, options)
      for (const { tail } of this.all()) tail?.forgetBefore(until)
      input.forgetBefore(until)
      this.eras.forgetOthers()
      if (slots > 0) this.deps.changed()
      return slots < limit && objects < limit
    })
  }

  /** Resolves when every event applied so far is done. */
  settled(): Promise<void> {
    return this.queue.settled()
  }

  /** Changes what an output timeline remembers beside its content. */
  remember(id: number, change: (state: OpenOutputTimeline['state']) => OpenOutputTimeline['state']): Promise<void> {
    return this.inTurn(async () => {
      const open = this.outputs.get(id)
      if (!open) return
      await this.commitOutputTimelines([{ open, step: remembering(change(open.state)) }])
    })
  }

  /** Takes no steps of an output timeline any more, until it is filled. */
  rest(id: number): Promise<void> {
    return this.inTurn(async () => {
      const open = this.outputs.get(id)
      if (!open || open.state.isFilling) return
      const seen = seenInputs(this.view(this.deps.clock()))
      await this.commitOutputTimelines([{ open, step: restOutput(open.state, seen) }])
    })
  }

  /** True while it rests, or is being filled: it does not show all there is. */
  isBehind({ id }: OutputTimeline): boolean {
    return this.outputs.get(id)?.state.isFilling ?? false
  }

  all(): readonly OpenOutputTimeline[] {
    return this.outputs.all()
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(() => this.ready().then(work))
  }

  private async wake(): Promise<void> {
    await this.load()
    const now = this.deps.clock()
    this.awakeSince = now
    for (const input of this.inputs.values()) input.wake(now)
    for (const { outputTimeline, state } of this.all()) {
      if (state.isFilling && !state.isResting) this.fillLater(outputTimeline)
    }
  }

  private async load(): Promise<void> {
    const { segmentIndex } = this.deps
    await this.outputs.load()
    for (const { ingestEndpointId: id, channelGuid } of await storedInputs(segmentIndex, this.guid)) {
      if (!this.inputs.has(id)) this.inputs.set(id, new Input({ channelGuid, ingestEndpointId: id }, segmentIndex))
    }
    await Promise.all([...this.inputs.values()].map((input) => input.load()))
    this.lastSeen = undefined
    await this.eras.load([...this.eras.inUse()])
  }

  /** An input nothing is stored of appears with its first event. */
  private async input(id: string): Promise<Input> {
    const known = this.inputs.get(id)
    if (known) return known
    const input = new Input({ channelGuid: this.guid, ingestEndpointId: id }, this.deps.segmentIndex)
    await input.load()
    this.inputs.set(id, input)
    return input
  }

  private async takeStep(id: string, event: TimelineEvent, object: SourceObject | undefined): Promise<void> {
    for (let tries = 1; ; tries++) {
      const input = await this.input(id)
      const now = this.deps.clock()
      const hadEnded = this.hasEnded
      const computed = input.compute(event, object, now, this.eras.donorFor(id))
      const view = this.view(now, { id, result: computed })
      const seen = seenInputs(view)
      const result = { ...computed, slots: withSeen(computed.slots, seen, this.lastSeen) }
      const sealed = result.slots.map((slot) => ({ input: id, slot }))
      const steps = this.outputs.follow(sealed, view, now)
      if (!result.changed && !object && steps.length === 0) return
      const outcome = await this.deps.segmentIndex.commitTimeline(input.ref, {
        ...input.commitOf(result, object),
        ...this.outputs.commitOf(steps),
      })
      if (outcome === 'committed') {
        input.adopt(result, object, this.deps.log)
        if (result.slots.length > 0) this.lastSeen = seen
        this.adopt(steps)
        if (result.eras.length > 0 || hadEnded !== this.hasEnded) this.deps.changed()
        return
      }
      if (tries === COMMIT_TRIES) throw new Error(`the timeline of ${id} kept changing under a commit`)
      await this.load()
    }
  }

  /** A step computed on what another node has changed is dropped: the next tick makes it anew. */
  private async commitOutputTimelines(steps: OutputTimelineSteps, seen: readonly Input[] = []): Promise<boolean> {
    if (steps.length === 0) return true
    const outcome = await this.deps.segmentIndex.commitOutputTimelines(this.guid, {
      ...this.outputs.commitOf(steps),
      seen: seen.map((input) => input.seen),
    })
    if (outcome === 'stale') {
      await this.load()
      return false
    }
    for (const input of seen) input.movedOn()
    this.adopt(steps)
    return true
  }

  private view(now: UtcMs, stepped?: { id: string; result: TimelineStep }): InputsView {
    return this.eras.view(now, this.awakeSince, stepped)
  }

  /** The steps of output timelines that are due. */
  private async goOn(): Promise<void> {
    const now = this.deps.clock()
    await this.commitOutputTimelines(this.outputs.follow([], this.view(now), now))
  }

  private adopt(steps: OutputTimelineSteps): void {
    this.outputs.adopt(steps)
    for (const { open, step } of steps) {
      for (const era of step.eras) this.eras.add(era)
      this.stepLog.write(open.outputTimeline, step)
    }
    if (steps.some(({ step }) => step.segments.length > 0)) this.deps.changed()
  }

  /** An output timeline whose filling a crash cut off. */
  private fillLater(outputTimeline: OutputTimeline): void {
    queueMicrotask(() => {
      this.fill(outputTimeline).catch((error: unknown) => {
        const about = { channelGuid: this.guid, outputTimeline: outputTimeline.id, error: String(error) }
        this.deps.log.error({ event: 'output-timeline-fill-failed', ...about }, 'could not fill an output timeline')
      })
    })
  }

  private fillPage(outputTimeline: OutputTimeline): Promise<boolean> {
    const { inputs, eras, deps } = this
    return fillPage(outputTimeline, {
      ...deps,
      inputs,
      outputTimelines: this.outputs,
      eras,
      view: () => this.view(deps.clock()),
      commit: (steps, seen) => this.commitOutputTimelines(steps, seen),
      goOn: () => this.goOn(),
    })
  }
}
