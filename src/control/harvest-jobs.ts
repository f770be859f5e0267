import { utcMs } from '../media/time.ts'
import { arnOf } from '../model/arn.ts'
import { ApiError } from '../model/errors.ts'
import type { HarvestJob, HarvestJobStatus } from '../model/harvest-job.ts'
import { checkDestination, checkHarvestable, checkHarvestWindow, parsedInstant } from '../model/harvest-request.ts'
import { checkedId, quoted, refuse } from '../model/rules.ts'
import type { Handlers, Output } from './api.ts'
import { type ControlRoom, HARVEST_JOB_KEPT_MS } from './control-room.ts'

type HarvestJobOperation = 'CreateHarvestJob' | 'DescribeHarvestJob' | 'ListHarvestJobs'

export function harvestJobHandlers(room: ControlRoom): Handlers<HarvestJobOperation> {
  const { resources, clock, limits, pages } = room

  function described(job: HarvestJob): Output<'DescribeHarvestJob'> {
    return {
      ...job,
      arn: arnOf(room.account, 'harvest_jobs', job.id),
      createdAt: new Date(job.createdAt).toISOString(),
    }
  }

  return {
    async CreateHarvestJob({ id, originEndpointId, startTime, endTime, s3Destination }) {
      checkedId('id', id)
      const start = parsedInstant('startTime', startTime)
      const end = parsedInstant('endTime', endTime)
      const endpoint = await resources.originEndpointById(originEndpointId)
      if (!endpoint) {
        return refuse('originEndpointId', `there is no origin endpoint with the id ${quoted(originEndpointId)}`)
      }
      checkHarvestable(endpoint)
      checkDestination(s3Destination, endpoint)
      // A source whose clock is ahead of ours has content that only seems to lie in the future.
      const edge = (await room.extent(endpoint))?.end ?? 0
      const now = clock()
      checkHarvestWindow(start, end, endpoint, utcMs(Math.max(now, edge)))
      const { channelId } = endpoint
      const job: HarvestJob = {
        id,
        channelId,
        originEndpointId,
        startTime,
        endTime,
        start,
        end,
        s3Destination,
        status: 'IN_PROGRESS',
        createdAt: now,
        endpoint,
      }
      const result = await resources.createHarvestJob(job, {
        maxInProgress: limits.maxHarvestJobsInProgress,
        idFreeAfterMs: HARVEST_JOB_KEPT_MS,
      })
      if (result === 'duplicate') refuse('id', `a harvest job with the id ${quoted(id)} exists`)
      if (result === 'quota') {
        const max = limits.maxHarvestJobsInProgress
        throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${max} harvest jobs in progress`)
      }
      room.onHarvestJobCreated(job)
      return described(job)
    },

    async DescribeHarvestJob({ id }) {
      const job = await resources.harvestJobById(id)
      if (!job || job.createdAt <= clock() - HARVEST_JOB_KEPT_MS) {
        throw new ApiError('NotFoundException', `There is no harvest job with the id ${quoted(id)}`)
      }
      return described(job)
    },

    async ListHarvestJobs(input) {
      const { includeChannelId: channelId, includeStatus } = input
      // The reader has refused every other value.
      const status = includeStatus as HarvestJobStatus | undefined
      const listing = ['ListHarvestJobs', channelId, status] as const
      const page = await resources.listHarvestJobs({
        ...pages.request(input, listing),
        ...(channelId !== undefined && { channelId }),
        ...(status !== undefined && { status }),
        createdAfter: utcMs(clock() - HARVEST_JOB_KEPT_MS),
      })
      return { harvestJobs: page.items.map(described), nextToken: pages.token(page, listing) }
    },
  }
}
