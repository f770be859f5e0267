import { rot, SECOND_INPUTS } from '../rot/rot.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'rot'

const DAMAGES = 1000

/** A thousand damages to stored media: no asset that succeeded has a wrong byte or a false hash. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const trials = Math.ceil(Number(process.env['WINDROW_TEST_RUNS'] ?? DAMAGES) / SECOND_INPUTS.length)
  const figures: Record<string, string | number> = { damages: trials * SECOND_INPUTS.length }
  for (const second of SECOND_INPUTS) {
    const ends = await rot(second, seed, trials, (done) => log(`second input ${second}: ${done} damages`))
    figures[`second input: ${second}`] = JSON.stringify(ends)
  }
  return figures
}
