import { isoDateTime, type UtcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestForecast } from '../model/harvest-forecast.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestRange } from '../model/harvest-job.ts'
import { type Loss, lossesWithin } from '../model/harvest-losses.ts'
import type { HarvestPlan, HarvestRecord, PlannedRange, TrackProgress } from '../model/harvest-run.ts'
import { describedFrames } from '../model/shown-frames.ts'
import { describedOptions } from './described-options.ts'
import type {
  FailureReport,
  ForecastReport,
  HarvestReport,
  LossReport,
  ProgressReport,
  RangeReport,
} from './harvest-operations.ts'

/** The most losses that a response lists. */
const MOST_LOSSES = 100

const isoIf = (time: UtcMs | undefined) => (time === undefined ? undefined : isoDateTime(time))

/** A job as `/windrow/v1/harvest_jobs/{id}` describes it. Undefined members are left out. */
export function harvestReport(job: HarvestRecord, account: Account, now: UtcMs): HarvestReport {
  const { run } = job
  const { state } = run
  const isWaiting = state === 'QUEUED' && run.notBefore > now
  return {
    id: job.id,
    arn: arnOf(account, 'harvest_jobs', job.id),
    channelId: job.channelId,
    originEndpointId: job.originEndpointId,
    startTime: job.startTime,
    endTime: job.endTime,
    ranges: job.ranges?.map((range, i) =>
      rangeReport(range, run.cursor?.plan?.ranges?.[i], run.cursor?.writtenByRange?.[i]),
    ),
    s3Destination: job.s3Destination,
    scheduleId: job.scheduleId,
    ruleId: job.ruleId,
    createdAt: isoDateTime(job.createdAt),
    status: job.status,
    clipId: job.clip,
    ...describedOptions(job.options ?? DEFAULT_HARVEST_OPTIONS),
    state: run.cancelling && job.status === 'IN_PROGRESS' ? 'CANCELLING' : state,
    attempts: run.attempts,
    worker: state === 'RUNNING' ? run.owner : undefined,
    nextAttemptAt: isWaiting ? isoDateTime(run.notBefore) : undefined,
    startedAt: isoIf(run.startedAt),
    endedAt: isoIf(run.endedAt),
    progress: progressOf(job, now),
    ...contentOf(run.cursor?.plan),
    copyRefusal: run.cursor?.copyRefusal,
    lost: run.cursor?.plan && lostOf(run.cursor.plan, run.cursor.losses ?? []),
    failure: run.failure && failureOf(run.failure),
  }
}

/** The response of a preflight. */
export function forecastReport({ failures, isWaiting, overwrites, plan, tracks }: HarvestForecast): ForecastReport {
  return {
    wouldSucceed: failures.length === 0,
    failures: failures.map(failureOf),
    waitsForLiveEdge: isWaiting,
    overwritesParentManifest: overwrites,
    ...contentOf(plan),
    segments: plan?.segments,
    manifests: plan?.manifests,
    tracks: tracks?.map(({ name, segments }) => ({ name, segments })),
    ranges: plan?.ranges?.map((range) => ({ ...shownOf(range), segments: range.segments })),
  }
}

function failureOf({ code, message, nearest }: HarvestFailure): FailureReport {
  const nearestWindow = nearest && { startTime: isoDateTime(nearest.start), endTime: isoDateTime(nearest.end) }
  return { code, message, nearestWindow }
}

type ContentReport = Pick<HarvestReport, keyof ShownReport | 'gaps' | 'gapCount'>
type ShownReport = Pick<RangeReport, 'firstProgramDateTime' | 'lastProgramDateTime' | 'shown'>

/** The actual beginning and end of the asset, and its gaps. */
function contentOf(plan: HarvestPlan | undefined): ContentReport {
  if (!plan) return {}
  return {
    firstProgramDateTime: isoDateTime(plan.content.start),
    lastProgramDateTime: isoDateTime(plan.content.end),
    shown: plan.shown && describedFrames(plan.shown),
    gaps: plan.gaps.map(({ start, end, track, range }) => ({
      startTime: isoDateTime(start),
      endTime: isoDateTime(end),
      track,
      range,
    })),
    gapCount: plan.gapCount,
  }
}

function shownOf(planned: PlannedRange | undefined): ShownReport {
  return {
    firstProgramDateTime: isoIf(planned?.content.start),
    lastProgramDateTime: isoIf(planned?.content.end),
    shown: planned?.shown && describedFrames(planned.shown),
  }
}

/** What was asked for of a range, what the asset shows of it, and how many of the files of its segments are there. */
function rangeReport(
  { originEndpointId, startTime, endTime }: HarvestRange,
  planned: PlannedRange | undefined,
  written = 0,
): RangeReport {
  return {
    originEndpointId,
    startTime,
    endTime,
    ...shownOf(planned),
    segments: { planned: planned?.segments, written },
  }
}

/** What the archive had lost of the asset, and what stands in its place. */
function lostOf(plan: HarvestPlan, losses: readonly Loss[]): readonly LossReport[] {
  return lossesWithin(plan, losses)
    .slice(0, MOST_LOSSES)
    .map(({ key, reason, track, start, end, replacement }) => ({
      sourceObject: key,
      reason,
      track,
      startTime: isoDateTime(start),
      endTime: isoDateTime(end),
      replacedBy: replacement?.key,
    }))
}

function progressOf({ run, status, end }: HarvestRecord, now: UtcMs): ProgressReport | undefined {
  const { cursor } = run
  if (!cursor) return undefined
  const sum = (of: (track: TrackProgress) => number) => cursor.tracks.reduce((total, track) => total + of(track), 0)
  const written = sum((track) => track.written)
  const isRunning = status === 'IN_PROGRESS' && run.state === 'RUNNING'
  const rate = isRunning ? cursor.rate : undefined
  // Until the window's end, the stream determines the time left.
  const untilEnd = cursor.plan ? 0 : Math.max(0, (end - now) / 1000)
  const left =
    cursor.plan && rate && rate.segmentsPerSecond > 0
      ? (cursor.plan.segments - written) / rate.segmentsPerSecond
      : undefined
  return {
    segments: { planned: cursor.plan?.segments, written },
    objects: cursor.objects,
    bytes: cursor.bytes,
    takenOver: cursor.taken,
    tracks: cursor.tracks,
    making: isRunning ? cursor.making : undefined,
    bytesPerSecond: rate?.bytesPerSecond,
    secondsLeft: isRunning ? Math.ceil(untilEnd > 0 ? untilEnd : (left ?? 0)) : undefined,
  }
}
