import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import type { SharedScript } from './node-script.ts'
import { SharedSimulations } from './node-simulations.ts'

const { after, before, describe, it } = needing('postgres')

const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 2)
const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_261_130)

let simulations: SharedSimulations

before(async () => {
  simulations = await SharedSimulations.open()
})
after(() => simulations?.close())

describe('a channel whose events are given to three nodes, which come and go', () => {
  it(`breaks no promise, and is the same on each (${runs} lives, seed ${seed})`, async () => {
    assert.ok((await simulations.simulateAtRandom(seed, runs, 1)) > runs)
  })
})

const STREAMS_CHANGE = {
  who: 'A',
  change: 'has other renditions',
  segments: 0,
  given: 'to any',
  hears: false,
} as const

/** Lives worth living again: each did break a promise. */
const CASES: Readonly<Record<string, SharedScript>> = {
  'parent playlists of which each node has met others': {
    isLocked: true,
    forgets: false,
    ahead: [0, 0, 0],
    random: 6,
    turns: [
      { ...STREAMS_CHANGE, change: 'nothing', segments: 1, hears: true },
      ...Array.from({ length: 6 }, () => STREAMS_CHANGE),
      { ...STREAMS_CHANGE, change: 'nothing', segments: 1 },
    ],
  },
  'a gap that the other input fills, of which the node that seals it has not heard': {
    isLocked: true,
    forgets: true,
    ahead: [0, 0, 0],
    random: 18,
    turns: [
      { who: 'A', change: 'is late', segments: 3, given: 'to any', hears: false },
      { who: 'B', change: 'jumps ahead', segments: 1, given: 'in turn', hears: true },
    ],
  },
  'a segment that is waited for anew after all nodes were away': {
    isLocked: true,
    forgets: false,
    ahead: [0, 0, 0],
    random: 647_798_265,
    turns: [
      { who: 'A', change: 'loses a segment', segments: 1, given: 'in turn', hears: true },
      { who: 'A', change: 'server restarts', segments: 2, given: 'in turn', hears: false },
    ],
  },
  'a late segment that is given up by another node than the one it was listed at': {
    isLocked: true,
    forgets: true,
    ahead: [0, 0, 0],
    random: 1_863_430_012,
    turns: [
      { who: 'A', change: 'nothing', segments: 2, given: 'to any', hears: true },
      { who: 'A', change: 'is late', segments: 2, given: 'to any', hears: false },
    ],
  },
}

describe('three nodes go through', () => {
  for (const [what, script] of Object.entries(CASES)) it(what, () => simulations.simulate(script))
})
