import { isoDateTime, type UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestRule, RuleRun } from '../model/harvest-rule.ts'

/** The EventBridge event for events of which a rule could make nothing, in their order. `id` is a UUID. */
export function missedEvents(
  rule: HarvestRule,
  missed: readonly RuleRun[],
  account: Account,
  { id, at }: { readonly id: string; readonly at: UtcMs },
): ServiceEvent {
  const arn = arnOf(account, 'harvest_rules', rule.id)
  const events = missed.map(({ start, end, event, failure }) => ({
    start_time: isoDateTime(start),
    end_time: isoDateTime(end),
    event_id: event?.id,
    segmentation_type_id: event?.typeId,
    code: failure?.code,
    message: failure?.message,
  }))
  const { message } = events[0] ?? {}
  const harvest_rule = { id: rule.id, arn, origin_endpoint_id: rule.originEndpointId }
  return {
    id,
    at,
    detailType: 'Windrow HarvestRule Notification',
    resources: [arn],
    detail: { event: 'HarvestMissed', message, harvest_rule, events },
  }
}
