import assert from 'node:assert/strict'
import { type HarvestCrashFigures, runHarvestCrashes } from '../e2e/harvest-crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'harvest-crash'

const KILLS = 50

/** Two hundred kills, fifty at each pair of a database and a kind of bucket, into jobs of five minutes of programme. */
export async function run({ seed, log }: SoakContext): Promise<Readonly<Record<string, string>>> {
  const figures: Record<string, string> = {}
  for (const database of ['sqlite', 'postgres'] as const) {
    for (const bucket of ['folder', 's3'] as const) {
      const place = `${database}, ${bucket}`
      const plan = { database, bucket, seed, kills: KILLS, segments: 300 }
      const found: HarvestCrashFigures = await runHarvestCrashes({ ...plan, log: (line) => log(`${place}: ${line}`) })
      assert.ok(found.killsInside > KILLS / 2, `${place}: too few kills fell into a harvest`)
      figures[place] = JSON.stringify(found)
    }
  }
  return figures
}
