import type { ServerClocks } from './clock.ts'
import { createDelivery, type DeliveryObserver } from './events/delivery.ts'
import type { EventSink } from './events/sink.ts'
import type { Log } from './log.ts'
import type { Account } from './model/arn.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'
import type { EventOutbox } from './stores/event-outbox.ts'

const DELIVERY_MS = 500
const DELIVERY_LEASE_MS = 10_000
const GIVE_UP_MS = 24 * 3_600_000

type Deps = {
  readonly resources: EventOutbox
  readonly sinks: readonly EventSink[]
  readonly clocks: Pick<ServerClocks, 'date' | 'steady'>
  readonly log: Log
  readonly account: Account
  readonly owner: string
  readonly observer: DeliveryObserver
}

/** Delivers events from now on. */
export async function startDelivery(
  { clocks, ...deps }: Deps,
  { closers, releasers }: Pick<Stopping, 'closers' | 'releasers'>,
  failed: Failed,
): Promise<void> {
  const delivery = createDelivery({
    ...deps,
    clock: clocks.date,
    steady: clocks.steady,
    leaseMs: DELIVERY_LEASE_MS,
    giveUpMs: GIVE_UP_MS,
  })
  closers.push(() => delivery.close())
  releasers.push(() => delivery.close())
  await delivery.begin()
  closers.push(periodically(DELIVERY_MS, () => delivery.deliver(), failed('delivering events')))
}
