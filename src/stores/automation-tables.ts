import type { UtcMs } from '../media/time.ts'
import type { HarvestRule, RulePosition, RuleRun } from '../model/harvest-rule.ts'
import type { HarvestSchedule, SchedulePosition, ScheduleRun } from '../model/harvest-schedule.ts'

type Scalar = string | number | null

/** JSON as SQLite gives it, or PostgreSQL, which parses it. */
export type Json<T> = string | T

function parsed<T extends object>(json: Json<T>): T {
  return typeof json === 'string' ? (JSON.parse(json) as T) : json
}

/** How a kind of automation (schedules, or rules) is stored, whichever database it is in: as rows with a history. */
export type AutomationTables<Automation, PositionRow, Position, Run> = {
  /** Of its changes. */
  readonly kind: 'harvestSchedule' | 'harvestRule'
  readonly table: string
  /** Reads the column `body`. */
  readonly bodyOf: (body: Json<Automation>) => Automation
  /** The columns of its position. */
  readonly columns: readonly Extract<keyof PositionRow, string>[]
  readonly rowOf: (position: Position) => Readonly<Record<Extract<keyof PositionRow, string>, Scalar>>
  readonly positionOf: (row: PositionRow) => Position
  readonly runs: {
    readonly table: string
    /** The column that names the row of the automation. */
    readonly owner: string
    /** The column by which runs are told apart and ordered, and a value of it after all others. */
    readonly key: string
    readonly cursorOf: (after: string | undefined) => string | number
    /** The columns besides `recorded_at` and `body`, the key among them. */
    readonly types: Readonly<Record<string, 'bigint' | 'text'>>
    readonly rowOf: (run: Run) => Readonly<Record<string, Scalar>>
    /** True of a run that is `known`, and of which nothing was made. */
    readonly isMissed: string
  }
}

type ScheduleRow = { readonly next: UtcMs | null; readonly due_at: UtcMs | null }

export const SCHEDULE_TABLES: AutomationTables<HarvestSchedule, ScheduleRow, SchedulePosition, ScheduleRun> = {
  kind: 'harvestSchedule',
  table: 'harvest_schedule',
  bodyOf: parsed,
  columns: ['next', 'due_at'],
  rowOf: ({ next = null, dueAt = null }) => ({ next, due_at: dueAt }),
  positionOf: ({ next, due_at }) => ({ ...(next !== null && { next }), ...(due_at !== null && { dueAt: due_at }) }),
  runs: {
    table: 'schedule_run',
    owner: 'schedule',
    key: 'start',
    cursorOf: (after) => Number(after ?? Number.MAX_SAFE_INTEGER),
    types: { start: 'bigint', job_id: 'text' },
    rowOf: ({ start, jobId = null }) => ({ start, job_id: jobId }),
    isMissed: 'known.job_id IS NULL',
  },
}

type RuleRow = { readonly position: Json<RulePosition> }

export const RULE_TABLES: AutomationTables<HarvestRule, RuleRow, RulePosition, RuleRun> = {
  kind: 'harvestRule',
  table: 'harvest_rule',
  bodyOf: parsed,
  columns: ['position'],
  rowOf: (position) => ({ position: JSON.stringify(position) }),
  positionOf: ({ position }) => parsed(position),
  runs: {
    table: 'rule_run',
    owner: 'rule',
    key: 'key',
    // Keys have digits, letters and dashes.
    cursorOf: (after = '~') => after,
    types: { key: 'text', job_id: 'text', clip_id: 'text' },
    rowOf: ({ key, jobId = null, clipId = null }) => ({ key, job_id: jobId, clip_id: clipId }),
    isMissed: 'known.job_id IS NULL AND known.clip_id IS NULL',
  },
}
