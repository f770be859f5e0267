import type { HarvestJob } from '../../model/harvest-job.ts'
import type { Buckets } from '../../stores/buckets.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'

/** Objects deleted before their records are. */
const STEP = 500

export type Cleaner = {
  readonly buckets: Buckets
  readonly resources: Pick<HarvestRecords, 'abandonedBucketKeys' | 'forgetBucketKeys'>
}

/**
 * Deletes at most `limit` objects that a job which ended without success may have written, except those that are also
 * part of another job's asset.
 * @returns the names deleted; fewer than `limit` when none are left
 * @throws BucketRefused
 */
export async function removeLeftovers(
  job: HarvestJob,
  { buckets, resources }: Cleaner,
  limit: number,
  signal: AbortSignal,
): Promise<number> {
  const bucket = await buckets.open(job.s3Destination, signal)
  let removed = 0
  while (removed < limit) {
    const keys = await resources.abandonedBucketKeys(job.id, Math.min(STEP, limit - removed))
    if (keys.length === 0) break
    await bucket.remove(keys, signal)
    await resources.forgetBucketKeys(job.id, keys)
    removed += keys.length
  }
  return removed
}
