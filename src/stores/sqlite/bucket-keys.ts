import { folderOfKey } from '../../model/harvest-job.ts'
import type { BucketKeyOwner, BucketNames } from '../harvest-records.ts'
import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Owner = { key: string; job_id: string; endpoint_guid: string }

/** Operations on the ledger of names in buckets: which job wrote each name, for which endpoint and which asset. */
export function bucketKeyOperations(db: SqliteDatabase) {
  const ownerOf = ({ bucket, keys, endpointGuid, manifestKey }: BucketNames): BucketKeyOwner | undefined => {
    const owner = db.get<Owner>(
      `SELECT key, job_id, endpoint_guid FROM bucket_key
       WHERE bucket = ?1 AND key IN (SELECT value FROM json_each(?2)) AND (endpoint_guid <> ?3
         OR manifest_key IS NOT ?4 AND NOT (manifest_key IS NULL AND key = ?4) AND NOT (shared = 0 AND EXISTS (
           SELECT 1 FROM harvest_job WHERE id = bucket_key.job_id AND status = 'FAILED'
             AND body ->> '$.s3Destination.manifestKey' = bucket_key.manifest_key)))
       ORDER BY endpoint_guid = ?3 LIMIT 1`,
      bucket,
      JSON.stringify(keys),
      endpointGuid,
      manifestKey,
    )
    if (!owner) return undefined
    const by = owner.endpoint_guid === endpointGuid ? 'another asset' : 'another endpoint'
    return { key: owner.key, jobId: owner.job_id, by }
  }
  const unsettled = ({ bucket, endpointGuid, manifestKey }: BucketNames): BucketKeyOwner | undefined => {
    const job = db
      .all<{ id: string; key: string }>(
        `SELECT id, body ->> '$.s3Destination.manifestKey' AS key FROM harvest_job
         WHERE status = 'IN_PROGRESS' AND cursor -> '$.plan' IS NULL AND cursor -> '$.names.segments' IS NULL
           AND (cursor -> '$.names' IS NOT NULL OR cursor ->> '$.objects' > 0)
           AND body ->> '$.s3Destination.bucketName' = ? AND body ->> '$.endpoint.guid' = ?
           AND body ->> '$.s3Destination.manifestKey' <> ?`,
        bucket,
        endpointGuid,
        manifestKey,
      )
      .find(({ key }) => folderOfKey(key) === folderOfKey(manifestKey))
    return job && { key: job.key, jobId: job.id, by: 'an unsettled asset' }
  }
  const bucketKeysOwner = (names: BucketNames): { owner?: BucketKeyOwner } => {
    const owner = ownerOf(names) ?? (names.isAlone && unsettled(names))
    return owner ? { owner } : {}
  }

  return {
    bucketKeysOwner,

    claimBucketKeys(claim: BucketNames & { jobId: string }) {
      const refused = bucketKeysOwner(claim)
      if (refused.owner) return refused
      db.run(
        // WHERE true tells SQLite's parser that ON belongs to the INSERT.
        `INSERT INTO bucket_key (bucket, key, job_id, endpoint_guid, manifest_key, shared)
         SELECT ?, value, ?, ?, ?, 0 FROM json_each(?) WHERE true
         ON CONFLICT (bucket, key) DO UPDATE SET job_id = excluded.job_id, manifest_key = excluded.manifest_key,
           shared = shared OR (job_id <> excluded.job_id AND NOT EXISTS (
             SELECT 1 FROM harvest_job WHERE id = bucket_key.job_id AND status = 'FAILED'))`,
        claim.bucket,
        claim.jobId,
        claim.endpointGuid,
        claim.manifestKey,
        JSON.stringify(claim.keys),
      )
      return {}
    },

    abandonedBucketKeys: (jobId: string, limit: number): readonly string[] =>
      db
        .all<{ key: string }>(
          'SELECT key FROM bucket_key INDEXED BY bucket_key_of_job WHERE job_id = ? AND shared = 0 LIMIT ?',
          jobId,
          limit,
        )
        .map(({ key }) => key),

    forgetBucketKeys(jobId: string, keys: readonly string[]): void {
      const list = JSON.stringify(keys)
      db.run('DELETE FROM bucket_key WHERE job_id = ? AND key IN (SELECT value FROM json_each(?))', jobId, list)
      db.run(
        `DELETE FROM harvest_object WHERE job = (SELECT seq FROM harvest_job WHERE id = ?)
           AND key IN (SELECT value FROM json_each(?))`,
        jobId,
        list,
      )
    },
  } satisfies Partial<Operations>
}
