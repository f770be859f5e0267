import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { ServiceEvent } from '../../model/event.ts'
import type { HarvestFailure } from '../../model/harvest-failure.ts'
import { type HarvestJob, type HarvestJobStatus, type HarvestOutcome, statusAfter } from '../../model/harvest-job.ts'
import type { HarvestCursor, HarvestObject, HarvestRecord } from '../../model/harvest-run.ts'
import { RECORD_COLUMNS } from '../harvest-record.ts'
import type { HarvestClaim, HarvestClaimRequest, HarvestedSpan } from '../harvest-records.ts'
import { type OrderedPageRequest, type PageRequest, seekTo } from '../pages.ts'
import type { SqliteDatabase } from './database.ts'
import { writeEvent } from './events.ts'
import { recordOf, type StoredHarvestJobRow } from './harvest-record.ts'
import type { Changes, Operations } from './synchronous.ts'

type Limits = { maxInProgress: number; maxScheduled: number; idFreeAfterMs: number }

export function harvestJobOperations(db: SqliteDatabase, changes: Changes) {
  const noteChange = (id: string) => changes.note({ kind: 'harvestJob', id })

  const jobsInProgress = (condition: string, at: UtcMs) =>
    db.get<{ n: number }>(
      `SELECT count(*) AS n FROM harvest_job WHERE status = 'IN_PROGRESS' AND not_before ${condition} ?`,
      at,
    )?.n ?? 0

  /** The job's row; undefined when another worker has claimed the job, or it has ended. */
  const held = ({ id, fence }: HarvestClaim) =>
    db.get<{ seq: number; cancelling: number; body: string }>(
      "SELECT seq, cancelling, body FROM harvest_job WHERE id = ? AND fence = ? AND state = 'RUNNING'",
      id,
      fence,
    )

  return {
    createHarvestJob(job: HarvestJob, limits: Limits, notBefore: UtcMs) {
      const sql = 'SELECT created_at, status FROM harvest_job WHERE id = ?'
      const earlier = db.get<{ created_at: number; status: HarvestJobStatus }>(sql, job.id)
      const isTaken =
        earlier?.status === 'IN_PROGRESS' || job.createdAt - (earlier?.created_at ?? -Infinity) < limits.idFreeAfterMs
      if (isTaken) return 'duplicate'
      const isScheduled = notBefore > job.createdAt
      const others = jobsInProgress(isScheduled ? '>' : '<=', job.createdAt)
      if (others >= (isScheduled ? limits.maxScheduled : limits.maxInProgress)) return 'quota'
      const sqlOfClip = 'SELECT 1 FROM clip WHERE id = ? AND pinned_start <= ? AND pinned_end >= ?'
      if (job.clip !== undefined && !db.get(sqlOfClip, job.clip, job.start, job.end)) return 'no-clip'
      db.run('DELETE FROM harvest_job WHERE id = ?', job.id)
      // An earlier job with the id may have an asset: its names are not this job's to give up.
      db.run('UPDATE bucket_key SET shared = 1 WHERE job_id = ?', job.id)
      db.run(
        `INSERT INTO harvest_job
           (id, channel_id, channel_guid, status, created_at, window_start, window_end, not_before, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        job.id,
        job.channelId,
        job.endpoint.channelGuid,
        job.status,
        job.createdAt,
        job.start,
        job.end,
        notBefore,
        JSON.stringify(job),
      )
      noteChange(job.id)
      return 'created'
    },

    harvestJobById(id: string) {
      const row = db.get<StoredHarvestJobRow>(`SELECT ${RECORD_COLUMNS} FROM harvest_job WHERE id = ?`, id)
      return row && recordOf(row)
    },

    listHarvestJobs(page: OrderedPageRequest & { channelId?: string; status?: HarvestJobStatus; createdAfter: UtcMs }) {
      const { comparison, from, order } = seekTo(page)
      const rows = db.all<StoredHarvestJobRow>(
        `SELECT ${RECORD_COLUMNS} FROM harvest_job
         WHERE seq ${comparison} ? AND created_at > ? AND channel_id = coalesce(?, channel_id) AND status = coalesce(?, status)
         ORDER BY ${order} LIMIT ?`,
        from,
        page.createdAfter,
        page.channelId ?? null,
        page.status ?? null,
        page.limit + 1,
      )
      const shown = rows.slice(0, page.limit)
      const items: readonly HarvestRecord[] = shown.map(recordOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.seq) } : { items }
    },

    harvestJobsWithin: (
      channelGuid: string,
      { start, end }: UtcRange,
      createdAfter: UtcMs,
      limit: number,
    ): readonly HarvestedSpan[] =>
      db
        .all<HarvestedSpan>(
          `SELECT id, body ->> '$.originEndpointId' AS originEndpointId, status, window_start AS start,
             window_end AS "end"
           FROM harvest_job INDEXED BY harvest_job_by_window
           WHERE channel_guid = ?1 AND window_end > ?2 AND window_start < ?3 AND created_at > ?4
             AND json_type(body, '$.ranges') IS NULL
           UNION ALL
           SELECT harvest_job.id, range.value ->> 'originEndpointId', status, range.value ->> 'start', range.value ->> 'end'
           FROM harvest_job INDEXED BY harvest_job_of_ranges, json_each(body, '$.ranges') AS range
           WHERE json_type(body, '$.ranges') IS NOT NULL AND created_at > ?4
             AND range.value ->> 'channelGuid' = ?1 AND range.value ->> 'end' > ?2 AND range.value ->> 'start' < ?3
           ORDER BY start, id LIMIT ?5`,
          channelGuid,
          start,
          end,
          createdAfter,
          limit,
        )
        .map((row) => ({ ...row })),

    claimHarvestJob({ owner, now, date = now, leaseMs, except = [] }: HarvestClaimRequest) {
      const row = db.get<StoredHarvestJobRow>(
        `UPDATE harvest_job SET state = 'RUNNING', owner = ?1, lease_until = ?2 + ?3, fence = fence + 1,
           attempts = attempts + 1, failures = failures + (state = 'RUNNING'), started_at = coalesce(started_at, ?5)
         WHERE seq = (
           SELECT seq FROM harvest_job INDEXED BY harvest_job_in_progress
           WHERE status = 'IN_PROGRESS'
             AND (state = 'QUEUED' AND not_before <= ?5 OR state = 'RUNNING' AND lease_until <= ?2)
             AND id NOT IN (SELECT value FROM json_each(?4))
           ORDER BY seq LIMIT 1)
         RETURNING ${RECORD_COLUMNS}`,
        owner,
        now,
        leaseMs,
        JSON.stringify(except),
        date,
      )
      const job = row && recordOf(row)
      if (job) noteChange(job.id)
      return job
    },

    checkpointHarvestJob(
      claim: HarvestClaim,
      {
        now,
        leaseMs,
        cursor,
        objects = [],
        completing,
      }: {
        now: UtcMs
        leaseMs: number
        cursor?: HarvestCursor
        objects?: readonly HarvestObject[]
        completing?: true
      },
    ) {
      const job = held(claim)
      if (!job) return 'lost'
      db.run(
        `UPDATE harvest_job SET lease_until = ?, cursor = coalesce(?, cursor),
           failures = CASE WHEN ? THEN 0 ELSE failures END, completing = completing OR (? AND NOT cancelling)
         WHERE seq = ?`,
        now + leaseMs,
        cursor ? JSON.stringify(cursor) : null,
        objects.length > 0 ? 1 : 0,
        completing ? 1 : 0,
        job.seq,
      )
      for (const { key, size, sha256 } of objects) {
        db.run(
          'INSERT OR REPLACE INTO harvest_object (job, key, size, sha256) VALUES (?, ?, ?, ?)',
          job.seq,
          key,
          size,
          sha256,
        )
      }
      // To renew the lease alone changes nothing that anybody sees.
      if (cursor || objects.length > 0 || completing) noteChange(claim.id)
      return job.cancelling ? 'cancelling' : 'kept'
    },

    releaseHarvestJob(claim: HarvestClaim, { notBefore, failure }: { notBefore: UtcMs; failure?: HarvestFailure }) {
      const job = held(claim)
      if (!job) return 'lost'
      db.run(
        `UPDATE harvest_job SET state = 'QUEUED', owner = NULL, lease_until = NULL, not_before = ?,
           failure = coalesce(?, failure), failures = failures + ? WHERE seq = ?`,
        job.cancelling ? 0 : notBefore,
        failure ? JSON.stringify(failure) : null,
        failure ? 1 : 0,
        job.seq,
      )
      noteChange(claim.id)
      return 'released'
    },

    finishHarvestJob(
      claim: HarvestClaim,
      { at, outcome, event }: { at: UtcMs; outcome: HarvestOutcome; event: ServiceEvent },
    ) {
      const job = held(claim)
      if (!job) return 'lost'
      const status = statusAfter(outcome)
      db.run(
        `UPDATE harvest_job SET status = ?, state = ?, failure = ?, ended_at = ?, lease_until = NULL, body = ?
         WHERE seq = ?`,
        status,
        outcome.state,
        outcome.state === 'SUCCEEDED' ? null : JSON.stringify(outcome.failure),
        at,
        JSON.stringify({ ...(JSON.parse(job.body) as HarvestJob), status }),
        job.seq,
      )
      noteChange(claim.id)
      writeEvent({ db, changes }, event)
      return 'finished'
    },

    cancelHarvestJob(id: string) {
      const sql = 'SELECT status, completing FROM harvest_job WHERE id = ?'
      const job = db.get<{ status: HarvestJobStatus; completing: number }>(sql, id)
      if (!job) return 'missing'
      if (job.status !== 'IN_PROGRESS') return 'ended'
      if (job.completing) return 'completing'
      db.run('UPDATE harvest_job SET cancelling = 1, not_before = 0 WHERE id = ?', id)
      noteChange(id)
      return 'cancelling'
    },

    listHarvestObjects(id: string, page: PageRequest) {
      const rows = db.all<HarvestObject>(
        `SELECT key, size, sha256 FROM harvest_object
         WHERE job = (SELECT seq FROM harvest_job WHERE id = ?) AND key > ? ORDER BY key LIMIT ?`,
        id,
        page.after ?? '',
        page.limit + 1,
      )
      const items: readonly HarvestObject[] = rows.slice(0, page.limit).map((row) => ({ ...row }))
      return rows.length > page.limit ? { items, next: items.at(-1)?.key ?? '' } : { items }
    },

    harvestObjectsNamed: (id: string, keys: readonly string[]): readonly HarvestObject[] =>
      db
        .all<HarvestObject>(
          `SELECT key, size, sha256 FROM harvest_object
           WHERE job = (SELECT seq FROM harvest_job WHERE id = ?) AND key IN (SELECT value FROM json_each(?))`,
          id,
          JSON.stringify(keys),
        )
        .map((row) => ({ ...row })),
  } satisfies Partial<Operations>
}
