import type { Clock } from '../clock.ts'
import { SerialQueue } from '../concurrency/serial-queue.ts'
import { settledWithin } from '../concurrency/settled-within.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { ServerDate } from '../model/input-timeline/dates.ts'
import type { TimelineEvent } from '../model/input-timeline/step.ts'
import type { Era } from '../model/output-segment.ts'
import { restOutput } from '../model/output-timeline/step.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { ChangedPart } from '../stores/content-feed.ts'
import type { ForgetOptions } from '../stores/object-ledger.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import type { IndexSharing, SegmentIndex } from '../stores/segment-index.ts'
import { ObjectAbandoned } from '../stores/staged-objects.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import { ChannelState } from './channel-state.ts'
import { computeDueStep, computeStep, type StepDeps, takeStep, takeStoredStep, tryStep } from './channel-step.ts'
import { type Filled, fillPage } from './filling.ts'
import { Following, type Part } from './following.ts'
import { neededSince, type OpenOutputTimeline, type OutputTimelineSteps, remembering } from './open-output-timeline.ts'
import type { SegmentTail } from './segment-tail.ts'

/** How often what is stored is read and changed before an event is refused: once, but for the first of an input. */
const COMMIT_TRIES = 5
/** The least time, in milliseconds, between two readings of what others have stored that only time asks for. */
const FOLLOW_MS = 1000
/** The time for which a channel that others have changed is taken to be changed by them again. */
const CONTENDED_MS = 1000
/** The time for which nothing asks for a channel before it is idle. */
const IDLE_MS = 600_000
/** Far enough ahead that by then everything is due that ever will be. */
const EVENTUALLY_MS = 24 * 3_600_000

export type ChannelContentDeps = Omit<StepDeps, 'segmentIndex'> & {
  readonly segmentIndex: SegmentIndex
  /** Present when other processes may change the channel. */
  readonly changing?: IndexSharing['changing'] | undefined
  /** Passes evenly, and never steps. */
  readonly clock: Clock
  /** How far the server's date is ahead of it; when absent, they are the same. */
  readonly serverDate?: () => ServerDate
  /** For how long a reader waits for what others have stored, and is then shown what is in memory; or a second. */
  readonly readMs?: number | undefined
}

/**
 * The content of one channel: makes its changes one at a time, each as one durable step of its state. What is shown is
 * read when it is asked for, the inputs when something changes; both again when another process has changed them.
 */
export class ChannelContent {
  readonly guid: string
  private readonly deps: ChannelContentDeps
  /** The current state, for reading. Only this class changes it. */
  readonly state: ChannelState
  private readonly queue = new SerialQueue()
  private readonly following: Following
  /** True while every input has been heard without a break, as far as the store let it be. */
  private isAwake = false
  private contendedUntil = -Infinity
  private usedAt: number

  constructor(guid: string, deps: ChannelContentDeps) {
    this.guid = guid
    this.deps = deps
    this.state = new ChannelState(guid, deps.segmentIndex)
    this.following = new Following(deps.clock)
    this.usedAt = deps.clock()
  }

  /** Applies an event of an input after all earlier ones; durable when it resolves. */
  apply(ingestEndpointId: string, event: TimelineEvent, object?: SourceObject): Promise<void> {
    this.usedAt = this.deps.clock()
    return this.queue.run(() => this.take(ingestEndpointId, event, object))
  }

  /**
   * Gives up what inputs have waited for too long, and takes the steps of output timelines that are due. Cheap when
   * there are none.
   */
  async passTime(): Promise<void> {
    const now = this.deps.clock()
    if (this.following.isBehind('whole') && now - this.following.wholeAt >= FOLLOW_MS)
      await this.queue.run(() => this.follow('whole'))
    for (const id of this.dueInputs(now)) await this.queue.run(() => this.take(id, { kind: 'time' }))
    if (this.areOutputsDue(now)) {
      await this.inTurn(() => takeStep(this.state, () => computeDueStep(this.state, this.deps.clock()), this.deps))
    }
  }

  /**
   * True when it has not been used for so long that memory need not hold it. Of the process that lets time pass for the
   * channel, that must not change anything any more.
   */
  isIdle(letsTimePass: boolean): boolean {
    const now = this.deps.clock()
    if (now - this.usedAt < IDLE_MS) return false
    const eventually = utcMs(now + EVENTUALLY_MS)
    return !letsTimePass || (this.dueInputs(eventually).length === 0 && !this.areOutputsDue(eventually))
  }

  /** Notes that another process has changed the channel, or may have: what is shown, or else only an input. */
  changedByOther(part: ChangedPart): void {
    this.following.changed(part)
  }

  /**
   * Notes that the store has not answered, or not this process: others may have taken it over, without the last commits
   * under the versions that are known, and encoders may have been refused at any process.
   */
  distrust(part: ChangedPart): void {
    this.state.distrust()
    this.sleep()
    this.following.changed(part)
  }

  /**
   * Resolves when all that is shown is in memory; with 'whole', the states of the inputs as well. While the store does
   * not answer, or not soon, what has been read is shown: then to false.
   */
  async read(part: Part = 'shown'): Promise<boolean> {
    this.usedAt = this.deps.clock()
    if (!this.following.isBehind(part)) return true
    const followed = this.queue.run(() => this.follow(part)).then(() => true)
    if (!this.following.isRead) return followed
    const isRead = await settledWithin(this.deps.readMs ?? 1000, followed).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error
    })
    return isRead ?? false
  }

  /** True while there may be more to show than what has been read. */
  get mayShowMore(): boolean {
    return this.following.mayShowMore
  }

  /** Resolves when every event applied so far is done. */
  settled(): Promise<void> {
    return this.queue.settled()
  }

  /** The newest output segments of an output timeline. */
  async tail(outputTimeline: OutputTimeline): Promise<SegmentTail> {
    await this.read()
    const { outputs } = this.state
    const known = outputs.get(outputTimeline.id)?.tail
    return known ?? this.queue.run(() => outputs.tail(outputTimeline))
  }

  /** The eras with these ids, in this order, as far as they exist. */
  async erasById(ids: readonly number[]): Promise<readonly Era[]> {
    await this.read()
    return this.state.eras.byId(ids)
  }

  /** Gives an output timeline every slot sealed before it was opened, page by page, as long as it exists. */
  async fill(outputTimeline: OutputTimeline): Promise<void> {
    let filled: Filled
    do {
      this.usedAt = this.deps.clock()
      filled = await this.inTurn(() => fillPage(outputTimeline, this.state, this.deps))
    } while (filled === 'partly')
  }

  /** Changes the part of the state of an output timeline that does not affect what it shows. */
  remember(id: number, change: (state: OpenOutputTimeline['state']) => OpenOutputTimeline['state']): Promise<void> {
    return this.inTurn(async () => {
      const open = this.state.outputs.get(id)
      if (open) await this.takeOutputs([{ open, step: remembering(change(open.state)) }])
    })
  }

  /** Stops the steps of an output timeline until it is filled again. */
  rest(id: number): Promise<void> {
    return this.inTurn(async () => {
      const open = this.state.outputs.get(id)
      if (!open || open.state.isFilling) return
      await this.takeOutputs([{ open, step: restOutput(open.state, this.state.view(this.deps.clock())) }])
    })
  }

  /** Forgets content of an input from before a moment, as `forget` of the segment index. */
  forget({ ingestEndpointId }: InputRef, before: UtcMs, { walk, limit }: Pick<ForgetOptions, 'walk' | 'limit'>) {
    return this.inTurn(async () => {
      const input = await this.state.inputs.open(ingestEndpointId)
      const options = { walk, limit, inUse: input.keysInUse(), inUseEras: [...this.state.outputs.erasInUse()] }
      const forgotten = await this.deps.segmentIndex.forget(input.ref, this.neededUntil(before), options)
      this.trim(before)
      if (forgotten.slots > 0) this.deps.changed()
      return forgotten
    })
  }

  /** Takes out of memory what was sealed before a moment. */
  trim(before: UtcMs): void {
    const { inputs, outputs, eras } = this.state
    const until = this.neededUntil(before)
    const hasTrimmed = outputs.all().map(({ tail }) => tail?.forgetBefore(until) ?? false)
    inputs.forgetBefore(until)
    eras.keepOnly(new Set([...outputs.erasInUse(), ...outputs.erasInMemory(), ...inputs.recentEras()]))
    if (hasTrimmed.includes(true)) this.deps.changed()
  }

  /** A slot that has still to go into an output segment is needed, however old it is. */
  private neededUntil(before: UtcMs): UtcMs {
    return utcMs(Math.min(before, ...this.state.outputs.all().map(neededSince)))
  }

  /** The inputs that wait for something, as far as this process knows them. */
  private dueInputs(now: UtcMs): readonly string[] {
    return this.isAwake ? this.state.inputs.due(now) : []
  }

  private areOutputsDue(now: UtcMs): boolean {
    return this.isAwake && this.state.outputs.isDue(this.state.view(now), now)
  }

  /** Reads what others may have changed. */
  private async follow(part: Part): Promise<void> {
    if (!this.following.isBehind(part)) return
    await this.following.reading(part, async () => {
      if ((await this.state.load(part)) === 'shown') this.deps.changed()
    })
    if (part === 'whole' && !this.isAwake) this.wake()
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(() => this.follow('whole').then(work))
  }

  /** Lets every wait of the inputs begin anew with what is read next. */
  private sleep(): void {
    this.isAwake = false
    this.following.changed('inputs')
  }

  private wake(): void {
    this.isAwake = true
    this.state.inputs.wake(this.deps.clock())
    for (const { outputTimeline, state } of this.state.outputs.all()) {
      if (state.isFilling && !state.isResting) this.fillLater(outputTimeline)
    }
  }

  private async take(ingestEndpointId: string, event: TimelineEvent, object?: SourceObject): Promise<void> {
    try {
      await this.takeEvent(ingestEndpointId, event, object)
    } catch (error) {
      // What encoders send meanwhile is refused, and must not be waited for from before.
      if (error instanceof StoreUnavailable && !(error instanceof ObjectAbandoned)) this.sleep()
      throw error
    }
  }

  /**
   * The first time from the state in memory, if nothing is known to have changed it. After that what is stored is read
   * and changed in one transaction: else whoever reads while others write would be late again and again.
   */
  private async takeEvent(ingestEndpointId: string, event: TimelineEvent, object?: SourceObject): Promise<void> {
    const { changing, serverDate, clock } = this.deps
    const compute = async (index?: SegmentIndex) => {
      const input = await this.state.inputs.open(ingestEndpointId, index)
      return computeStep(this.state, input, { event, object, serverDate: serverDate?.() }, clock())
    }
    if (!changing || !this.isAwake) await this.follow('whole')
    // The streams of an input get their indexes by those of the other, too.
    const isOfBoth = changing !== undefined && event.kind === 'parent playlist'
    const isCompared = changing !== undefined && event.kind !== 'time'
    const isInMemory = !this.following.isBehind('whole') && !isOfBoth && clock() >= this.contendedUntil
    if (isInMemory && (await tryStep(this.state, compute, this.deps, { isCompared, isShared: changing !== undefined })))
      return
    for (let left = COMMIT_TRIES; changing && left > 0; left--) {
      const work = () => takeStoredStep(this.state, compute, { ...this.deps, changing })
      const { isTaken, isContended } = await this.following.reading('whole', work)
      if (isContended) this.contendedUntil = clock() + CONTENDED_MS
      if (isTaken) return
    }
    throw new Error(`the timeline of ${ingestEndpointId} kept changing under a commit`)
  }

  /** Takes a step of output timelines alone. False when another process was faster: the next tick computes it anew. */
  private takeOutputs(outputs: OutputTimelineSteps): Promise<boolean> {
    return takeStep(this.state, () => ({ outputs }), this.deps)
  }

  /** Goes on with filling an output timeline that a crash has cut off. */
  private fillLater(outputTimeline: OutputTimeline): void {
    queueMicrotask(() => {
      this.fill(outputTimeline).catch((error: unknown) => {
        const about = { channelGuid: this.guid, outputTimeline: outputTimeline.id, error: String(error) }
        this.deps.log.error({ event: 'output-timeline-fill-failed', ...about }, 'could not fill an output timeline')
      })
    })
  }
}
