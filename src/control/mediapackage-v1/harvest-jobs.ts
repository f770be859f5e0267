import { isoDateTime, utcMs } from '../../media/time.ts'
import { arnOf } from '../../model/arn.ts'
import type { HarvestJob, HarvestJobStatus } from '../../model/harvest-job.ts'
import { checkHarvestEnd } from '../../model/harvest-request.ts'
import { quoteValue } from '../../model/rules.ts'
import { ApiError } from '../api-error.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from '../control-context.ts'
import { createJob, requestedJob } from '../new-harvest-job.ts'
import type { Handlers, OperationOutput } from './api.ts'

type HarvestJobOperation = 'CreateHarvestJob' | 'DescribeHarvestJob' | 'ListHarvestJobs'

export function harvestJobHandlers(context: ControlContext): Handlers<HarvestJobOperation> {
  const { resources, clock, pages } = context

  function described(job: HarvestJob): OperationOutput<'DescribeHarvestJob'> {
    return {
      ...job,
      arn: arnOf(context.account, 'harvest_jobs', job.id),
      createdAt: isoDateTime(job.createdAt),
    }
  }

  return {
    async CreateHarvestJob(input) {
      const requested = await requestedJob(context, input)
      const { job, usable } = requested
      // A source whose clock is ahead has content that only seems to be in the future.
      checkHarvestEnd(job, usable, utcMs(Math.max(job.createdAt, usable.end)))
      await createJob(context, requested)
      return described(job)
    },

    async DescribeHarvestJob({ id }) {
      const job = await resources.harvestJobById(id)
      if (!job || job.createdAt <= clock() - HARVEST_JOB_KEPT_MS) {
        throw new ApiError('NotFoundException', `There is no harvest job with the id ${quoteValue(id)}`)
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
