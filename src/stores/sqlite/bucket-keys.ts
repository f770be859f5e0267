import type { Database } from './database.ts'
import type { Operations } from './operations.ts'

type Owner = { key: string; job_id: string }

/** The ledger of names in buckets: which job wrote which, for which endpoint. */
export function bucketKeyOperations(db: Database) {
  return {
    claimBucketKeys(claim: { bucket: string; keys: readonly string[]; jobId: string; endpointGuid: string }) {
      const keys = JSON.stringify(claim.keys)
      const owner = db.get<Owner>(
        `SELECT key, job_id FROM bucket_key
         WHERE bucket = ? AND key IN (SELECT value FROM json_each(?)) AND endpoint_guid <> ? LIMIT 1`,
        claim.bucket,
        keys,
        claim.endpointGuid,
      )
      if (owner) return { owner: { key: owner.key, jobId: owner.job_id } }
      db.run(
        `INSERT OR REPLACE INTO bucket_key (bucket, key, job_id, endpoint_guid)
         SELECT ?, value, ?, ? FROM json_each(?)`,
        claim.bucket,
        claim.jobId,
        claim.endpointGuid,
        keys,
      )
      return {}
    },
  } satisfies Partial<Operations>
}
