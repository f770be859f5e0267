import { isoDateTime, ONE_DAY_MS, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { expandedKey } from './destination-pattern.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestOptions, S3Destination } from './harvest-job.ts'
import { fixedIntervalOf, Moments, type Recurrence } from './recurrence.ts'

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

const KEY = 's3Destination.manifestKey'

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
  const midnight = Math.floor(now / ONE_DAY_MS) * ONE_DAY_MS
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
