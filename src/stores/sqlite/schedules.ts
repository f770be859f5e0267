import type { UtcMs } from '../../media/time.ts'
import type { ServiceEvent } from '../../model/event.ts'
import type { HarvestState } from '../../model/harvest-run.ts'
import type { HarvestSchedule, SchedulePosition, ScheduleRun } from '../../model/harvest-schedule.ts'
import type { Page, PageRequest } from '../pages.ts'
import type { ScheduleRecord, ScheduleRunRecord } from '../schedule-records.ts'
import type { SqliteDatabase } from './database.ts'
import { writeEvent } from './events.ts'
import type { Operations } from './synchronous.ts'

type Row = {
  readonly seq: number
  readonly revision: number
  readonly next: UtcMs | null
  readonly due_at: UtcMs | null
  readonly body: string
}

type RunRow = {
  readonly start: UtcMs
  readonly body: string
  readonly state: HarvestState | null
  readonly failure: string | null
}

const COLUMNS = 'seq, revision, next, due_at, body'

export function scheduleOperations(db: SqliteDatabase) {
  return {
    createHarvestSchedule(
      schedule: HarvestSchedule,
      { next, dueAt }: SchedulePosition,
      { maxSchedules }: { maxSchedules: number },
    ) {
      if (db.get('SELECT 1 FROM harvest_schedule WHERE id = ?', schedule.id)) return 'duplicate'
      const count = db.get<{ n: number }>('SELECT count(*) AS n FROM harvest_schedule')?.n ?? 0
      if (count >= maxSchedules) return 'quota'
      db.run(
        'INSERT INTO harvest_schedule (id, revision, next, due_at, body) VALUES (?, 1, ?, ?, ?)',
        schedule.id,
        next ?? null,
        dueAt ?? null,
        JSON.stringify(schedule),
      )
      return 'created'
    },

    harvestScheduleById(id: string) {
      const row = db.get<Row>(`SELECT ${COLUMNS} FROM harvest_schedule WHERE id = ?`, id)
      return row && recordOf(row)
    },

    listHarvestSchedules(page: PageRequest): Page<ScheduleRecord> {
      const sql = `SELECT ${COLUMNS} FROM harvest_schedule WHERE seq > ? ORDER BY seq LIMIT ?`
      const rows = db.all<Row>(sql, Number(page.after ?? 0), page.limit + 1)
      const shown = rows.slice(0, page.limit)
      const items = shown.map(recordOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.seq) } : { items }
    },

    updateHarvestSchedule({ schedule, revision, next, dueAt }: ScheduleRecord) {
      const changed = db.run(
        'UPDATE harvest_schedule SET revision = ?, next = ?, due_at = ?, body = ? WHERE id = ? AND revision = ?',
        revision,
        next ?? null,
        dueAt ?? null,
        JSON.stringify(schedule),
        schedule.id,
        revision - 1,
      )
      if (changed > 0) return 'updated'
      return db.get('SELECT 1 FROM harvest_schedule WHERE id = ?', schedule.id) ? 'conflict' : 'missing'
    },

    deleteHarvestSchedule: (id: string) =>
      db.run('DELETE FROM harvest_schedule WHERE id = ?', id) > 0 ? 'deleted' : 'missing',

    dueHarvestSchedules: (now: UtcMs, limit: number): readonly ScheduleRecord[] =>
      db
        .all<Row>(`SELECT ${COLUMNS} FROM harvest_schedule WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?`, now, limit)
        .map(recordOf),

    recordScheduleRuns(
      { id, revision }: { id: string; revision: number },
      { runs, position, event }: { runs: readonly ScheduleRun[]; position: SchedulePosition; event?: ServiceEvent },
    ) {
      const stored = db.get<{ seq: number }>(
        `UPDATE harvest_schedule SET revision = revision + 1, next = ?, due_at = ? WHERE id = ? AND revision = ?
         RETURNING seq`,
        position.next ?? null,
        position.dueAt ?? null,
        id,
        revision,
      )
      if (!stored) return 'overtaken'
      for (const run of runs) {
        db.run(
          `INSERT INTO schedule_run AS known (schedule, start, recorded_at, job_id, body) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (schedule, start) DO UPDATE
           SET recorded_at = excluded.recorded_at, job_id = excluded.job_id, body = excluded.body
           WHERE known.job_id IS NULL`,
          stored.seq,
          run.start,
          run.recordedAt,
          run.jobId ?? null,
          JSON.stringify(run),
        )
      }
      if (event) writeEvent(db, event)
      return 'recorded'
    },

    listScheduleRuns(id: string, page: PageRequest): Page<ScheduleRunRecord> {
      const rows = db.all<RunRow>(
        `SELECT run.start, run.body, job.state, job.failure FROM schedule_run AS run
         LEFT JOIN harvest_job AS job ON job.id = run.job_id
         WHERE run.schedule = (SELECT seq FROM harvest_schedule WHERE id = ?) AND run.start < ?
         ORDER BY run.start DESC LIMIT ?`,
        id,
        Number(page.after ?? Number.MAX_SAFE_INTEGER),
        page.limit + 1,
      )
      const shown = rows.slice(0, page.limit)
      const items = shown.map(runOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.start) } : { items }
    },
  } satisfies Partial<Operations>
}

function recordOf({ revision, next, due_at, body }: Row): ScheduleRecord {
  return {
    schedule: JSON.parse(body) as HarvestSchedule,
    revision,
    ...(next !== null && { next }),
    ...(due_at !== null && { dueAt: due_at }),
  }
}

function runOf({ body, state, failure }: RunRow): ScheduleRunRecord {
  const run = JSON.parse(body) as ScheduleRun
  if (state === null) return run
  return { ...run, job: { state, ...(failure !== null && { failure: JSON.parse(failure) }) } }
}
