import type { SoakContext } from '../soak-plan.ts'
import { simulateArchives } from '../timeline/archive-simulations.ts'
import { simulateClocks } from '../timeline/clock-simulations.ts'
import { simulateFor } from '../timeline/long-simulation.ts'
import { simulateAtRandom } from '../timeline/random-simulations.ts'

export const name = 'time'

const LIVES = 5000
const ARCHIVED = 300
const CLOCKS = 1000
const TWO_WEEKS = 14 * 24 * 3600

/**
 * Two weeks of a channel, and thousands of short lives: no viewer is ever told two things that contradict each other.
 */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const { segments, switches, eras } = await simulateFor(TWO_WEEKS, seed)
  log(`two weeks: ${segments} output segments, ${switches} switches, ${eras} eras`)
  const short = await simulateAtRandom(seed, LIVES)
  log(`${LIVES} lives: ${short} output segments`)
  await simulateArchives(seed, ARCHIVED)
  await simulateClocks(seed, CLOCKS)
  log(`${CLOCKS} lives under dates that were set to anything`)
  return {
    'output segments in two weeks': segments,
    switches,
    eras,
    lives: LIVES,
    'lives in an archive': ARCHIVED,
    'lives under wrong dates': CLOCKS,
    'output segments in lives': short,
  }
}
