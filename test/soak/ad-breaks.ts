import assert from 'node:assert/strict'
import { watchAdBreaks } from '../e2e/ad-breaks.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'ad-breaks'

const MINUTES = 10

/** Every player tells of each ad break what its messages say, and plays on across all of them. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const { breaks, switches, watched, faults } = await watchAdBreaks(MINUTES * 60, log)
  for (const fault of faults) log(fault)
  const played = watched.map(({ mediaSeconds, seconds }) => (100 * mediaSeconds) / seconds)
  assert.equal(faults.length, 0, `${faults.length} faults`)
  assert.ok(breaks.length >= 20, `${breaks.length} breaks`)
  assert.ok(switches >= 2, `${switches} switches`)
  return {
    minutes: MINUTES,
    viewings: watched.length,
    'ad breaks': breaks.length,
    'input switches': switches,
    'played at least': `${Math.min(...played).toFixed(1)} % of the time`,
  }
}
