import { needing } from '../programs.ts'
import { rot, SECOND_INPUTS } from './rot.ts'

const { describe, it } = needing('ffmpeg')

const TRIALS = 6
const SEED = 20_260_104

/** `npm run soak -- --only rot` does the same a thousand times. */
describe('a harvest from a disk that rots', () => {
  for (const second of SECOND_INPUTS) {
    it(`has no wrong byte and no false hash where the second input has ${second} of the bytes`, async () => {
      await rot(second, SEED, TRIALS)
    })
  }
})
