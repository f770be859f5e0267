import assert from 'node:assert/strict'
import { cutBackups } from '../e2e/backup-cuts.ts'
import { type BackupFigures, runBackups } from '../e2e/backups.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'backup'

/** Segments that retention has deleted by the end, of the first minute and a half. */
const LEAST_DELETED = 100

/** Two and a half minutes, of which retention deletes in the last one and a half; then a backup in power cuts. */
export async function run({ seed, log }: SoakContext): Promise<BackupFigures & Record<string, number>> {
  const figures = await runBackups({ seed, seconds: 150, leastKilled: 5, kills: 0.5, log })
  const deleted = figures['objects deleted by retention']
  assert.ok(deleted > LEAST_DELETED, `retention deleted only ${deleted} objects`)
  return { ...figures, 'moments at which the power failed': await cutBackups(seed) }
}
