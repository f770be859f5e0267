import type { HarvestJob, HarvestJobStatus } from '../../model/harvest-job.ts'
import type { HarvestObject } from '../../model/harvest-run.ts'
import { type HarvestJobRow, harvestRecord, RECORD_COLUMNS } from '../harvest-record.ts'
import type { HarvestedSpan, HarvestRecords } from '../harvest-records.ts'
import { HAS_RANGES, ORIGIN_ENDPOINT_ID } from './body-parts.ts'
import type { PostgresDatabase } from './database.ts'
import { readPage } from './page.ts'

type Earlier = { created_at: number; status: HarvestJobStatus }

/** Operations on harvest jobs for the API; those for workers are in `harvest-leases.ts`. */
export function harvestJobOperations(db: PostgresDatabase) {
  return {
    createHarvestJob: (job, { maxInProgress, maxScheduled, idFreeAfterMs }, notBefore) =>
      db.transaction(async (transaction) => {
        const { id, channelId, createdAt, start, end, status } = job
        await transaction.lock('harvestJobs')
        const sql = 'SELECT created_at, status FROM windrow.harvest_job WHERE id = $1'
        const earlier = await transaction.get<Earlier>(sql, id)
        const age = createdAt - (earlier?.created_at ?? -Infinity)
        if (earlier?.status === 'IN_PROGRESS' || age < idFreeAfterMs) return 'duplicate'
        const isScheduled = notBefore > createdAt
        const others = await transaction.get<{ n: number }>(
          `SELECT count(*) AS n FROM windrow.harvest_job
           WHERE status = 'IN_PROGRESS' AND (not_before > $1) = (${isScheduled})`,
          createdAt,
        )
        if ((others?.n ?? 0) >= (isScheduled ? maxScheduled : maxInProgress)) return 'quota'
        // What a clip lets go from now on, nobody deletes before this job is seen.
        const sqlOfClip = 'SELECT 1 FROM windrow.clip WHERE id = $1 AND pinned_start <= $2 AND pinned_end >= $3'
        if (job.clip !== undefined && !(await transaction.get(sqlOfClip, job.clip, start, end))) return 'no-clip'
        await transaction.run('DELETE FROM windrow.harvest_job WHERE id = $1', id)
        // An earlier job with the id may have an asset: its names are not this job's to give up.
        await transaction.run('UPDATE windrow.bucket_key SET shared = true WHERE job_id = $1', id)
        await transaction.run(
          `INSERT INTO windrow.harvest_job
             (id, channel_id, channel_guid, status, created_at, window_start, window_end, not_before, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          id,
          channelId,
          job.endpoint.channelGuid,
          status,
          createdAt,
          start,
          end,
          notBefore,
          JSON.stringify(job),
        )
        transaction.changes.push({ kind: 'harvestJob', id })
        return 'created'
      }),

    async harvestJobById(id) {
      const sql = `SELECT ${RECORD_COLUMNS} FROM windrow.harvest_job WHERE id = $1`
      const row = await db.get<HarvestJobRow>(sql, id)
      return row && harvestRecord(row)
    },

    listHarvestJobs({ channelId, status, createdAfter, ...page }) {
      const where = { 'channel_id =': channelId, 'status =': status, 'created_at >': createdAfter }
      return readPage(db, { table: 'windrow.harvest_job', columns: RECORD_COLUMNS, where }, page, harvestRecord)
    },

    async harvestJobsWithin(channelGuid, { start, end }, createdAfter, limit) {
      const ofOne = await db.all<HarvestedSpan>(
        `SELECT id, ${ORIGIN_ENDPOINT_ID} AS "originEndpointId", status,
           window_start AS start, window_end AS "end"
         FROM windrow.harvest_job
         WHERE channel_guid = $1 AND window_end > $2 AND window_start < $3 AND created_at > $4
           AND NOT ${HAS_RANGES}
         ORDER BY window_start, id COLLATE "C" LIMIT $5`,
        channelGuid,
        start,
        end,
        createdAfter,
        limit,
      )
      const ofRanges = await db.all<{ status: HarvestJobStatus; body: HarvestJob }>(
        `SELECT status, body FROM windrow.harvest_job
         WHERE ${HAS_RANGES} AND created_at > $2 AND strpos(body::text, $1) > 0
         ORDER BY seq DESC LIMIT $3`,
        channelGuid,
        createdAfter,
        limit,
      )
      const ranges = ofRanges.flatMap(({ status, body: { id, ranges = [] } }) =>
        ranges
          .filter((range) => range.channelGuid === channelGuid && range.start < end && range.end > start)
          .map((range) => ({
            id,
            originEndpointId: range.originEndpointId,
            status,
            start: range.start,
            end: range.end,
          })),
      )
      return [...ofOne, ...ranges].sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1)).slice(0, limit)
    },

    cancelHarvestJob: (id) =>
      db.transaction(async (transaction) => {
        const job = await transaction.get<{ status: HarvestJobStatus; completing: boolean }>(
          'SELECT status, completing FROM windrow.harvest_job WHERE id = $1 FOR UPDATE',
          id,
        )
        if (!job) return 'missing'
        if (job.status !== 'IN_PROGRESS') return 'ended'
        if (job.completing) return 'completing'
        await transaction.run('UPDATE windrow.harvest_job SET cancelling = true, not_before = 0 WHERE id = $1', id)
        transaction.changes.push({ kind: 'harvestJob', id })
        return 'cancelling'
      }),

    async listHarvestObjects(id, page) {
      const rows = await db.all<HarvestObject>(
        `SELECT key, size, sha256 FROM windrow.harvest_object
         WHERE job = (SELECT seq FROM windrow.harvest_job WHERE id = $1) AND key > $2 ORDER BY key LIMIT $3`,
        id,
        page.after ?? '',
        page.limit + 1,
      )
      const items = rows.slice(0, page.limit)
      return rows.length > page.limit ? { items, next: items.at(-1)?.key ?? '' } : { items }
    },

    harvestObjectsNamed: (id, keys) =>
      db.all<HarvestObject>(
        `SELECT key, size, sha256 FROM windrow.harvest_object
         WHERE job = (SELECT seq FROM windrow.harvest_job WHERE id = $1) AND key = ANY ($2)`,
        id,
        keys,
      ),
  } satisfies Partial<HarvestRecords>
}
