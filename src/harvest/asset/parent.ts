import type { HarvestObject } from '../../model/harvest-run.ts'
import { type Bucket, BucketRefused, type PutCondition } from '../../stores/buckets.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { retryTransient, type Sleep } from '../retry.ts'
import type { Checkpoint } from './checkpoint.ts'
import { digested } from './digest.ts'
import type { AssetObject } from './files.ts'

/**
 * Puts the parent manifest, in place of what was under its key when the job first came to this, and of nothing else.
 * Throws HarvestFailed when someone else has written there since, and BucketRefused when it is not there afterwards.
 */
export async function putParent(
  file: AssetObject,
  { bucket, checkpoint, sleep }: { readonly bucket: Bucket; readonly checkpoint: Checkpoint; readonly sleep: Sleep },
  signal: AbortSignal,
): Promise<HarvestObject> {
  if (checkpoint.replacedTag === undefined) {
    const tag = await retryTransient(() => bucket.tagOf(file.key, signal), sleep, signal)
    if (tag !== undefined) checkpoint.willReplace(tag)
  }
  await checkpoint.save({ completing: true })
  const tag = checkpoint.replacedTag
  const condition: PutCondition | undefined = tag === undefined ? undefined : { replaces: tag }
  const body = await digested(await file.body())
  try {
    await retryTransient(() => bucket.put(file.key, body, signal, condition), sleep, signal)
  } catch (error) {
    if (!(error instanceof BucketRefused && error.code === 'Conflict')) throw error
    // It may be this job's own, from an attempt that did not learn that it had succeeded.
    const isOurs = await retryTransient(() => bucket.holds(file.key, body, signal), sleep, signal)
    if (!isOurs) {
      const message = `${file.key} was written by someone else in the meantime, and was left unchanged.`
      throw new HarvestFailed('Overtaken', message)
    }
  }
  const size = await retryTransient(() => bucket.sizeOf(file.key, signal), sleep, signal)
  if (size !== undefined && size !== body.size) {
    const found = size === null ? 'is not there' : `has ${size} bytes instead of ${body.size}`
    const message = `${file.key} was written and acknowledged, and ${found}: what answers for the bucket is not S3.`
    throw new BucketRefused('Unproven', message)
  }
  return { key: file.key, size: body.size, sha256: body.sha256 }
}
