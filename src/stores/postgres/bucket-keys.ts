import type { Resources } from '../resources.ts'
import type { Database } from './database.ts'

type Owner = { key: string; job_id: string }

/** The ledger of names in buckets: which job wrote which, for which endpoint. */
export function bucketKeyOperations(db: Database) {
  return {
    claimBucketKeys: ({ bucket, keys, jobId, endpointGuid }) =>
      db.transaction(async (transaction) => {
        await transaction.run('SAVEPOINT before_claim')
        // Two claims that meet take the names in the same order, so the second waits at the first they share.
        await transaction.run(
          `INSERT INTO windrow.bucket_key AS ledger (bucket, key, job_id, endpoint_guid)
           SELECT $1, key, $2, $3 FROM (SELECT DISTINCT unnest($4::text[]) AS key ORDER BY key) AS claimed
           ON CONFLICT (bucket, key) DO UPDATE SET job_id = excluded.job_id
           WHERE ledger.endpoint_guid = excluded.endpoint_guid`,
          bucket,
          jobId,
          endpointGuid,
          keys,
        )
        const owner = await transaction.get<Owner>(
          `SELECT key, job_id FROM windrow.bucket_key
           WHERE bucket = $1 AND key = ANY ($2) AND endpoint_guid <> $3 LIMIT 1`,
          bucket,
          keys,
          endpointGuid,
        )
        if (!owner) return {}
        await transaction.run('ROLLBACK TO before_claim')
        return { owner: { key: owner.key, jobId: owner.job_id } }
      }),
  } satisfies Partial<Resources>
}
