import { isoDateTime, utcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import {
  type ScheduledWindow,
  ScheduledWindows,
  scheduledDestination,
  scheduledJobId,
} from '../model/harvest-schedule.ts'
import type { ScheduleRecord, ScheduleRunRecord } from '../stores/schedule-records.ts'
import { describedOptions } from './described-options.ts'
import type { ScheduleReport, ScheduleRunReport } from './schedule-operations.ts'

/** A schedule as `/windrow/v1/harvest_schedules/{id}` describes it. Undefined members are left out. */
export function scheduleReport(record: ScheduleRecord, account: Account, channelId?: string): ScheduleReport {
  const { schedule } = record
  return {
    id: schedule.id,
    arn: arnOf(account, 'harvest_schedules', schedule.id),
    originEndpointId: schedule.originEndpointId,
    every: schedule.every,
    startTime: isoDateTime(schedule.start),
    endTime: schedule.end === undefined ? undefined : isoDateTime(schedule.end),
    durationSeconds: schedule.durationSeconds,
    overlap: schedule.overlap,
    s3Destination: schedule.s3Destination,
    ...describedOptions(schedule.options),
    createdAt: isoDateTime(schedule.createdAt),
    modifiedAt: isoDateTime(schedule.modifiedAt),
    state: stateOf(record),
    nextRun: nextRunOf(record, channelId),
  }
}

function nextWindow({ schedule, next }: ScheduleRecord): ScheduledWindow | undefined {
  return next === undefined ? undefined : new ScheduledWindows(schedule).from(next)
}

/** A schedule waits where its next job is not made when the window has passed: its endpoint is gone. */
function stateOf(record: ScheduleRecord): ScheduleReport['state'] {
  const { schedule, dueAt } = record
  const window = nextWindow(record)
  if (schedule.isStopped) return 'STOPPED'
  if (!window) return 'ENDED'
  return dueAt !== undefined && dueAt > window.job.end ? 'WAITING' : 'ACTIVE'
}

function nextRunOf(record: ScheduleRecord, channelId: string | undefined): ScheduleReport['nextRun'] {
  const { schedule, dueAt } = record
  const window = nextWindow(record)
  if (!window || dueAt === undefined) return undefined
  const { start, end } = window
  const destination = channelId === undefined ? undefined : scheduledDestination(schedule, window, channelId)
  return {
    startTime: isoDateTime(start),
    endTime: isoDateTime(end),
    jobId: scheduledJobId(schedule, window),
    manifestKey: destination?.manifestKey,
    dueAt: isoDateTime(utcMs(Math.max(dueAt, window.job.end))),
  }
}

/** What became of a window. The state is that of its job, or MISSED where none could be made. */
export function scheduleRunReport(run: ScheduleRunRecord): ScheduleRunReport {
  const { start, end, recordedAt, jobId, job, failure } = run
  const reason = failure ?? job?.failure
  return {
    startTime: isoDateTime(start),
    endTime: isoDateTime(end),
    recordedAt: isoDateTime(recordedAt),
    jobId,
    state: jobId === undefined ? 'MISSED' : job?.state,
    failure: reason && { code: reason.code, message: reason.message },
  }
}
