import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IS_WHOLE } from '../whole.ts'
import { type ArchivedLife, simulateArchive, simulateArchives } from './archive-simulations.ts'
import { simulateFor } from './long-simulation.ts'
import { type Script, simulate, simulateAtRandom } from './random-simulations.ts'

const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? (IS_WHOLE ? 10 : 6))
const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_260_104)

describe('a channel of two encoders, whatever happens to them', () => {
  it(`breaks no promise to its viewers (${runs} lives, seed ${seed})`, async () => {
    assert.ok((await simulateAtRandom(seed, runs)) > runs)
  })

  it(`shows the same from an archive, restarts and all (${Math.ceil(runs / 6)} lives, seed ${seed})`, async () => {
    await simulateArchives(seed, Math.ceil(runs / 6))
  })

  it(`breaks none in six hours of six-second segments (seed ${seed})`, async () => {
    const { segments, switches } = await simulateFor(6 * 3600, seed)
    assert.ok(segments > 2000 && switches > 0, `${segments} segments, ${switches} switches`)
  })
})

const ARCHIVED: Readonly<Record<string, ArchivedLife>> = {
  'a gap that is filled from a timeline of the other input that ended before a restart': {
    isLocked: true,
    forgets: false,
    turns: [
      { who: 'A', change: 'loses a stream', segments: 1 },
      { who: 'A', change: 'server restarts', segments: 1 },
      { who: 'A', change: 'server restarts', segments: 1 },
      { who: 'A', change: 'nothing', segments: 3 },
    ],
  },
}

describe('an archive shows the same as the rehearsal', () => {
  for (const [what, life] of Object.entries(ARCHIVED)) it(what, () => simulateArchive(life))
})

/** Lives worth living again: most did break a promise, and are as short as they could be made. */
const CASES: Readonly<Record<string, Script>> = {
  'dates that step back': {
    isLocked: false,
    turns: [
      { who: 'A', change: 'nothing', segments: 1 },
      { who: 'A', change: 'clock steps back', segments: 2 },
    ],
  },
  'a break in one stream, and a switch for want of it': {
    isLocked: true,
    turns: [
      { who: 'A', change: 'nothing', segments: 1 },
      { who: 'A', change: 'breaks in one stream', segments: 3 },
    ],
  },
  'a stream that goes away on an input that locks to the other': {
    isLocked: false,
    turns: [
      { who: 'A', change: 'locks to the other', segments: 1 },
      { who: 'A', change: 'loses a stream', segments: 6 },
      { who: 'B', change: 'dies', segments: 6 },
    ],
  },
}

describe('a channel of two encoders goes through', () => {
  for (const [name, script] of Object.entries(CASES)) {
    it(name, async () => {
      assert.ok((await simulate(script)) > 0)
    })
  }
})
