import assert from 'node:assert/strict'
import { type CrashFigures, runCrashes } from '../e2e/crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'crash'

/** A hundred kills. */
export async function run({ seed, log }: SoakContext): Promise<CrashFigures> {
  const figures = await runCrashes({ seed, kills: 100, log })
  assert.ok(figures.harvestsInterrupted > 0, 'no kill fell into a harvest')
  return figures
}
