import assert from 'node:assert/strict'
import { type HarvestCrashFigures, runHarvestCrashes } from '../e2e/harvest-crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'harvest-crash'

/** In each form, for each run. */
const KILLS = 8

/** Kills into jobs of three minutes in each form, and into assets of ranges, of other kinds and cut exactly. */
export async function run({ seed, log, runs }: SoakContext): Promise<Readonly<Record<string, string>>> {
  const figures: Record<string, string> = {}
  for (const [what, form] of [
    ['folder', { form: 'folder' }],
    ['s3', { form: 's3' }],
    ['node', { form: 'node' }],
    ['ranges', { form: 'folder', of: 'ranges' }],
    ['every kind', { form: 'folder', of: 'every kind' }],
    ['exact', { form: 'folder', of: 'exact' }],
    ['smooth streaming', { form: 'folder', of: 'smooth streaming' }],
  ] as const) {
    const plan = { ...form, seed, kills: KILLS * runs, segments: 200 }
    const found: HarvestCrashFigures = await runHarvestCrashes({ ...plan, log: (line) => log(`${what}: ${line}`) })
    assert.ok(found.killsInside > (KILLS * runs) / 2, `${what}: too few kills fell into a harvest`)
    figures[what] = JSON.stringify(found)
  }
  return figures
}
