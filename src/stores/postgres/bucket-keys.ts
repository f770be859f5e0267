import type { HarvestRecords } from '../harvest-records.ts'
import type { PostgresDatabase, Transaction } from './database.ts'

type Owner = { key: string; job_id: string }
type Names = { bucket: string; keys: readonly string[]; endpointGuid: string }

/** Operations on the ledger of names in buckets: which job wrote each name, and for which endpoint. */
export function bucketKeyOperations(db: PostgresDatabase) {
  return {
    bucketKeysOwner: (names) => ownerOf(db, names),

    claimBucketKeys: (claim) =>
      db.transaction(async (transaction) => {
        const { bucket, keys, jobId, endpointGuid } = claim
        await transaction.run('SAVEPOINT before_claim')
        // Concurrent claims take names in the same order, so the second waits at the first name they share.
        await transaction.run(
          `INSERT INTO windrow.bucket_key AS ledger (bucket, key, job_id, endpoint_guid)
           SELECT $1, key, $2, $3 FROM (SELECT DISTINCT unnest($4::text[]) AS key ORDER BY key) AS claimed
           ON CONFLICT (bucket, key) DO UPDATE SET job_id = excluded.job_id, shared = ledger.shared OR (
             ledger.job_id <> excluded.job_id AND NOT EXISTS (
               SELECT 1 FROM windrow.harvest_job WHERE id = ledger.job_id AND status = 'FAILED'))
           WHERE ledger.endpoint_guid = excluded.endpoint_guid`,
          bucket,
          jobId,
          endpointGuid,
          keys,
        )
        const refused = await ownerOf(transaction, claim)
        if (refused.owner) await transaction.run('ROLLBACK TO before_claim')
        return refused
      }),

    async abandonedBucketKeys(jobId, limit) {
      const sql = 'SELECT key FROM windrow.bucket_key WHERE job_id = $1 AND NOT shared LIMIT $2'
      return (await db.all<{ key: string }>(sql, jobId, limit)).map(({ key }) => key)
    },

    forgetBucketKeys: (jobId, keys) =>
      db.transaction(async (transaction) => {
        await transaction.run('DELETE FROM windrow.bucket_key WHERE job_id = $1 AND key = ANY ($2)', jobId, keys)
        await transaction.run(
          `DELETE FROM windrow.harvest_object
           WHERE job = (SELECT seq FROM windrow.harvest_job WHERE id = $1) AND key = ANY ($2)`,
          jobId,
          keys,
        )
      }),
  } satisfies Partial<HarvestRecords>
}

async function ownerOf(asked: PostgresDatabase | Transaction, { bucket, keys, endpointGuid }: Names) {
  const owner = await asked.get<Owner>(
    `SELECT key, job_id FROM windrow.bucket_key
     WHERE bucket = $1 AND key = ANY ($2) AND endpoint_guid <> $3 LIMIT 1`,
    bucket,
    keys,
    endpointGuid,
  )
  return owner ? { owner: { key: owner.key, jobId: owner.job_id } } : {}
}
