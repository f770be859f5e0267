import { isoDateTime, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { expandedKey, keyPattern } from './destination-pattern.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestOptions, S3Destination } from './harvest-job.ts'
import { LONGEST_SCHEDULED_MS } from './harvest-request.ts'
import { fixedIntervalOf, Moments, type Recurrence } from './recurrence.ts'
import { refuse } from './rules.ts'

/** Harvest jobs that make themselves: one for each window that a recurrence begins. */
export type HarvestSchedule = {
  readonly id: string
  readonly originEndpointId: string
  readonly every: Recurrence
  /** No window begins before it. Intervals are counted from it. */
  readonly start: UtcMs
  /** No window begins at or after it; absent where the schedule goes on until it is stopped. */
  readonly end?: UtcMs
  /** Absent where each window ends where the next one begins. */
  readonly durationSeconds?: number
  /** By how much each job begins before its window, and ends after it. */
  readonly overlap: { readonly beforeSeconds: number; readonly afterSeconds: number }
  /** Its key is a pattern that names each window differently. */
  readonly s3Destination: S3Destination
  readonly options: HarvestOptions
  readonly isStopped: boolean
  readonly createdAt: UtcMs
  readonly modifiedAt: UtcMs
}

/** One window of a schedule, and the range that its job asks for, which overlaps with others. */
export type ScheduledWindow = UtcRange & { readonly job: UtcRange }

/** What became of one window of a schedule. */
export type ScheduleRun = UtcRange & {
  readonly recordedAt: UtcMs
  /** The job that was made; absent where none could be. */
  readonly jobId?: string
  /** Why none could be made. */
  readonly failure?: HarvestFailure
}

/** How far a schedule has come. */
export type SchedulePosition = {
  /** Where the first window begins of which nothing has become yet; absent when there is none any more. */
  readonly next?: UtcMs
  /** When its job is to be made; absent while none is. */
  readonly dueAt?: UtcMs
}

/** The shortest window. */
const LEAST_SECONDS = 1
export const MOST_OVERLAP_SECONDS = 1800
/** Windows that are looked at before a schedule is made: those of more than a year where there is one a day. */
const LOOKED_AT = 400
/** Room for the time that follows it in the ids of jobs. */
const MOST_ID_LENGTH = 200

const KEY = 's3Destination.manifestKey'
const DAY_MS = 86_400_000

/** The windows of a schedule, in their order. */
export class ScheduledWindows {
  private readonly schedule: HarvestSchedule
  private readonly moments: Moments

  constructor(schedule: HarvestSchedule) {
    this.schedule = schedule
    this.moments = new Moments(schedule.every, schedule.start)
  }

  /** The first window that begins at or after `from`; undefined when there is none any more. */
  from(from: UtcMs): ScheduledWindow | undefined {
    return this.windowAt(this.moments.from(from))
  }

  after({ start, end }: UtcRange): ScheduledWindow | undefined {
    return this.schedule.durationSeconds === undefined ? this.windowAt(end) : this.from(utcMs(start + 1))
  }

  private windowAt(start: UtcMs): ScheduledWindow | undefined {
    const { end: last, durationSeconds, overlap } = this.schedule
    if (last !== undefined && start >= last) return undefined
    const end = durationSeconds === undefined ? this.moments.after(start) : utcMs(start + durationSeconds * 1000)
    const job = {
      start: utcMs(start - overlap.beforeSeconds * 1000),
      end: utcMs(end + overlap.afterSeconds * 1000),
    }
    return { start, end, job }
  }
}

/** The position of a schedule whose next window is the first that begins at or after `from`. */
export function positionFrom(schedule: HarvestSchedule, from: UtcMs): SchedulePosition {
  const window = new ScheduledWindows(schedule).from(from)
  if (!window) return {}
  return { next: window.start, ...(!schedule.isStopped && { dueAt: window.job.end }) }
}

/** Where a schedule that names no start begins: intervals begin as if they were counted from midnight, UTC. */
export function defaultStart(every: Recurrence, now: UtcMs): UtcMs {
  const interval = fixedIntervalOf(every)
  if (interval === undefined) return now
  const midnight = Math.floor(now / DAY_MS) * DAY_MS
  return utcMs(midnight + Math.ceil((now - midnight) / interval) * interval)
}

/** The id of the job of a window: the same whoever makes it, so that it is made once. */
export function scheduledJobId({ id }: Pick<HarvestSchedule, 'id'>, { start }: UtcRange): string {
  return `${id}-${isoDateTime(start).replaceAll(/\D/g, '').slice(0, 14)}`
}

/** Where the asset of a window is written; its times are those of the window, without what overlaps. */
export function scheduledDestination(
  { id, originEndpointId: endpoint, s3Destination }: HarvestSchedule,
  { start, end }: UtcRange,
  channel: string,
): S3Destination {
  const values = { channel, endpoint, id: scheduledJobId({ id }, { start, end }), schedule: id, start, end }
  return { ...s3Destination, manifestKey: expandedKey(KEY, s3Destination.manifestKey, values) }
}

/** Throws RuleViolation for an id whose jobs would have ids that are too long. */
export function checkScheduleId(path: string, id: string): void {
  if (id.length > MOST_ID_LENGTH) refuse(path, `must be at most ${MOST_ID_LENGTH} characters, got ${id.length}`)
}

/**
 * Throws RuleViolation unless the windows of a schedule can be harvested from an endpoint with this startover window,
 * and each has a key of its own.
 */
export function checkWindows(schedule: HarvestSchedule, startoverWindowSeconds: number): void {
  const { durationSeconds, end } = schedule
  const windows = new ScheduledWindows(schedule)
  const longest = Math.min(LONGEST_SCHEDULED_MS, startoverWindowSeconds * 1000)
  const keys = new Map<string, ScheduledWindow>()
  const key = windowKeys(schedule)
  if (durationSeconds !== undefined && durationSeconds < LEAST_SECONDS) refuse('durationSeconds', 'must be at least 1')
  let window = windows.from(schedule.start)
  if (!window) refuse('endTime', `must be after the first window begins, got ${isoDateTime(end ?? schedule.start)}`)
  for (let n = 0; window && n < LOOKED_AT; n++) {
    const { job } = window
    if (job.end - job.start > longest) {
      const what = durationSeconds === undefined ? 'every' : 'durationSeconds'
      const limit = longest === LONGEST_SCHEDULED_MS ? '26 hours' : `${startoverWindowSeconds} s (the startover window)`
      refuse(
        what,
        `must make no window longer than ${limit}, with what overlaps; got one of ${(job.end - job.start) / 1000} s`,
      )
    }
    const found = key(window)
    const other = keys.get(found)
    if (other) {
      const both = `${isoDateTime(other.start)} and ${isoDateTime(window.start)}`
      refuse(KEY, `must name each window differently; those of ${both} would have the same`)
    }
    keys.set(found, window)
    window = windows.after(window)
  }
}

/**
 * What tells the keys of windows from one another. Where several windows begin on a day, times of a time zone do not
 * count: one hour of a year comes twice.
 */
function windowKeys({ s3Destination, every, id }: HarvestSchedule): (window: ScheduledWindow) => string {
  const { places } = keyPattern(KEY, s3Destination.manifestKey)
  const isOften = fixedIntervalOf(every) !== undefined
  const counted = places.filter(({ isLocal = false }) => !(isOften && isLocal))
  if (!counted.some(({ name }) => name === 'id')) {
    const words = new Set(counted.flatMap(({ words = [] }) => words))
    const missing = ['yyyy', 'MM', 'dd'].filter((word) => !words.has(word))
    if (missing.length > 0) {
      const hint = isOften ? ', in UTC' : ''
      refuse(KEY, `must name each window differently: with {id}, {start}, or yyyy, MM and dd of a {start:…}${hint}`)
    }
  }
  return ({ start, end }) => {
    const jobId = scheduledJobId({ id }, { start, end })
    const values = { channel: '', endpoint: '', id: jobId, schedule: id, start, end }
    return counted.map((place) => place.text(values)).join(' ')
  }
}
