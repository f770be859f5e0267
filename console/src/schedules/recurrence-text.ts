import type { ScheduleReport } from '../../../src/control/schedule-operations.ts'

/** When the windows of a schedule begin, in words: `Every 2 days at 20:15 (Europe/Berlin)`. */
export function recurrenceText(every: ScheduleReport['every']): string {
  const { minutes, hours, days, weekdays, at = '00:00', timeZone = 'UTC' } = every
  if (minutes !== undefined) return minutes === 1 ? 'Every minute' : `Every ${minutes} minutes`
  if (hours !== undefined) return hours === 1 ? 'Every hour' : `Every ${hours} hours`
  const when = `at ${at} (${timeZone})`
  if (days !== undefined) return days === 1 ? `Every day ${when}` : `Every ${days} days ${when}`
  return `Every ${(weekdays ?? []).map((day) => day.charAt(0) + day.slice(1, 3).toLowerCase()).join(', ')} ${when}`
}
