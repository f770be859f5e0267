import assert from 'node:assert/strict'
import { type HarvestCrashFigures, runHarvestCrashes } from '../e2e/harvest-crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'harvest-crash'

const KILLS = 50

/** A hundred and fifty kills, fifty in each form, into jobs of five minutes of programme. */
export async function run({ seed, log }: SoakContext): Promise<Readonly<Record<string, string>>> {
  const figures: Record<string, string> = {}
  for (const form of ['folder', 's3', 'node'] as const) {
    const plan = { form, seed, kills: KILLS, segments: 300 }
    const found: HarvestCrashFigures = await runHarvestCrashes({ ...plan, log: (line) => log(`${form}: ${line}`) })
    assert.ok(found.killsInside > KILLS / 2, `${form}: too few kills fell into a harvest`)
    figures[form] = JSON.stringify(found)
  }
  return figures
}
