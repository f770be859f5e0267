import { encodeAtRandom } from '../encoders/random-encoders.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'random-encoders'

const LIVES = 3000

/** Thousands of encoders that differ in everything they may: each access unit is listed once, in every format. */
export async function run({ seed, log }: SoakContext): Promise<Record<string, string | number>> {
  const lives = Number(process.env['WINDROW_TEST_RUNS'] ?? LIVES)
  const units = await encodeAtRandom(seed, lives, (done) => log(`${done} lives`))
  return { lives, 'access units': units }
}
