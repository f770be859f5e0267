import type { SQLInputValue } from 'node:sqlite'
import type { ServiceEvent } from '../../model/event.ts'
import type { HarvestState } from '../../model/harvest-run.ts'
import type { AutomationTables } from '../automation-tables.ts'
import type { Page, PageRequest } from '../pages.ts'
import type { JobOfRun } from '../schedule-records.ts'
import { writeEvent } from './events.ts'
import type { Written } from './synchronous.ts'

type Row = { readonly seq: number; readonly revision: number; readonly body: string }

/** The operations that all kinds of automations have. */
export function automations<
  Automation extends { readonly id: string },
  Position,
  PositionRow,
  Run extends { readonly recordedAt: number },
>(
  written: Written,
  { kind, table, bodyOf, columns, rowOf, positionOf, runs }: AutomationTables<Automation, PositionRow, Position, Run>,
) {
  const { db, changes } = written
  const noteChange = (id: string) => changes.note({ kind, id })
  const selected = ['seq', 'revision', 'body', ...columns].join(', ')
  const assigned = columns.map((column) => `${column} = ?`).join(', ')
  const valuesOf = (position: Position) => columns.map((column) => rowOf(position)[column])

  const recordOf = (row: Row & PositionRow) => {
    return { automation: bodyOf(row.body), revision: row.revision, position: positionOf(row) }
  }
  const runOf = ({ body, state, failure }: RunRow): Run & JobOfRun => {
    const run = JSON.parse(body) as Run
    if (state === null) return run
    return { ...run, job: { state, ...(failure !== null && { failure: JSON.parse(failure) }) } }
  }

  return {
    create(automation: Automation, position: Position, most: number): 'created' | 'duplicate' | 'quota' {
      if (db.get(`SELECT 1 FROM ${table} WHERE id = ?`, automation.id)) return 'duplicate'
      const count = db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0
      if (count >= most) return 'quota'
      const marks = columns.map(() => ', ?').join('')
      db.run(
        `INSERT INTO ${table} (id, revision, body, ${columns.join(', ')}) VALUES (?, 1, ?${marks})`,
        automation.id,
        JSON.stringify(automation),
        ...valuesOf(position),
      )
      noteChange(automation.id)
      return 'created'
    },

    byId(id: string) {
      const row = db.get<Row & PositionRow>(`SELECT ${selected} FROM ${table} WHERE id = ?`, id)
      return row && recordOf(row)
    },

    list(page: PageRequest): Page<ReturnType<typeof recordOf>> {
      const sql = `SELECT ${selected} FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ?`
      const rows = db.all<Row & PositionRow>(sql, Number(page.after ?? 0), page.limit + 1)
      const shown = rows.slice(0, page.limit)
      const items = shown.map(recordOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.seq) } : { items }
    },

    where: (condition: string, ...values: readonly SQLInputValue[]) =>
      db.all<Row & PositionRow>(`SELECT ${selected} FROM ${table} WHERE ${condition}`, ...values).map(recordOf),

    update(automation: Automation, position: Position, revision: number): 'updated' | 'conflict' | 'missing' {
      const changed = db.run(
        `UPDATE ${table} SET revision = ?, body = ?, ${assigned} WHERE id = ? AND revision = ?`,
        revision,
        JSON.stringify(automation),
        ...valuesOf(position),
        automation.id,
        revision - 1,
      )
      if (changed === 0) {
        return db.get(`SELECT 1 FROM ${table} WHERE id = ?`, automation.id) ? 'conflict' : 'missing'
      }
      noteChange(automation.id)
      return 'updated'
    },

    remove(id: string, revision?: number): 'deleted' | 'missing' | 'conflict' {
      const stored = db.get<{ revision: number }>(`SELECT revision FROM ${table} WHERE id = ?`, id)
      if (!stored) return 'missing'
      if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
      db.run(`DELETE FROM ${table} WHERE id = ?`, id)
      noteChange(id)
      return 'deleted'
    },

    record(
      { id, revision }: { readonly id: string; readonly revision: number },
      outcome: { readonly runs: readonly Run[]; readonly position: Position; readonly event?: ServiceEvent },
    ): 'recorded' | 'overtaken' {
      const stored = db.get<{ seq: number }>(
        `UPDATE ${table} SET revision = revision + 1, ${assigned} WHERE id = ? AND revision = ?
         RETURNING seq`,
        ...valuesOf(outcome.position),
        id,
        revision,
      )
      if (!stored) return 'overtaken'
      for (const run of outcome.runs) {
        const row = { ...runs.rowOf(run), recorded_at: run.recordedAt, body: JSON.stringify(run) }
        const names = Object.keys(row)
        const changes = names.filter((name) => name !== runs.key).map((name) => `${name} = excluded.${name}`)
        db.run(
          `INSERT INTO ${runs.table} AS known (${runs.owner}, ${names.join(', ')})
           VALUES (?${names.map(() => ', ?').join('')})
           ON CONFLICT (${runs.owner}, ${runs.key}) DO UPDATE SET ${changes.join(', ')} WHERE ${runs.isMissed}`,
          stored.seq,
          ...Object.values(row),
        )
      }
      noteChange(id)
      if (outcome.event) writeEvent(written, outcome.event)
      return 'recorded'
    },

    listRuns(id: string, page: PageRequest): Page<Run & JobOfRun> {
      const rows = db.all<RunRow>(
        `SELECT run.${runs.key} AS place, run.body, job.state, job.failure FROM ${runs.table} AS run
         LEFT JOIN harvest_job AS job ON job.id = run.job_id
         WHERE run.${runs.owner} = (SELECT seq FROM ${table} WHERE id = ?) AND run.${runs.key} < ?
         ORDER BY run.${runs.key} DESC LIMIT ?`,
        id,
        runs.cursorOf(page.after),
        page.limit + 1,
      )
      const shown = rows.slice(0, page.limit)
      const items = shown.map(runOf)
      return rows.length > page.limit ? { items, next: String(shown.at(-1)?.place) } : { items }
    },
  }
}

type RunRow = {
  readonly place: number | string
  readonly body: string
  readonly state: HarvestState | null
  readonly failure: string | null
}
