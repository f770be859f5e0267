import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { assetEndpoint, checkAsServed } from '../model/asset-encryption.ts'
import { expandedKey, type PatternValues } from '../model/destination-pattern.ts'
import type { HarvestJob, HarvestOptions, JobMaker, S3Destination } from '../model/harvest-job.ts'
import {
  checkCut,
  checkDestination,
  checkHarvestable,
  checkHarvestWindow,
  longestWindowMs,
  parsedInstant,
  usableSpan,
} from '../model/harvest-request.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { checkedId, quoteValue, refuse } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from './control-context.ts'
import type { GivenRange } from './given-ranges.ts'
import type { OperationInput } from './mediapackage-v1/api.ts'

export type RequestContext = Pick<ControlContext, 'resources' | 'clock' | 'extent'>

/** A job, and the range that can be harvested of its endpoint now. */
export type RequestedJob = { readonly job: HarvestJob; readonly usable: UtcRange }

/** The members of a request besides its ranges. */
export type JobMembers = Omit<OperationInput<'CreateHarvestJob'>, keyof GivenRange>

/**
 * The job a client asks for, a schedule or a rule, and the range that can be harvested of its endpoint now. Throws
 * ApiError or RuleViolation.
 */
export async function requestedJob(
  context: RequestContext,
  { id, s3Destination: given, ...range }: OperationInput<'CreateHarvestJob'>,
  options?: HarvestOptions,
  maker: JobMaker = {},
): Promise<RequestedJob> {
  checkedId('id', id)
  const asked = await askedRange(context, range)
  const { endpoint, start, end } = asked
  const s3Destination = options
    ? expanded(given, { channel: endpoint.channelId, endpoint: endpoint.id, id, start, end })
    : given
  checkDestination(s3Destination, endpoint, options?.deliverables)
  checkCut(endpoint, options)
  checkAsServed(endpoint, options)
  const usable = await usableOf(context, asked, { longestMs: longestWindowMs(maker) })
  return { job: { ...jobFor(context, { id, s3Destination }, asked, options), ...maker }, usable }
}

/** What a request asks of an endpoint. */
export type AskedRange = GivenRange & {
  readonly endpoint: OriginEndpoint
  readonly start: UtcMs
  readonly end: UtcMs
}

/** `within` is the path of the member that the range is in, if any, as in `ranges[1].`. Throws RuleViolation. */
export async function askedRange(
  { resources }: Pick<RequestContext, 'resources'>,
  { originEndpointId, startTime, endTime }: GivenRange,
  within = '',
): Promise<AskedRange> {
  const start = parsedInstant(`${within}startTime`, startTime)
  const end = parsedInstant(`${within}endTime`, endTime)
  const endpoint = await harvestableEndpoint(resources, originEndpointId, within)
  return { originEndpointId, startTime, endTime, endpoint, start, end }
}

/** The origin endpoint that a request names. Throws RuleViolation unless it is there and can be harvested. */
export async function harvestableEndpoint(
  resources: Pick<RequestContext['resources'], 'originEndpointById'>,
  id: string,
  within = '',
): Promise<OriginEndpoint> {
  const endpoint = await resources.originEndpointById(id)
  if (!endpoint) {
    return refuse(`${within}originEndpointId`, `there is no origin endpoint with the id ${quoteValue(id)}`)
  }
  checkHarvestable(endpoint, within)
  return endpoint
}

/** The range that can be harvested of an endpoint now. Throws RuleViolation for a range that no job can have. */
export async function usableOf(
  { clock, extent }: RequestContext,
  asked: AskedRange,
  limits: { readonly longestMs: number; readonly within?: string },
): Promise<UtcRange> {
  const { endpoint } = asked
  const content = (await extent(endpoint)) ?? { start: utcMs(0), end: clock() }
  const usable = usableSpan(content, endpoint)
  checkHarvestWindow(asked, usable, endpoint, limits)
  return usable
}

/** A job for a range. */
export function jobFor(
  { clock }: Pick<RequestContext, 'clock'>,
  { id, s3Destination }: JobMembers,
  { endpoint, originEndpointId, startTime, endTime, start, end }: AskedRange,
  options?: HarvestOptions,
): HarvestJob {
  return {
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
    endpoint: assetEndpoint(endpoint, options),
    ...(options && { options }),
  }
}

/** Patterns are Windrow's own: to clients of MediaPackage, braces are characters like any others. */
export function expanded(destination: S3Destination, values: PatternValues): S3Destination {
  const manifestKey = expandedKey('s3Destination.manifestKey', destination.manifestKey, values)
  return { ...destination, manifestKey }
}

type Storing = Pick<ControlContext, 'resources' | 'limits' | 'harvest'>

/** Jobs that begin later by the source's clock are due when their windows have begun. */
const dueAt = ({ job, usable }: RequestedJob) =>
  job.start <= usable.end ? job.createdAt : utcMs(Math.max(job.createdAt, job.start))

/** Stores the job and notifies the harvester, unless there is one with its id, or there are too many. */
export async function submitJob({ resources, limits, harvest }: Storing, requested: RequestedJob) {
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
export async function createJob(context: Storing, requested: RequestedJob): Promise<void> {
  const { job } = requested
  const result = await submitJob(context, requested)
  if (result === 'duplicate') refuse('id', `a harvest job with the id ${quoteValue(job.id)} already exists`)
  if (result === 'no-clip') throw new ApiError('NotFoundException', `The clip ${quoteValue(job.clip!)} has ended`)
  if (result === 'quota') {
    const { maxHarvestJobsInProgress, maxHarvestJobsScheduled } = context.limits
    const most =
      dueAt(requested) > job.createdAt
        ? `${maxHarvestJobsScheduled} harvest jobs that begin in the future`
        : `${maxHarvestJobsInProgress} harvest jobs in progress`
    throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${most}`)
  }
}
