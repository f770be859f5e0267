import { folderOfKey } from '../../model/harvest-job.ts'
import type { BucketKeyOwner, BucketNames, HarvestRecords } from '../harvest-records.ts'
import { DESTINATION, ENDPOINT_GUID } from './body-parts.ts'
import type { PostgresDatabase, Transaction } from './database.ts'

type Owner = { key: string; job_id: string; endpoint_guid: string }

/** Condition on `ledger`: its name belongs to another asset than that with the manifest key `own`. */
const isOfAnotherAsset = (own: string) =>
  `(ledger.manifest_key IS DISTINCT FROM ${own} AND NOT (ledger.manifest_key IS NULL AND ledger.key = ${own})
    AND NOT (NOT ledger.shared AND EXISTS (
      SELECT 1 FROM windrow.harvest_job WHERE id = ledger.job_id AND status = 'FAILED'
        AND ${DESTINATION} ->> 'manifestKey' = ledger.manifest_key)))`

/** Operations on the ledger of names in buckets: which job wrote each name, for which endpoint and which asset. */
export function bucketKeyOperations(db: PostgresDatabase) {
  return {
    bucketKeysOwner: (names) => ownerOf(db, names),

    claimBucketKeys: (claim) =>
      db.transaction(async (transaction) => {
        const { bucket, keys, jobId, endpointGuid, manifestKey } = claim
        await transaction.run('SAVEPOINT before_claim')
        // Concurrent claims take names in the same order, so the second waits at the first name they share.
        await transaction.run(
          `INSERT INTO windrow.bucket_key AS ledger (bucket, key, job_id, endpoint_guid, manifest_key)
           SELECT $1, key, $2, $3, $5 FROM (SELECT DISTINCT unnest($4::text[]) AS key ORDER BY key) AS claimed
           ON CONFLICT (bucket, key) DO UPDATE SET job_id = excluded.job_id, manifest_key = excluded.manifest_key,
             shared = ledger.shared OR (ledger.job_id <> excluded.job_id AND NOT EXISTS (
               SELECT 1 FROM windrow.harvest_job WHERE id = ledger.job_id AND status = 'FAILED'))
           WHERE ledger.endpoint_guid = excluded.endpoint_guid AND NOT ${isOfAnotherAsset('excluded.manifest_key')}`,
          bucket,
          jobId,
          endpointGuid,
          keys,
          manifestKey,
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

async function ownerOf(asked: PostgresDatabase | Transaction, names: BucketNames): Promise<{ owner?: BucketKeyOwner }> {
  const { bucket, keys, endpointGuid, manifestKey, isAlone } = names
  const found = await asked.get<Owner>(
    `SELECT key, job_id, endpoint_guid FROM windrow.bucket_key AS ledger
     WHERE bucket = $1 AND key = ANY ($2) AND (endpoint_guid <> $3 OR ${isOfAnotherAsset('$4')})
     ORDER BY endpoint_guid = $3 LIMIT 1`,
    bucket,
    keys,
    endpointGuid,
    manifestKey,
  )
  if (found) {
    const by = found.endpoint_guid === endpointGuid ? 'another asset' : 'another endpoint'
    return { owner: { key: found.key, jobId: found.job_id, by } }
  }
  return isAlone ? unsettledOwner(asked, names) : {}
}

async function unsettledOwner(
  asked: PostgresDatabase | Transaction,
  { bucket, endpointGuid, manifestKey }: BucketNames,
): Promise<{ owner?: BucketKeyOwner }> {
  const jobs = await asked.all<{ id: string; key: string }>(
    `SELECT id, ${DESTINATION} ->> 'manifestKey' AS key FROM windrow.harvest_job
     WHERE status = 'IN_PROGRESS' AND cursor -> 'plan' IS NULL AND cursor #> '{names,segments}' IS NULL
       AND (cursor -> 'names' IS NOT NULL OR (cursor ->> 'objects')::bigint > 0)
       AND ${DESTINATION} ->> 'bucketName' = $1 AND ${ENDPOINT_GUID} = $2
       AND ${DESTINATION} ->> 'manifestKey' <> $3`,
    bucket,
    endpointGuid,
    manifestKey,
  )
  const job = jobs.find(({ key }) => folderOfKey(key) === folderOfKey(manifestKey))
  return job ? { owner: { key: job.key, jobId: job.id, by: 'an unsettled asset' } } : {}
}
