import type { UtcMs } from '../../media/time.ts'
import type { HarvestFailure } from '../../model/harvest-failure.ts'
import type { HarvestState } from '../../model/harvest-run.ts'
import type { HarvestSchedule, ScheduleRun } from '../../model/harvest-schedule.ts'
import type { ScheduleRecord, ScheduleRecords, ScheduleRunRecord } from '../schedule-records.ts'
import type { PostgresDatabase } from './database.ts'
import { writeEvent } from './events.ts'
import { readPage } from './page.ts'

type Row = {
  readonly seq: number
  readonly revision: number
  readonly next: UtcMs | null
  readonly due_at: UtcMs | null
  readonly body: HarvestSchedule
}

type RunRow = {
  readonly start: UtcMs
  readonly body: ScheduleRun
  readonly state: HarvestState | null
  readonly failure: HarvestFailure | null
}

const COLUMNS = 'seq, revision, next, due_at, body'
const LISTING = { table: 'windrow.harvest_schedule', columns: COLUMNS }

export function scheduleOperations(db: PostgresDatabase) {
  return {
    createHarvestSchedule: (schedule, { next, dueAt }, { maxSchedules }) =>
      db.transaction(async (transaction) => {
        await transaction.lock('harvestSchedules')
        const sql = 'SELECT 1 FROM windrow.harvest_schedule WHERE id = $1'
        if (await transaction.get(sql, schedule.id)) return 'duplicate'
        const count = await transaction.get<{ n: number }>('SELECT count(*) AS n FROM windrow.harvest_schedule')
        if ((count?.n ?? 0) >= maxSchedules) return 'quota'
        await transaction.run(
          'INSERT INTO windrow.harvest_schedule (id, revision, next, due_at, body) VALUES ($1, 1, $2, $3, $4)',
          schedule.id,
          next ?? null,
          dueAt ?? null,
          JSON.stringify(schedule),
        )
        return 'created'
      }),

    async harvestScheduleById(id) {
      const row = await db.get<Row>(`SELECT ${COLUMNS} FROM windrow.harvest_schedule WHERE id = $1`, id)
      return row && recordOf(row)
    },

    listHarvestSchedules: (page) => readPage(db, LISTING, page, recordOf),

    async updateHarvestSchedule({ schedule, revision, next, dueAt }) {
      const changed = await db.run(
        `UPDATE windrow.harvest_schedule SET revision = $1, next = $2, due_at = $3, body = $4
         WHERE id = $5 AND revision = $6`,
        revision,
        next ?? null,
        dueAt ?? null,
        JSON.stringify(schedule),
        schedule.id,
        revision - 1,
      )
      if (changed > 0) return 'updated'
      const known = await db.get('SELECT 1 FROM windrow.harvest_schedule WHERE id = $1', schedule.id)
      return known ? 'conflict' : 'missing'
    },

    async deleteHarvestSchedule(id) {
      const deleted = await db.run('DELETE FROM windrow.harvest_schedule WHERE id = $1', id)
      return deleted > 0 ? 'deleted' : 'missing'
    },

    async dueHarvestSchedules(now, limit) {
      const rows = await db.all<Row>(
        `SELECT ${COLUMNS} FROM windrow.harvest_schedule WHERE due_at <= $1 ORDER BY due_at, seq LIMIT $2`,
        now,
        limit,
      )
      return rows.map(recordOf)
    },

    recordScheduleRuns: ({ id, revision }, { runs, position, event }) =>
      db.transaction(async (transaction) => {
        const stored = await transaction.get<{ seq: number }>(
          `UPDATE windrow.harvest_schedule SET revision = revision + 1, next = $1, due_at = $2
           WHERE id = $3 AND revision = $4 RETURNING seq`,
          position.next ?? null,
          position.dueAt ?? null,
          id,
          revision,
        )
        if (!stored) return 'overtaken'
        await transaction.run(
          `INSERT INTO windrow.schedule_run AS known (schedule, start, recorded_at, job_id, body)
           SELECT $1, start, recorded_at, job_id, body::json
           FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS run (start, recorded_at, job_id, body)
           ON CONFLICT (schedule, start) DO UPDATE
           SET recorded_at = excluded.recorded_at, job_id = excluded.job_id, body = excluded.body
           WHERE known.job_id IS NULL`,
          stored.seq,
          runs.map(({ start }) => start),
          runs.map(({ recordedAt }) => recordedAt),
          runs.map(({ jobId }) => jobId ?? null),
          runs.map((run) => JSON.stringify(run)),
        )
        if (event) await writeEvent(transaction, event)
        return 'recorded'
      }),

    async listScheduleRuns(id, page) {
      const rows = await db.all<RunRow>(
        `SELECT run.start, run.body, job.state, job.failure FROM windrow.schedule_run AS run
         LEFT JOIN windrow.harvest_job AS job ON job.id = run.job_id
         WHERE run.schedule = (SELECT seq FROM windrow.harvest_schedule WHERE id = $1) AND run.start < $2
         ORDER BY run.start DESC LIMIT $3`,
        id,
        Number(page.after ?? Number.MAX_SAFE_INTEGER),
        page.limit + 1,
      )
      const shown = rows.slice(0, page.limit)
      const items = shown.map(runOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.start) } : { items }
    },
  } satisfies Partial<ScheduleRecords>
}

function recordOf({ body, revision, next, due_at }: Row): ScheduleRecord {
  return {
    schedule: body,
    revision,
    ...(next !== null && { next }),
    ...(due_at !== null && { dueAt: due_at }),
  }
}

function runOf({ body, state, failure }: RunRow): ScheduleRunRecord {
  return state === null ? body : { ...body, job: { state, ...(failure !== null && { failure }) } }
}
