import type { ServiceEvent } from '../../model/event.ts'
import type { HarvestFailure } from '../../model/harvest-failure.ts'
import type { HarvestState } from '../../model/harvest-run.ts'
import type { AutomationTables } from '../automation-tables.ts'
import type { Page, PageRequest } from '../pages.ts'
import type { JobOfRun } from '../schedule-records.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { writeEvent } from './events.ts'
import { readPage } from './page.ts'
import type { Value } from './statements.ts'

type Row<Automation> = { readonly seq: number; readonly revision: number; readonly body: Automation }
type Scalar = string | number | null

/** The operations that all kinds of automations have. `lock` is held while one is created, so that no others are. */
export function automations<
  Automation extends { readonly id: string },
  Position,
  PositionRow,
  Run extends { readonly recordedAt: number },
>(
  db: PostgresDatabase,
  {
    kind,
    bodyOf,
    columns,
    rowOf,
    positionOf,
    runs,
    ...tables
  }: AutomationTables<Automation, PositionRow, Position, Run>,
  lock: Parameters<Transaction['lock']>[0],
) {
  type Stored = Row<Automation> & PositionRow
  const [table, runTable] = [`windrow.${tables.table}`, `windrow.${runs.table}`]
  const selected = ['seq', 'revision', 'body', ...columns].join(', ')
  /** Assigns the columns of a position to parameters from the nth on. */
  const assigned = (nth: number) => columns.map((column, i) => `${column} = $${nth + i}`).join(', ')
  const valuesOf = (position: Position): Value[] => columns.map((column) => rowOf(position)[column])
  const recordOf = (row: Stored) => {
    return { automation: bodyOf(row.body), revision: row.revision, position: positionOf(row) }
  }
  const [places, types] = [Object.keys(runs.types), Object.values(runs.types)]
  const runColumns = [...places, 'recorded_at', 'body']
  const replaced = runColumns.filter((name) => name !== runs.key).map((name) => `${name} = excluded.${name}`)

  return {
    create: (automation: Automation, position: Position, most: number) =>
      db.transaction(async (transaction): Promise<'created' | 'duplicate' | 'quota'> => {
        await transaction.lock(lock)
        if (await transaction.get(`SELECT 1 FROM ${table} WHERE id = $1`, automation.id)) return 'duplicate'
        const count = await transaction.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)
        if ((count?.n ?? 0) >= most) return 'quota'
        await transaction.run(
          `INSERT INTO ${table} (id, revision, body, ${columns.join(', ')})
           VALUES ($1, 1, $2, ${columns.map((_, i) => `$${3 + i}`).join(', ')})`,
          automation.id,
          JSON.stringify(automation),
          ...valuesOf(position),
        )
        transaction.changes.push({ kind, id: automation.id })
        return 'created'
      }),

    async byId(id: string) {
      const row = await db.get<Stored>(`SELECT ${selected} FROM ${table} WHERE id = $1`, id)
      return row && recordOf(row)
    },

    list: (page: PageRequest) => readPage(db, { table, columns: selected }, page, recordOf),

    async where(condition: string, ...values: readonly Scalar[]) {
      return (await db.all<Stored>(`SELECT ${selected} FROM ${table} WHERE ${condition}`, ...values)).map(recordOf)
    },

    update: (automation: Automation, position: Position, revision: number) =>
      db.transaction(async (transaction): Promise<'updated' | 'conflict' | 'missing'> => {
        const changed = await transaction.run(
          `UPDATE ${table} SET revision = $1, body = $2, ${assigned(5)} WHERE id = $3 AND revision = $4`,
          revision,
          JSON.stringify(automation),
          automation.id,
          revision - 1,
          ...valuesOf(position),
        )
        if (changed === 0) {
          const there = await transaction.get(`SELECT 1 FROM ${table} WHERE id = $1`, automation.id)
          return there ? 'conflict' : 'missing'
        }
        transaction.changes.push({ kind, id: automation.id })
        return 'updated'
      }),

    remove: (id: string, revision?: number) =>
      db.transaction(async (transaction): Promise<'deleted' | 'missing' | 'conflict'> => {
        const sql = `SELECT revision FROM ${table} WHERE id = $1 FOR UPDATE`
        const stored = await transaction.get<{ revision: number }>(sql, id)
        if (!stored) return 'missing'
        if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
        await transaction.run(`DELETE FROM ${table} WHERE id = $1`, id)
        transaction.changes.push({ kind, id })
        return 'deleted'
      }),

    async record(
      { id, revision }: { readonly id: string; readonly revision: number },
      outcome: { readonly runs: readonly Run[]; readonly position: Position; readonly event?: ServiceEvent },
    ) {
      // Positions may move on with every segment.
      const isRare = outcome.runs.length > 0
      const answer = await db.transaction(async (transaction): Promise<'recorded' | 'overtaken'> => {
        const stored = await transaction.get<{ seq: number }>(
          `UPDATE ${table} SET revision = revision + 1, ${assigned(3)} WHERE id = $1 AND revision = $2 RETURNING seq`,
          id,
          revision,
          ...valuesOf(outcome.position),
        )
        if (!stored) return 'overtaken'
        const rows = outcome.runs.map(runs.rowOf)
        const arrays = [...types, 'bigint', 'text'].map((type, i) => `$${2 + i}::${type}[]`)
        await transaction.run(
          `INSERT INTO ${runTable} AS known (${runs.owner}, ${runColumns.join(', ')})
           SELECT $1, ${places.join(', ')}, recorded_at, body::json
           FROM unnest(${arrays.join(', ')}) AS run (${runColumns.join(', ')})
           ON CONFLICT (${runs.owner}, ${runs.key}) DO UPDATE SET ${replaced.join(', ')} WHERE ${runs.isMissed}`,
          stored.seq,
          ...places.map((name) => rows.map((row) => row[name] ?? null)),
          outcome.runs.map(({ recordedAt }) => recordedAt),
          outcome.runs.map((run) => JSON.stringify(run)),
        )
        if (isRare) transaction.changes.push({ kind, id })
        if (outcome.event) await writeEvent(transaction, outcome.event)
        return 'recorded'
      })
      if (!isRare && answer === 'recorded') db.tellSoon({ kind, id })
      return answer
    },

    async listRuns(id: string, page: PageRequest): Promise<Page<Run & JobOfRun>> {
      const rows = await db.all<RunRow<Run>>(
        `SELECT run.${runs.key} AS place, run.body, job.state, job.failure FROM ${runTable} AS run
         LEFT JOIN windrow.harvest_job AS job ON job.id = run.job_id
         WHERE run.${runs.owner} = (SELECT seq FROM ${table} WHERE id = $1) AND run.${runs.key} < $2
         ORDER BY run.${runs.key} DESC LIMIT $3`,
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

type RunRow<Run> = {
  readonly place: number | string
  readonly body: Run
  readonly state: HarvestState | null
  readonly failure: HarvestFailure | null
}

function runOf<Run extends object>({ body, state, failure }: RunRow<Run>): Run & JobOfRun {
  return state === null ? body : { ...body, job: { state, ...(failure !== null && { failure }) } }
}
