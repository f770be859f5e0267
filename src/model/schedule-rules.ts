import { isoDateTime } from '../media/time.ts'
import { keyPattern, type PatternValues } from './destination-pattern.ts'
import { folderOfKey, type HarvestOptions } from './harvest-job.ts'
import { LONGEST_SCHEDULED_MS } from './harvest-request.ts'
import { type HarvestSchedule, type ScheduledWindow, ScheduledWindows } from './harvest-schedule.ts'
import { fixedIntervalOf } from './recurrence.ts'
import { between, refuse } from './rules.ts'

const MOST_OVERLAP_SECONDS = 1800
/** Windows that are looked at before a schedule is made: those of more than a year where there is one a day. */
const LOOKED_AT = 400
/** Time in which the job of a window is made before the startover window moves on beyond its beginning. */
const TO_MAKE_SECONDS = 60

const KEY = 's3Destination.manifestKey'

/** Throws RuleViolation for a schedule that cannot be kept whatever its endpoint is. */
export function checkSchedule({ overlap, durationSeconds, options }: HarvestSchedule): void {
  between('overlap.beforeSeconds', overlap.beforeSeconds, 0, MOST_OVERLAP_SECONDS)
  between('overlap.afterSeconds', overlap.afterSeconds, 0, MOST_OVERLAP_SECONDS)
  if (durationSeconds !== undefined && durationSeconds < 1) refuse('durationSeconds', 'must be at least 1')
  checkNoTimes(options, 'window')
}

/** Throws RuleViolation for stills at moments, which the options of several jobs cannot have. */
export function checkNoTimes({ deliverables = [] }: HarvestOptions, of: 'window' | 'event'): void {
  for (const [i, deliverable] of deliverables.entries()) {
    if ('times' in deliverable) refuse(`deliverables[${i}].times`, `must not be given: each ${of} has its own times`)
  }
}

/**
 * Throws RuleViolation unless the windows of a schedule can be harvested from an endpoint with this startover window,
 * and each has a key of its own.
 */
export function checkWindows(schedule: HarvestSchedule, startoverWindowSeconds: number): void {
  const { durationSeconds, end, start } = schedule
  const windows = new ScheduledWindows(schedule)
  const seconds = Math.min(LONGEST_SCHEDULED_MS / 1000, startoverWindowSeconds - TO_MAKE_SECONDS)
  const checkName = nameCheck(schedule)
  let window = windows.from(start)
  if (!window) refuse('endTime', `must be after the first window begins, got ${isoDateTime(end ?? start)}`)
  for (let n = 0; window && n < LOOKED_AT; n++) {
    const length = (window.job.end - window.job.start) / 1000
    if (length > seconds) {
      const isOfDay = seconds * 1000 === LONGEST_SCHEDULED_MS
      const limit = isOfDay ? '26 hours' : `${seconds} s (the startover window less a minute)`
      const path = durationSeconds === undefined ? 'every' : 'durationSeconds'
      refuse(path, `must make no window longer than ${limit}, with what overlaps; got one of ${length} s`)
    }
    checkName(window)
    window = windows.after(window)
  }
}

/** Throws RuleViolation for a window whose files would have the names of those of another. */
function nameCheck(schedule: HarvestSchedule): (window: ScheduledWindow) => void {
  const { options, s3Destination } = schedule
  const checkKey = differenceCheck('name each window differently', keyDifference(schedule))
  const hasNames = (options.deliverables ?? []).some(({ name }) => name !== undefined)
  if (!hasNames) return checkKey
  const { expand } = keyPattern(KEY, s3Destination.manifestKey)
  const checkFolder = differenceCheck('have a folder for each window, because deliverables have names', (window) =>
    folderOfKey(expand(valuesOf(schedule, window))),
  )
  return (window) => {
    checkKey(window)
    checkFolder(window)
  }
}

function differenceCheck(rule: string, nameOf: (window: ScheduledWindow) => string): (window: ScheduledWindow) => void {
  const named = new Map<string, ScheduledWindow>()
  return (window) => {
    const name = nameOf(window)
    const other = named.get(name)
    if (other) {
      refuse(
        KEY,
        `must ${rule}; those of ${isoDateTime(other.start)} and ${isoDateTime(window.start)} would have the same`,
      )
    }
    named.set(name, window)
  }
}

/**
 * What tells the keys of windows from one another. Where several windows begin on a day, times of a time zone do not
 * count: one hour of a year comes twice.
 */
function keyDifference(schedule: HarvestSchedule): (window: ScheduledWindow) => string {
  const { s3Destination, every } = schedule
  const { places } = keyPattern(KEY, s3Destination.manifestKey)
  const isOften = fixedIntervalOf(every) !== undefined
  const counted = places.filter(({ isLocal = false }) => !(isOften && isLocal))
  if (!counted.some(({ name }) => name === 'id')) {
    const words = new Set(counted.flatMap(({ words = [] }) => words))
    if (!['yyyy', 'MM', 'dd'].every((word) => words.has(word))) {
      const hint = isOften ? ', in UTC' : ''
      refuse(KEY, `must name each window differently: with {id}, {start}, or yyyy, MM and dd of a {start:…}${hint}`)
    }
  }
  return (window) => counted.map((place) => place.text(valuesOf(schedule, window))).join(' ')
}

/** What differs between windows. */
function valuesOf({ id }: HarvestSchedule, { start, end }: ScheduledWindow): PatternValues {
  return { channel: 'channel', endpoint: 'endpoint', id: isoDateTime(start), schedule: id, start, end }
}
