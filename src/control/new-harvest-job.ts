import { type UtcRange, utcMs } from '../media/time.ts'
import { expandedKey, type PatternValues } from '../model/destination-pattern.ts'
import type { HarvestJob, HarvestOptions, S3Destination } from '../model/harvest-job.ts'
import {
  checkDestination,
  checkHarvestable,
  checkHarvestWindow,
  longestWindowMs,
  parsedInstant,
  usableSpan,
} from '../model/harvest-request.ts'
import { checkedId, quoteValue, refuse } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from './control-context.ts'
import type { OperationInput } from './mediapackage-v1/api.ts'

/**
 * The job a client asks for, or a schedule, and the range that can be harvested of its endpoint now. Throws ApiError or
 * RuleViolation.
 */
export async function requestedJob(
  { resources, clock, extent }: Pick<ControlContext, 'resources' | 'clock' | 'extent'>,
  { id, originEndpointId, startTime, endTime, s3Destination: given }: OperationInput<'CreateHarvestJob'>,
  options?: HarvestOptions,
  scheduleId?: string,
): Promise<{ readonly job: HarvestJob; readonly usable: UtcRange }> {
  checkedId('id', id)
  const start = parsedInstant('startTime', startTime)
  const end = parsedInstant('endTime', endTime)
  const endpoint = await resources.originEndpointById(originEndpointId)
  if (!endpoint) {
    return refuse('originEndpointId', `there is no origin endpoint with the id ${quoteValue(originEndpointId)}`)
  }
  checkHarvestable(endpoint)
  const s3Destination = options
    ? expanded(given, { channel: endpoint.channelId, endpoint: endpoint.id, id, start, end })
    : given
  checkDestination(s3Destination, endpoint, options?.deliverables)
  const content = (await extent(endpoint)) ?? { start: utcMs(0), end: clock() }
  const usable = usableSpan(content, endpoint)
  checkHarvestWindow({ start, end }, usable, endpoint, longestWindowMs({ scheduleId }))
  const job: HarvestJob = {
    id,
    channelId: endpoint.channelId,
    originEndpointId,
    startTime,
    endTime,
    start,
    end,
    s3Destination,
    status: 'IN_PROGRESS',
    createdAt: clock(),
    endpoint,
    ...(options && { options }),
    ...(scheduleId !== undefined && { scheduleId }),
  }
  return { job, usable }
}

/** Patterns are Windrow's own: to clients of MediaPackage, braces are characters like any others. */
function expanded(destination: S3Destination, values: PatternValues): S3Destination {
  const manifestKey = expandedKey('s3Destination.manifestKey', destination.manifestKey, values)
  return { ...destination, manifestKey }
}

type Requested = Awaited<ReturnType<typeof requestedJob>>
type Storing = Pick<ControlContext, 'resources' | 'limits' | 'harvest'>

/** Jobs that begin later by the source's clock are due when their windows have begun. */
const dueAt = ({ job, usable }: Requested) =>
  job.start <= usable.end ? job.createdAt : utcMs(Math.max(job.createdAt, job.start))

/** Stores the job and notifies the harvester, unless there is one with its id, or there are too many. */
export async function submitJob({ resources, limits, harvest }: Storing, requested: Requested) {
  const { job } = requested
  const result = await resources.createHarvestJob(
    job,
    {
      maxInProgress: limits.maxHarvestJobsInProgress,
      maxScheduled: limits.maxHarvestJobsScheduled,
      idFreeAfterMs: HARVEST_JOB_KEPT_MS,
    },
    dueAt(requested),
  )
  if (result === 'created') harvest.changed(job.id)
  return result
}

/** Stores the job a client asks for. Throws ApiError or RuleViolation. */
export async function createJob(context: Storing, requested: Requested): Promise<void> {
  const { job } = requested
  const result = await submitJob(context, requested)
  if (result === 'duplicate') refuse('id', `a harvest job with the id ${quoteValue(job.id)} already exists`)
  if (result === 'quota') {
    const { maxHarvestJobsInProgress, maxHarvestJobsScheduled } = context.limits
    const most =
      dueAt(requested) > job.createdAt
        ? `${maxHarvestJobsScheduled} harvest jobs that begin in the future`
        : `${maxHarvestJobsInProgress} harvest jobs in progress`
    throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${most}`)
  }
}
