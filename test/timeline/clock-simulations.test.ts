import { describe, it } from 'node:test'
import { liveThrough, simulateClocks } from './clock-simulations.ts'

const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_261_130)
const DAY_MS = 86_400_000

describe('while the dates of server and encoders are set to anything', () => {
  for (const isDated of [true, false]) {
    for (const days of [-30, 400]) {
      it(`by ${days} days, ${isDated ? 'with' : 'without'} dates of the encoders, nothing is lost or hidden`, async () => {
        const step = { kind: 'server date' as const, ms: days * DAY_MS, encoder: 0 }
        const right = { kind: 'server date' as const, ms: 0, encoder: 0 }
        await liveThrough(
          [
            { change: step, segments: 10, rate: 1 },
            { change: { kind: 'encoder restarts', encoder: 0 }, segments: 10, rate: 1 },
            { change: right, segments: 5, rate: 1 },
            { change: { kind: 'server restarts', awayMs: 1000 }, segments: 5, rate: 1 },
          ],
          isDated,
        )
      })
    }
  }

  it(`at random, nothing is lost or hidden (seed ${seed})`, () => simulateClocks(seed, 5))
})
