import type { HarvestRecord } from '../model/harvest-run.ts'
import { quoteValue } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import { type ControlContext, HARVEST_JOB_KEPT_MS } from './control-context.ts'

/** The job with an id, as long as jobs are kept. Throws ApiError. */
export async function existingHarvestJob(
  { resources, clock }: Pick<ControlContext, 'resources' | 'clock'>,
  id: string,
): Promise<HarvestRecord> {
  const job = await resources.harvestJobById(id)
  if (job && job.createdAt > clock() - HARVEST_JOB_KEPT_MS) return job
  throw new ApiError('NotFoundException', `There is no harvest job with the id ${quoteValue(id)}`)
}
