import type { Clock } from '../clock.ts'
import { SerialQueue } from '../concurrency/serial-queue.ts'
import type { Log } from '../log.ts'
import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { ServerDate } from '../model/input-timeline/dates.ts'
import type { TimelineEvent } from '../model/input-timeline/step.ts'
import type { Era } from '../model/output-segment.ts'
import { restOutput } from '../model/output-timeline/step.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import { ChannelState } from './channel-state.ts'
import { type ChannelStep, computeDueStep, computeStep, takeStep } from './channel-step.ts'
import { fillPage } from './filling.ts'
import { neededSince, type OpenOutputTimeline, remembering } from './open-output-timeline.ts'
import type { SegmentTail } from './segment-tail.ts'

/**
 * How often a step is computed and committed before its event is refused, because another process changed the channel
 * each time.
 */
const COMMIT_TRIES = 5

export type ChannelContentDeps = {
  readonly segmentIndex: SegmentIndex
  /**
   * GUIDs of the channels that other processes may have changed since they were read here: such a channel is read again
   * before it is changed or shown. Absent where there are no others.
   */
  readonly changedByOthers?: Set<string>
  /** Passes evenly, and never steps. */
  readonly clock: Clock
  /** How far the server's date is ahead of it; when absent, they are the same. */
  readonly serverDate?: () => ServerDate
  readonly log: Log
  /** Called when what the channel can show has changed. */
  readonly changed: () => void
}

/** The content of one channel: makes its changes one at a time, each as one durable step of its state. */
export class ChannelContent {
  readonly guid: string
  private readonly deps: ChannelContentDeps
  /** The current state, for reading. Only this class changes it. */
  readonly state: ChannelState
  private loading: Promise<void> | undefined
  private readonly queue = new SerialQueue()

  constructor(guid: string, deps: ChannelContentDeps) {
    this.guid = guid
    this.deps = deps
    this.state = new ChannelState(guid, deps.segmentIndex)
  }

  /** Applies an event of an input after all earlier ones; durable when it resolves. */
  apply(ingestEndpointId: string, event: TimelineEvent, object?: SourceObject): Promise<void> {
    return this.inTurn(async () => {
      await this.follow()
      const compute = async () => {
        const input = await this.state.inputs.open(ingestEndpointId)
        return computeStep(
          this.state,
          input,
          { event, object, serverDate: this.deps.serverDate?.() },
          this.deps.clock(),
        )
      }
      if (await takeStep(this.state, compute, this.deps, COMMIT_TRIES)) return
      throw new Error(`the timeline of ${ingestEndpointId} kept changing under a commit`)
    })
  }

  /**
   * Gives up what inputs have waited for too long, and takes the steps of output timelines that are due. Cheap when
   * there are none.
   */
  async passTime(): Promise<void> {
    if (!this.loading) return
    await this.refresh()
    const { inputs, outputs } = this.state
    const now = this.deps.clock()
    for (const id of inputs.due(now)) await this.apply(id, { kind: 'time' })
    if (outputs.isDue(this.state.view(now), now)) {
      await this.inTurn(() => takeStep(this.state, () => computeDueStep(this.state, this.deps.clock()), this.deps))
    }
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
  async refresh(): Promise<void> {
    if (this.deps.changedByOthers?.has(this.guid)) await this.inTurn(() => this.follow())
  }

  /** Resolves when every event applied so far is done. */
  settled(): Promise<void> {
    return this.queue.settled()
  }

  /** The newest output segments of an output timeline. */
  async tail(outputTimeline: OutputTimeline): Promise<SegmentTail> {
    await this.ready()
    const { outputs } = this.state
    const known = outputs.get(outputTimeline.id)?.tail
    return known ?? this.inTurn(() => outputs.tail(outputTimeline))
  }

  /** The eras with these ids, in this order, as far as they exist. */
  async erasById(ids: readonly number[]): Promise<readonly Era[]> {
    await this.ready()
    return this.state.eras.byId(ids)
  }

  /** Gives an output timeline every slot sealed before it was opened, page by page, as long as it exists. */
  async fill(outputTimeline: OutputTimeline): Promise<void> {
    while ((await this.inTurn(() => fillPage(outputTimeline, this.state, this.deps))) === 'partly');
  }

  /** Changes the part of the state of an output timeline that does not affect what it shows. */
  remember(id: number, change: (state: OpenOutputTimeline['state']) => OpenOutputTimeline['state']): Promise<void> {
    return this.inTurn(async () => {
      const open = this.state.outputs.get(id)
      if (open) await this.take({ outputs: [{ open, step: remembering(change(open.state)) }] })
    })
  }

  /** Stops the steps of an output timeline until it is filled again. */
  rest(id: number): Promise<void> {
    return this.inTurn(async () => {
      const open = this.state.outputs.get(id)
      if (!open || open.state.isFilling) return
      await this.take({ outputs: [{ open, step: restOutput(open.state, this.state.view(this.deps.clock())) }] })
    })
  }

  /** Forgets slots and objects of an input from before a moment, at most `limit` of each; true when none are left. */
  forget({ ingestEndpointId }: InputRef, before: UtcMs, pinned: readonly UtcRange[], limit: number): Promise<boolean> {
    return this.inTurn(async () => {
      // Others may need what is not needed here yet.
      this.deps.changedByOthers?.add(this.guid)
      await this.follow()
      const { inputs, outputs, eras } = this.state
      const input = await inputs.open(ingestEndpointId)
      // A slot that has still to go into an output segment is needed, however old it is.
      const until = utcMs(Math.min(before, ...outputs.all().map(neededSince)))
      const options = { pinned, inUse: input.keysInUse(), inUseEras: [...outputs.erasInUse()], limit }
      const { slots, objects } = await this.deps.segmentIndex.forget(input.ref, until, options)
      for (const { tail } of outputs.all()) tail?.forgetBefore(until)
      input.forgetBefore(until)
      eras.keepOnly(new Set([...outputs.erasInUse(), ...outputs.erasInMemory(), ...inputs.recentEras()]))
      if (slots > 0) this.deps.changed()
      return slots < limit && objects < limit
    })
  }

  private async follow(): Promise<void> {
    const { changedByOthers, changed } = this.deps
    if (!changedByOthers?.has(this.guid)) return
    changedByOthers.delete(this.guid)
    try {
      if (await this.state.load()) changed()
    } catch (error) {
      changedByOthers.add(this.guid)
      throw error
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(() => this.ready().then(work))
  }

  private async wake(): Promise<void> {
    await this.state.load()
    this.state.inputs.wake(this.deps.clock())
    for (const { outputTimeline, state } of this.state.outputs.all()) {
      if (state.isFilling && !state.isResting) this.fillLater(outputTimeline)
    }
  }

  /** Takes a step of output timelines alone. False when another process was faster: the next tick computes it anew. */
  private take(step: ChannelStep): Promise<boolean> {
    return takeStep(this.state, () => step, this.deps)
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
