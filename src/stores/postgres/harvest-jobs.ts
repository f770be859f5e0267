import type { HarvestJob, HarvestJobStatus } from '../../model/harvest-job.ts'
import type { Resources } from '../resources.ts'
import type { Database } from './database.ts'
import { writeEvent } from './events.ts'
import { readPage } from './page.ts'

type Body = { body: HarvestJob }
type Earlier = { created_at: number; status: HarvestJobStatus }

export function harvestJobOperations(db: Database) {
  return {
    createHarvestJob: (job, { maxInProgress, idFreeAfterMs }) =>
      db.transaction(async (transaction) => {
        await transaction.lock('harvestJobs')
        const sql = 'SELECT created_at, status FROM windrow.harvest_job WHERE id = $1'
        const earlier = await transaction.get<Earlier>(sql, job.id)
        const age = job.createdAt - (earlier?.created_at ?? -Infinity)
        if (earlier?.status === 'IN_PROGRESS' || age < idFreeAfterMs) return 'duplicate'
        const running = await transaction.get<{ n: number }>(
          "SELECT count(*) AS n FROM windrow.harvest_job WHERE status = 'IN_PROGRESS'",
        )
        if ((running?.n ?? 0) >= maxInProgress) return 'quota'
        await transaction.run('DELETE FROM windrow.harvest_job WHERE id = $1', job.id)
        await transaction.run(
          `INSERT INTO windrow.harvest_job
             (id, channel_id, channel_guid, status, created_at, window_start, window_end, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          job.id,
          job.channelId,
          job.endpoint.channelGuid,
          job.status,
          job.createdAt,
          job.start,
          job.end,
          JSON.stringify(job),
        )
        return 'created'
      }),

    harvestJobById: async (id) => (await db.get<Body>('SELECT body FROM windrow.harvest_job WHERE id = $1', id))?.body,

    listHarvestJobs: ({ channelId, status, createdAfter, ...page }) =>
      readPage<HarvestJob>(db, 'harvest_job', page, {
        'channel_id =': channelId,
        'status =': status,
        'created_at >': createdAfter,
      }),

    async harvestJobsInProgress() {
      const sql = "SELECT body FROM windrow.harvest_job WHERE status = 'IN_PROGRESS' ORDER BY seq"
      return (await db.all<Body>(sql)).map(({ body }) => body)
    },

    finishHarvestJob: (id, outcome, event) =>
      db.transaction(async (transaction) => {
        const sql = "SELECT body FROM windrow.harvest_job WHERE id = $1 AND status = 'IN_PROGRESS' FOR UPDATE"
        const row = await transaction.get<Body>(sql, id)
        if (!row) return 'not-in-progress'
        const job: HarvestJob = { ...row.body, status: outcome.status }
        await transaction.run(
          'UPDATE windrow.harvest_job SET status = $1, body = $2 WHERE id = $3',
          outcome.status,
          JSON.stringify(job),
          id,
        )
        await writeEvent(transaction, event)
        return 'finished'
      }),
  } satisfies Partial<Resources>
}
