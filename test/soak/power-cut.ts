import assert from 'node:assert/strict'
import { cutPower, type PowerCutFigures } from '../e2e/power-cuts.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'power-cut'

/** Long enough that content is forgotten for its age. */
const SECONDS = 90

/** An evening that is cut short two hundred times. */
export async function run({ seed, log }: SoakContext): Promise<PowerCutFigures> {
  const figures = await cutPower({ seed, seconds: SECONDS, cuts: 200, log })
  assert.ok(figures.switches >= 6, 'the inputs did not take turns')
  assert.ok(figures.cutsIntoHarvests > 0, 'no cut fell into a harvest')
  assert.ok(figures.removals > 100, 'retention removed nothing')
  return figures
}
