import { isoDateTime, type UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestSchedule, ScheduleRun } from '../model/harvest-schedule.ts'

/** The EventBridge event for windows of a schedule for which no job could be made, in their order. `id` is a UUID. */
export function missedEvent(
  schedule: HarvestSchedule,
  missed: readonly ScheduleRun[],
  account: Account,
  { id, at }: { readonly id: string; readonly at: UtcMs },
): ServiceEvent {
  const arn = arnOf(account, 'harvest_schedules', schedule.id)
  return {
    id,
    at,
    detailType: 'Windrow HarvestSchedule Notification',
    resources: [arn],
    detail: {
      event: 'HarvestMissed',
      message: missed[0]?.failure?.message,
      harvest_schedule: { id: schedule.id, arn, origin_endpoint_id: schedule.originEndpointId },
      windows: missed.map(({ start, end, failure }) => ({
        start_time: isoDateTime(start),
        end_time: isoDateTime(end),
        code: failure?.code,
        message: failure?.message,
      })),
    },
  }
}
