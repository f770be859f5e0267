import assert from 'node:assert/strict'
import { type HarvestCrashFigures, runHarvestCrashes } from '../e2e/harvest-crashes.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'harvest-crash'

const KILLS = 50

/** Kills into jobs of three minutes: fifty in each form, and into assets of ranges, of other kinds and cut exactly. */
export async function run({ seed, log }: SoakContext): Promise<Readonly<Record<string, string>>> {
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
    const plan = { ...form, seed, kills: KILLS, segments: 200 }
    const found: HarvestCrashFigures = await runHarvestCrashes({ ...plan, log: (line) => log(`${what}: ${line}`) })
    assert.ok(found.killsInside > KILLS / 2, `${what}: too few kills fell into a harvest`)
    figures[what] = JSON.stringify(found)
  }
  return figures
}
