import { randomUUID } from 'node:crypto'
import type { ClaimedWorkDeps } from '../archive/claimed-work.ts'
import { SoleWork } from '../archive/sole-work.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from '../control/control-context.ts'
import { failed, type JobOutcome, makeJob } from '../control/self-made-job.ts'
import type { Log } from '../log.ts'
import { isoDateTime, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import { lateFailure, usableSpan } from '../model/harvest-request.ts'
import {
  type HarvestSchedule,
  positionFrom,
  type ScheduledWindow,
  ScheduledWindows,
  type ScheduleRun,
  scheduledDestination,
  scheduledJobId,
} from '../model/harvest-schedule.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { quoteValue } from '../model/rules.ts'
import type { Resources } from '../stores/resources.ts'
import type { ScheduleRecord } from '../stores/schedule-records.ts'
import { missedEvent } from './event.ts'

export type SchedulesDeps = Pick<ControlContext, 'account' | 'clock' | 'extent' | 'harvest' | 'limits'> & {
  readonly resources: Resources
  readonly log: Log
  /** What processes need that share the resources: one of them makes the jobs. Absent for a process alone. */
  readonly shared?: ClaimedWorkDeps | undefined
}

export type Schedules = {
  /** Makes the jobs that are due, if this process is the one that does. Called often. */
  makeJobs(): Promise<void>
  /** Leaves the work to others, at once and for good. */
  release(): Promise<void>
}

const WORK = 'harvest-schedules'
/** Schedules that are looked at in one step, the longest due first. */
const MOST_DUE = 1000
/** Windows of one schedule whose jobs are made in one step, before those of others have their turn. */
const MOST_WINDOWS = 20

/** How long a schedule whose endpoint is gone waits before it is looked for again. */
const ENDPOINT_WAIT_MS = 600_000
/** Why a window has no job that has no endpoint; it gets one when there is an endpoint of that id again. */
const NO_ENDPOINT = 'NoOriginEndpoint'

/** Makes the harvest jobs of schedules when their windows have passed. */
export function createSchedules(deps: SchedulesDeps): Schedules {
  const { resources, clock, log, shared } = deps
  const work = new SoleWork(WORK, shared)

  return {
    async makeJobs() {
      if (!(await work.claim())) return
      for (const record of await resources.dueHarvestSchedules(clock(), MOST_DUE)) {
        if (!work.isMine()) return
        try {
          if ((await advance(record, deps)) === 'quota') return
        } catch (error) {
          const about = { event: 'harvest-schedule-failed', harvestSchedule: record.schedule.id, error } as const
          log.error(about, 'a job of a harvest schedule could not be made; it is tried again')
        }
      }
    },

    release: () => work.release(),
  }
}

/**
 * Makes the jobs of the next windows of a schedule that have passed, and records what became of them. 'quota': there
 * are too many jobs in progress for now.
 */
async function advance(record: ScheduleRecord, deps: SchedulesDeps): Promise<'done' | 'quota'> {
  const { schedule, next = schedule.start } = record
  const now = deps.clock()
  const windows = new ScheduledWindows(schedule)
  const runs: ScheduleRun[] = []
  // What is older than any history is passed over.
  const from = utcMs(Math.max(next, now - HARVEST_JOB_KEPT_MS))
  let window = windows.from(from)
  while (window && window.job.end <= now && runs.length < MOST_WINDOWS) {
    const outcome = await jobFor(schedule, window, deps)
    if (outcome === 'quota') {
      if (runs.length > 0) await recordRuns(record, runs, { from: behind(runs.at(-1)!) }, deps)
      return 'quota'
    }
    const run = { start: window.start, end: window.end, recordedAt: now, ...outcome }
    if ('failure' in outcome && outcome.failure.code === NO_ENDPOINT) {
      // The window gets its job when there is an endpoint again. Until then, that is said of the first one alone.
      if (runs.length > 0 || !(await isKnownToWait(record, deps))) runs.push(run)
      await recordRuns(record, runs, { from: window.start, dueAt: utcMs(now + ENDPOINT_WAIT_MS) }, deps)
      return 'done'
    }
    runs.push(run)
    window = windows.after(window)
  }
  const last = runs.at(-1)
  await recordRuns(record, runs, { from: last ? behind(last) : from }, deps)
  return 'done'
}

const behind = ({ start }: UtcRange) => utcMs(start + 1)

/** True when the newest window of the history has no endpoint already. */
async function isKnownToWait({ schedule }: ScheduleRecord, { resources }: SchedulesDeps): Promise<boolean> {
  const [newest] = (await resources.listScheduleRuns(schedule.id, { limit: 1 })).items
  return newest?.failure?.code === NO_ENDPOINT
}

/** Makes the job of a window, unless that has been done before. */
async function jobFor(
  schedule: HarvestSchedule,
  window: ScheduledWindow,
  deps: SchedulesDeps,
): Promise<JobOutcome | 'quota'> {
  const { resources, extent } = deps
  const { originEndpointId, options } = schedule
  const endpoint = await resources.originEndpointById(originEndpointId)
  if (!endpoint) return failed(NO_ENDPOINT, `There is no origin endpoint ${quoteValue(originEndpointId)}.`)
  const content = await extent(endpoint)
  const span = content ? partLeft(window.job, content, endpoint) : window.job
  if ('failure' in span) return span
  const rest = () => ({
    originEndpointId,
    // A policy that wants the window whole is told what it lacks.
    startTime: isoDateTime(options.gapPolicy === 'FAIL' ? window.job.start : span.start),
    endTime: isoDateTime(span.end),
    s3Destination: scheduledDestination(schedule, window, endpoint.channelId),
  })
  const maker = { scheduleId: schedule.id }
  return makeJob(deps, { id: scheduledJobId(schedule, window), rest, options, maker })
}

/** What can still be harvested of a span. */
function partLeft(span: UtcRange, content: UtcRange, endpoint: OriginEndpoint): UtcRange | { failure: HarvestFailure } {
  const usable = usableSpan(content, endpoint)
  if (span.end > usable.start) return { start: utcMs(Math.max(span.start, usable.start)), end: span.end }
  return { failure: lateFailure(span.end, content, endpoint) }
}

/** Where a schedule goes on: at the first window that begins from then on, and when, if not when that has passed. */
type Continuation = { readonly from: UtcMs; readonly dueAt?: UtcMs }

/**
 * Records what became of windows, and moves the schedule on. A schedule that was changed meanwhile goes on as it is
 * now, if nobody has recorded them yet.
 */
async function recordRuns(
  record: ScheduleRecord,
  runs: readonly ScheduleRun[],
  { from, dueAt }: Continuation,
  { resources, account, clock, log }: SchedulesDeps,
): Promise<void> {
  const { id } = record.schedule
  const missed = runs.filter(({ jobId }) => jobId === undefined)
  for (let current = record; ; ) {
    const { schedule, revision } = current
    const event = missed.length > 0 && missedEvent(schedule, missed, account, { id: randomUUID(), at: clock() })
    const isSame = schedule.originEndpointId === record.schedule.originEndpointId && !schedule.isStopped
    const position = { ...positionFrom(schedule, from), ...(dueAt !== undefined && isSame && { dueAt }) }
    const outcome = { runs, position, ...(event && { event }) }
    if ((await resources.recordScheduleRuns({ id, revision }, outcome)) === 'recorded') break
    const newest = await resources.harvestScheduleById(id)
    if (!newest || newest.next !== record.next) return
    current = newest
  }
  const [first] = missed
  if (!first) return
  const about = { event: 'harvest-schedule-missed', harvestSchedule: id, windows: missed.length } as const
  const { code, message: reason } = first.failure ?? {}
  log.warn(
    { ...about, from: isoDateTime(first.start), code, reason },
    'no harvest job could be made for windows of a schedule',
  )
}
