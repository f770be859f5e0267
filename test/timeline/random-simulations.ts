import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { SealedSlot } from '../../src/model/output-timeline/step.ts'
import { ChannelSimulation, type Turn, turn } from './channel-simulation.ts'
import { Invariants } from './invariants.ts'

/** Output segment durations of the endpoints that are there from the beginning, and of one that comes late. */
const DURATIONS = [2, 6]
const LATE = 4

export type Script = { readonly isLocked: boolean; readonly turns: readonly Turn[] }

export const script = fc.record<Script>({
  isLocked: fc.boolean(),
  turns: fc.array(turn(8), { minLength: 1, maxLength: 25 }),
})

/** Lives through a script, and looks after each turn; returns how many output segments there were. */
export async function simulate({ isLocked, turns }: Script): Promise<number> {
  const life = new ChannelSimulation(2, { isLocked })
  for (const [id, seconds] of DURATIONS.entries()) life.channel.open(id, seconds)
  const watchers = DURATIONS.map((_, id) => new Invariants(life.channel, id))
  let segments = 0
  for (const [i, one] of turns.entries()) {
    life.take(one)
    if (i === Math.floor(turns.length / 2)) {
      life.channel.open(DURATIONS.length, LATE)
      watchers.push(new Invariants(life.channel, DURATIONS.length))
    }
    for (const watcher of watchers) segments += await watcher.look()
  }
  for (const { sealed } of Object.values(life.channel.inputs)) checkOrder(sealed)
  return segments
}

/** The index gives slots back by era and index: so they must have been sealed. */
function checkOrder(sealed: readonly SealedSlot[]): void {
  for (const [i, { slot }] of sealed.entries()) {
    const before = sealed[i - 1]?.slot
    if (before) assert.ok(before.era < slot.era || (before.era === slot.era && before.index < slot.index))
  }
}

/** Random lives; one that breaks a promise is made as short as it can be. */
export async function simulateAtRandom(seed: number, numRuns: number): Promise<number> {
  let segments = 0
  await fc.assert(
    fc.asyncProperty(script, async (one) => {
      segments += await simulate(one)
    }),
    { seed, numRuns },
  )
  return segments
}
