import assert from 'node:assert/strict'
import { type HarvestCrashFigures, runHarvestCrashes } from '../e2e/harvest-crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'harvest-crash'

/** A hundred kills, into jobs of twenty minutes of programme. */
export async function run({ seed, log }: SoakContext): Promise<HarvestCrashFigures> {
  const figures = await runHarvestCrashes({ seed, kills: 100, segments: 1200, log })
  assert.ok(figures.killsInside > 50, 'too few kills fell into a harvest')
  return figures
}
