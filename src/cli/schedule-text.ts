import type { ScheduleReport, ScheduleRunReport } from '../control/schedule-report.ts'
import type { Recurrence } from '../model/recurrence.ts'

/** A schedule in one line, such as a list has. */
export function scheduleLine({ id, state, every, durationSeconds, nextRun }: ScheduleReport): string {
  const length = durationSeconds === undefined ? '' : `, ${durationSeconds} s each`
  const next = nextRun ? `, next ${nextRun.startTime}` : ''
  return `${id}  ${state}  ${recurrenceText(every)}${length}${next}\n`
}

/** A schedule with its next window and its last ones. */
export function scheduleText(schedule: ScheduleReport): string {
  const { originEndpointId, s3Destination, nextRun, lastRuns = [] } = schedule
  const lines = [
    `  of       ${originEndpointId}`,
    `  to       ${s3Destination.bucketName}/${s3Destination.manifestKey}`,
  ]
  if (nextRun?.manifestKey !== undefined) lines.push(`  next     ${nextRun.dueAt}: ${nextRun.manifestKey}`)
  return [scheduleLine(schedule).trimEnd(), ...lines, ...lastRuns.map((run) => `  run      ${runLine(run)}`), ''].join(
    '\n',
  )
}

/** What became of a window, in one line. */
export function runLine({ startTime, endTime, state = 'FORGOTTEN', jobId, failure }: ScheduleRunReport): string {
  const reason = failure ? `: ${failure.message}` : ''
  return `${startTime} to ${endTime}  ${state}${jobId === undefined ? '' : `  ${jobId}`}${reason}`
}

function recurrenceText(every: Recurrence): string {
  if ('minutes' in every) return every.minutes === 1 ? 'every minute' : `every ${every.minutes} minutes`
  if ('hours' in every) return every.hours === 1 ? 'every hour' : `every ${every.hours} hours`
  const time = `at ${every.at} ${every.timeZone}`
  if ('weekdays' in every) return `${every.weekdays.join(', ').toLowerCase()} ${time}`
  return every.days === 1 ? `every day ${time}` : `every ${every.days} days ${time}`
}
