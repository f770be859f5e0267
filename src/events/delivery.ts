import type { Clock } from '../clock.ts'
import { pauseAfter } from '../concurrency/retry.ts'
import type { Log } from '../log.ts'
import type { Account } from '../model/arn.ts'
import { eventEnvelope } from '../model/event.ts'
import type { EventOutbox, RecordedEvent } from '../stores/event-outbox.ts'
import type { EventSink } from './sink.ts'

const PAGE = 100
/** Pauses after consecutive failures; the last one repeats. */
const PAUSES_MS = [1_000, 2_000, 5_000, 15_000, 60_000]

export type DeliveryDeps = {
  readonly resources: Pick<EventOutbox, 'claimEventSink' | 'advanceEventSink' | 'listEvents'>
  readonly sinks: readonly EventSink[]
  readonly clock: Clock
  /** Shared by all processes, and never steps: for pauses, and for how long a claim holds. */
  readonly steady: Clock
  readonly log: Log
  readonly account: Account
  /** Identifies this process among all that share the resources. */
  readonly owner: string
  readonly leaseMs: number
  /** Time after which an event that its sink does not accept is skipped; it can still be listed. */
  readonly giveUpMs: number
  readonly observer?: DeliveryObserver
}

/** Hears of each delivery that a sink did not accept. */
export type DeliveryObserver = (sink: string) => void

export type Delivery = {
  /** Registers the sinks, before anything can happen: a new sink receives all events from now on. */
  begin(): Promise<void>
  /** Delivers to every sink the events it has not received yet. Called often. */
  deliver(): Promise<void>
  /** Stops, even in the middle of a delivery, which the next process to claim the sink then repeats. */
  close(): Promise<void>
}

type Claim = { readonly fence: number; after: string; until: number }

/**
 * Delivers every event to each sink at least once, in the order they were written, and therefore in order for each
 * resource. An event that a sink does not accept is retried before any later one is sent.
 */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const closing = new AbortController()
  const lines = deps.sinks.map((sink) => new SinkLine(sink, deps, closing.signal))
  let delivering: Promise<void> | undefined

  function deliver(): Promise<void> {
    delivering ??= Promise.all(lines.map((line) => line.deliver()))
      .then(() => {})
      .finally(() => {
        delivering = undefined
      })
    return delivering
  }

  return {
    deliver,
    async begin() {
      await Promise.all(lines.map((line) => line.held()))
    },
    async close() {
      closing.abort()
      await delivering?.catch(() => {})
      await Promise.all(lines.map((line) => line.release()))
      for (const { close } of deps.sinks) close()
    },
  }
}

/** The delivery of events to one sink. */
class SinkLine {
  private readonly sink: EventSink
  private readonly deps: DeliveryDeps
  private readonly closing: AbortSignal
  private claim: Claim | undefined
  private failures = 0
  private notBefore = 0

  constructor(sink: EventSink, deps: DeliveryDeps, closing: AbortSignal) {
    this.sink = sink
    this.deps = deps
    this.closing = closing
  }

  async deliver(): Promise<void> {
    if (this.deps.steady() < this.notBefore) return
    while (!this.closing.aborted) {
      const claim = await this.held()
      if (!claim) return
      const { items } = await this.deps.resources.listEvents({ limit: PAGE, after: claim.after })
      if (items.length === 0) return
      for (const event of items) {
        if (this.closing.aborted || !(await this.tell(event)) || !(await this.advance(claim, event.cursor))) return
      }
    }
  }

  /** The claim on the sink, renewed in time; renewing also reveals that another process moved the cursor. */
  async held(): Promise<Claim | undefined> {
    const { resources, clock, steady, leaseMs, owner } = this.deps
    const now = steady()
    if (this.claim && now < this.claim.until - leaseMs / 2) return this.claim
    const claimed = await resources.claimEventSink({ sink: this.sink.name, owner, now, date: clock(), leaseMs })
    this.claim = claimed && { ...claimed, until: now + leaseMs }
    return this.claim
  }

  /** Leaves the sink to other processes at once. */
  async release(): Promise<void> {
    const { claim } = this
    this.claim = undefined
    if (!claim) return
    const { resources, steady } = this.deps
    const { after, fence } = claim
    // Without the database, the lease expires.
    await resources
      .advanceEventSink({ sink: this.sink.name, fence }, { after, now: steady(), leaseMs: 0 })
      .catch(() => {})
  }

  /** Delivers one event. False when it must be retried. */
  private async tell(event: RecordedEvent): Promise<boolean> {
    const { clock, steady, log, account, giveUpMs } = this.deps
    const about = { sink: this.sink.name, eventId: event.id }
    try {
      await this.sink.deliver(eventEnvelope(event, account), this.closing)
      this.failures = 0
      return true
    } catch (error) {
      if (this.closing.aborted) return false
      this.deps.observer?.(this.sink.name)
      const reason = (error as Error).message
      if (clock() - event.at >= giveUpMs) {
        log.error({ event: 'event-given-up', ...about, reason }, 'an event was not delivered in time and is skipped')
        this.failures = 0
        return true
      }
      const pause = pauseAfter(PAUSES_MS, ++this.failures)
      this.notBefore = steady() + pause
      log.warn({ event: 'event-not-delivered', ...about, reason, retryInMs: pause }, 'an event was not delivered')
      return false
    }
  }

  private async advance(claim: Claim, after: string): Promise<boolean> {
    const { resources, steady, leaseMs } = this.deps
    const now = steady()
    const { fence } = claim
    const answer = await resources.advanceEventSink({ sink: this.sink.name, fence }, { after, now, leaseMs })
    if (answer === 'lost') {
      this.claim = undefined
      return false
    }
    claim.after = after
    claim.until = now + leaseMs
    return true
  }
}
