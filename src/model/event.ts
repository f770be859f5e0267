import type { UtcMs } from '../media/time.ts'
import type { Account } from './arn.ts'

/** A notification, with the fields of an EventBridge event. */
export type ServiceEvent = {
  /** UUID of the event. */
  readonly id: string
  readonly at: UtcMs
  readonly detailType: string
  /** ARNs of the resources concerned. */
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** An event in the form in which a rule of EventBridge delivers it. */
export type EventEnvelope = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: 'aws.mediapackage'
  readonly account: string
  /** ISO 8601, in whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: ServiceEvent['detail']
}

export function eventEnvelope(event: ServiceEvent, { region, accountId }: Account): EventEnvelope {
  return {
    version: '0',
    id: event.id,
    'detail-type': event.detailType,
    source: 'aws.mediapackage',
    account: accountId,
    time: new Date(event.at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: event.resources,
    detail: event.detail,
  }
}
