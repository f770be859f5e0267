import type { UtcMs } from '../../media/time.ts'
import type { ServiceEvent } from '../../model/event.ts'
import type { HarvestJob, HarvestJobStatus, HarvestOutcome } from '../../model/harvest-job.ts'
import type { PageRequest } from '../resources.ts'
import type { Database } from './database.ts'
import { eventOperations } from './events.ts'
import type { Operations } from './operations.ts'
import { parsed, readPage } from './page.ts'

type Body = { body: string }

export function harvestJobOperations(db: Database) {
  const events = eventOperations(db)
  return {
    createHarvestJob(job: HarvestJob, limits: { maxInProgress: number; idFreeAfterMs: number }) {
      const sql = 'SELECT created_at, status FROM harvest_job WHERE id = ?'
      const earlier = db.get<{ created_at: number; status: HarvestJobStatus }>(sql, job.id)
      const isTaken =
        earlier?.status === 'IN_PROGRESS' || job.createdAt - (earlier?.created_at ?? -Infinity) < limits.idFreeAfterMs
      if (isTaken) return 'duplicate'
      const running =
        db.get<{ n: number }>("SELECT count(*) AS n FROM harvest_job WHERE status = 'IN_PROGRESS'")?.n ?? 0
      if (running >= limits.maxInProgress) return 'quota'
      db.run('DELETE FROM harvest_job WHERE id = ?', job.id)
      db.run(
        `INSERT INTO harvest_job
           (id, channel_id, channel_guid, status, created_at, window_start, window_end, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
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
    },

    harvestJobById: (id: string) => parsed<HarvestJob>(db.get<Body>('SELECT body FROM harvest_job WHERE id = ?', id)),

    listHarvestJobs: ({
      channelId,
      status,
      createdAfter,
      ...page
    }: PageRequest & { channelId?: string; status?: HarvestJobStatus; createdAfter: UtcMs }) =>
      readPage<HarvestJob>(db, 'harvest_job', page, {
        'channel_id = ?': channelId,
        'status = ?': status,
        'created_at > ?': createdAfter,
      }),

    harvestJobsInProgress: () =>
      db
        .all<Body>(
          "SELECT body FROM harvest_job INDEXED BY harvest_job_in_progress WHERE status = 'IN_PROGRESS' ORDER BY seq",
        )
        .map(({ body }) => JSON.parse(body) as HarvestJob),

    finishHarvestJob(id: string, outcome: HarvestOutcome, event: ServiceEvent) {
      const row = db.get<Body>("SELECT body FROM harvest_job WHERE id = ? AND status = 'IN_PROGRESS'", id)
      if (!row) return 'not-in-progress'
      const job = { ...(JSON.parse(row.body) as HarvestJob), status: outcome.status }
      db.run('UPDATE harvest_job SET status = ?, body = ? WHERE id = ?', outcome.status, JSON.stringify(job), id)
      events.appendEvent(event)
      return 'finished'
    },
  } satisfies Partial<Operations>
}
