import type { Clock } from '../clock.ts'
import { digestUuid } from '../digest-uuid.ts'
import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EventOutbox } from '../stores/event-outbox.ts'

/** One event of an endpoint at most in each of these, in milliseconds. */
const ONE_EVENT_MS = 60_000

/**
 * The event that MediaPackage sends to EventBridge when a key provider fails. It has the same id whoever makes it in
 * the same minute, so that the outbox keeps one.
 */
export function keyProviderEvent(endpoint: OriginEndpoint, message: string, at: UtcMs, account: Account): ServiceEvent {
  return {
    id: digestUuid(`${endpoint.guid} KeyProviderError ${Math.floor(at / ONE_EVENT_MS)}`),
    at,
    detailType: 'MediaPackage Key Provider Notification',
    resources: [arnOf(account, 'origin_endpoints', endpoint.guid)],
    detail: { event: 'KeyProviderError', message },
  }
}

export type FailureEventDeps = {
  readonly resources: Pick<EventOutbox, 'appendEvent'>
  readonly account: Account
  readonly date: Clock
  readonly log: Log
}

/** Appends the event of a failure; one that cannot be stored is only logged. */
export async function tellFailure(
  endpoint: OriginEndpoint,
  message: string,
  { resources, account, date, log }: FailureEventDeps,
): Promise<void> {
  const event = keyProviderEvent(endpoint, message, date(), account)
  await resources.appendEvent(event).catch((error: unknown) => {
    log.error({ event: 'background-work-failed', error }, 'the event of a key provider could not be stored')
  })
}
