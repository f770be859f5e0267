import { type HarvestJob, statusAfter } from '../../model/harvest-job.ts'
import type { HarvestObject } from '../../model/harvest-run.ts'
import { type HarvestJobRow, harvestRecord, RECORD_COLUMNS } from '../harvest-record.ts'
import type { HarvestClaim, HarvestRecords } from '../harvest-records.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { writeEvent } from './events.ts'
import { isLeaseOver } from './lease-over.ts'

type Held = { seq: number; cancelling: boolean; body: HarvestJob }

/** Operations with which workers of several processes claim and run harvest jobs. */
export function harvestLeaseOperations(db: PostgresDatabase) {
  return {
    async claimHarvestJob({ owner, now, date = now, leaseMs, except = [] }) {
      // A row that another claim, or the job's own checkpoint, is currently writing is skipped.
      const row = await db.get<HarvestJobRow>(
        `UPDATE windrow.harvest_job SET state = 'RUNNING', owner = $1, lease_until = $2::bigint + $3, fence = fence + 1,
           attempts = attempts + 1, failures = failures + (state = 'RUNNING')::int,
           started_at = coalesce(started_at, $5::bigint)
         WHERE seq = (
           SELECT seq FROM windrow.harvest_job
           WHERE status = 'IN_PROGRESS'
             AND (state = 'QUEUED' AND not_before <= $5::bigint
               OR state = 'RUNNING' AND ${isLeaseOver('$2', '$5', '$3')})
             AND id NOT IN (SELECT jsonb_array_elements_text($4::jsonb))
           ORDER BY seq FOR UPDATE SKIP LOCKED LIMIT 1)
         RETURNING ${RECORD_COLUMNS}`,
        owner,
        now,
        leaseMs,
        JSON.stringify(except),
        date,
      )
      const job = row && harvestRecord(row)
      if (job) db.tellSoon({ kind: 'harvestJob', id: job.id })
      return job
    },

    async checkpointHarvestJob(claim, { now, leaseMs, cursor, objects = [], completing = false }) {
      const answer = await db.transaction(async (transaction) => {
        const job = await held(transaction, claim)
        if (!job) return 'lost'
        await transaction.run(
          `UPDATE windrow.harvest_job SET lease_until = $1, cursor = coalesce($2, cursor),
             failures = CASE WHEN $3 THEN 0 ELSE failures END, completing = completing OR ($4 AND NOT cancelling)
           WHERE seq = $5`,
          now + leaseMs,
          cursor ? JSON.stringify(cursor) : null,
          objects.length > 0,
          completing,
          job.seq,
        )
        if (objects.length > 0) await recordObjects(transaction, job.seq, objects)
        return job.cancelling ? 'cancelling' : 'kept'
      })
      // To renew the lease alone changes nothing that anybody sees.
      const isNews = cursor !== undefined || objects.length > 0 || completing
      if (isNews && answer !== 'lost') db.tellSoon({ kind: 'harvestJob', id: claim.id })
      return answer
    },

    releaseHarvestJob: (claim, { notBefore, failure }) =>
      db.transaction(async (transaction) => {
        const job = await held(transaction, claim)
        if (!job) return 'lost'
        await transaction.run(
          `UPDATE windrow.harvest_job SET state = 'QUEUED', owner = NULL, lease_until = NULL, not_before = $1,
             failure = coalesce($2, failure), failures = failures + $3 WHERE seq = $4`,
          job.cancelling ? 0 : notBefore,
          failure ? JSON.stringify(failure) : null,
          failure ? 1 : 0,
          job.seq,
        )
        transaction.changes.push({ kind: 'harvestJob', id: claim.id })
        return 'released'
      }),

    finishHarvestJob: (claim, { at, outcome, event }) =>
      db.transaction(async (transaction) => {
        const job = await held(transaction, claim)
        if (!job) return 'lost'
        const status = statusAfter(outcome)
        await transaction.run(
          `UPDATE windrow.harvest_job SET status = $1, state = $2, failure = $3, ended_at = $4, lease_until = NULL,
             body = $5 WHERE seq = $6`,
          status,
          outcome.state,
          outcome.state === 'SUCCEEDED' ? null : JSON.stringify(outcome.failure),
          at,
          JSON.stringify({ ...job.body, status }),
          job.seq,
        )
        transaction.changes.push({ kind: 'harvestJob', id: claim.id })
        await writeEvent(transaction, event)
        return 'finished'
      }),
  } satisfies Partial<HarvestRecords>
}

/**
 * The job's row, locked until the transaction ends; undefined when another worker has claimed it, or it has ended.
 */
const held = (transaction: Transaction, { id, fence }: HarvestClaim) =>
  transaction.get<Held>(
    `SELECT seq, cancelling, body FROM windrow.harvest_job
     WHERE id = $1 AND fence = $2 AND state = 'RUNNING' FOR UPDATE`,
    id,
    fence,
  )

async function recordObjects(transaction: Transaction, job: number, objects: readonly HarvestObject[]): Promise<void> {
  // One statement cannot write a row twice: for each key, the last object counts.
  const latest = [...new Map(objects.map((object) => [object.key, object])).values()]
  await transaction.run(
    `INSERT INTO windrow.harvest_object (job, key, size, sha256)
     SELECT $1, key, size, sha256 FROM unnest($2::text[], $3::bigint[], $4::text[]) AS written (key, size, sha256)
     ON CONFLICT (job, key) DO UPDATE SET size = excluded.size, sha256 = excluded.sha256`,
    job,
    latest.map(({ key }) => key),
    latest.map(({ size }) => String(size)),
    latest.map(({ sha256 }) => sha256),
  )
}
