import { seededRandom } from '../judges/random.ts'
import { RottingArchive, type SecondInput } from './rotting-archive.ts'

export const SECOND_INPUTS: readonly SecondInput[] = ['none', 'same', 'other']

/** Damages an archive so many times, each from a seed of its own. Returns how the harvests ended. */
export async function rot(
  second: SecondInput,
  seed: number,
  trials: number,
  done: (trials: number) => void = () => {},
): Promise<Readonly<Record<string, number>>> {
  const archive = await RottingArchive.open(second)
  const ends: Record<string, number> = {}
  try {
    for (let trial = 0; trial < trials; trial++) {
      const own = seed + trial
      try {
        const end = await archive.trial(seededRandom(own))
        ends[end] = (ends[end] ?? 0) + 1
      } catch (error) {
        throw new Error(`second input ${second}, seed ${own}`, { cause: error })
      }
      if ((trial + 1) % 50 === 0) done(trial + 1)
    }
  } finally {
    await archive.close()
  }
  return ends
}
