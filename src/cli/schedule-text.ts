import type { ScheduleReport, ScheduleRunReport } from '../control/schedule-operations.ts'

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
export function runLine({ startTime, endTime, state, jobId, failure }: ScheduleRunReport): string {
  const reason = failure ? `: ${failure.message}` : ''
  return `${startTime} to ${endTime}  ${state ?? 'FORGOTTEN'}${jobId === undefined ? '' : `  ${jobId}`}${reason}`
}

function recurrenceText({ minutes, hours, days, weekdays, at, timeZone }: ScheduleReport['every']): string {
  if (minutes !== undefined) return minutes === 1 ? 'every minute' : `every ${minutes} minutes`
  if (hours !== undefined) return hours === 1 ? 'every hour' : `every ${hours} hours`
  const time = `at ${at} ${timeZone}`
  if (weekdays) return `${weekdays.join(', ').toLowerCase()} ${time}`
  return days === 1 ? `every day ${time}` : `every ${days} days ${time}`
}
