import assert from 'node:assert/strict'
import type { SoakContext } from '../soak-plan.ts'
import { type DatabaseCrashFigures, killDatabaseUnderLoad } from '../stores/postgres-crashes.ts'

export const name = 'database'

/** A hundred kills of PostgreSQL. */
export async function run({ seed, log }: SoakContext): Promise<DatabaseCrashFigures> {
  const figures = await killDatabaseUnderLoad({ seed, kills: 100, log })
  assert.ok(figures.unanswered >= 100, 'too few kills cut off a write')
  return figures
}
