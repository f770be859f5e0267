import assert from 'node:assert/strict'
import { type BackupFigures, runBackups } from '../e2e/backups.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'backup'

/** Two and a half minutes, of which retention deletes in the last one and a half. */
export async function run({ seed, log }: SoakContext): Promise<BackupFigures> {
  const figures = await runBackups({ seed, seconds: 150, kills: 0.5, log })
  assert.ok(figures.killed > 0, 'no backup was killed')
  assert.ok(figures['objects deleted by retention'] > 0, 'retention deleted nothing')
  assert.ok(figures.objectsRemoved > 0, 'no object was removed from a backup')
  return figures
}
