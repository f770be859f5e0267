import type { SoakContext } from '../soak-plan.ts'
import { SharedSimulations } from '../timeline/node-simulations.ts'

export const name = 'nodes-time'

/** Of each of the `runs`. */
const LIVES = 500
/** As many have the machine busy while each waits for the database. */
const AT_ONCE = 4

/** Thousands of lives of channels whose events are given to three nodes: what holds for one process holds for any. */
export async function run({ seed, log, runs }: SoakContext): Promise<Record<string, string | number>> {
  const simulations = await SharedSimulations.open()
  let events = 0
  try {
    for (let count = 1; count <= runs; count++) {
      events += await simulations.simulateAtRandom(seed + count * AT_ONCE, LIVES, AT_ONCE)
      log(`${count * LIVES} lives: ${events} events`)
    }
  } finally {
    await simulations.close()
  }
  return { lives: runs * LIVES, events }
}
