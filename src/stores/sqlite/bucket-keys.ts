import type { SqliteDatabase } from './database.ts'
import type { Operations } from './synchronous.ts'

type Owner = { key: string; job_id: string }
type Names = { bucket: string; keys: readonly string[]; endpointGuid: string }

/** Operations on the ledger of names in buckets: which job wrote each name, and for which endpoint. */
export function bucketKeyOperations(db: SqliteDatabase) {
  const bucketKeysOwner = ({ bucket, keys, endpointGuid }: Names) => {
    const owner = db.get<Owner>(
      `SELECT key, job_id FROM bucket_key
       WHERE bucket = ? AND key IN (SELECT value FROM json_each(?)) AND endpoint_guid <> ? LIMIT 1`,
      bucket,
      JSON.stringify(keys),
      endpointGuid,
    )
    return owner ? { owner: { key: owner.key, jobId: owner.job_id } } : {}
  }

  return {
    bucketKeysOwner,

    claimBucketKeys(claim: Names & { jobId: string }) {
      const refused = bucketKeysOwner(claim)
      if (refused.owner) return refused
      db.run(
        // WHERE true tells SQLite's parser that ON belongs to the INSERT.
        `INSERT INTO bucket_key (bucket, key, job_id, endpoint_guid, shared)
         SELECT ?, value, ?, ?, 0 FROM json_each(?) WHERE true
         ON CONFLICT (bucket, key) DO UPDATE SET job_id = excluded.job_id, shared = shared OR (
           job_id <> excluded.job_id AND NOT EXISTS (
             SELECT 1 FROM harvest_job WHERE id = bucket_key.job_id AND status = 'FAILED'))`,
        claim.bucket,
        claim.jobId,
        claim.endpointGuid,
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
