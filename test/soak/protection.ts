import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { PROTECTED_VIEWINGS, startProtectedBroadcast } from '../e2e/protected-players.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'protection'

const ROTATION = 10
const MINUTES = 5
/** Seconds from one player's arrival to the next: they come at all places of a key period. */
const APART = 3
/** Of the clock, between a player's seeks, each of them over a change of keys or two. */
const SEEK_EVERY_MS = 30_000
const SEEK_BACK = 14
/** Standing still for longer needs a reason. */
const MOMENT = 0.25
/** What a seek takes: nothing that was loaded is there. */
const SEEK_SECONDS = 2

/** Players play encrypted endpoints whose keys change every ten seconds, join in the middle of a period, and seek. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const broadcast = await startProtectedBroadcast(ROTATION)
  const over = sleep(MINUTES * 60_000 + PROTECTED_VIEWINGS.length * APART * 1000)
  let isOver = false
  void over.then(() => {
    isOver = true
  })
  try {
    const watching = PROTECTED_VIEWINGS.map(async (viewing, n) => {
      await sleep(n * APART * 1000)
      let seeks = 0
      const seekNow = async (back: (seconds: number) => Promise<void>) => {
        for (let sign = 1; ; sign = -sign) {
          await sleep(SEEK_EVERY_MS)
          if (isOver) return
          await back(sign * SEEK_BACK)
          seeks++
        }
      }
      const watched = await broadcast.watch(viewing, over, { seeks: (back) => void seekNow(back).catch(() => {}) })
      return { ...viewing, ...watched, seeks }
    })
    const all = await Promise.all(watching)
    const faults = all.flatMap((each) => {
      const who = `${each.engine} with ${each.output}`
      // One at each seek is a seek's.
      const long = each.stalls.filter(({ seconds, lateSeconds }) => seconds - lateSeconds > MOMENT)
      const worst = long.filter(({ seconds, lateSeconds }) => seconds - lateSeconds > SEEK_SECONDS)
      log(`${who}: ${each.frames} pictures, ${each.seeks} seeks, ${long.length} stalls, ${each.errors.length} errors`)
      const errors = each.errors.filter((error) => error.includes('fatal'))
      return [
        ...errors.map((error) => `${who}: ${error}`),
        ...worst.map(({ at, seconds }) => `${who}: stands still at ${at} s for ${seconds} s`),
        ...(long.length > each.seeks ? [`${who}: ${long.length} stalls, ${each.seeks} seeks`] : []),
      ]
    })
    for (const fault of faults) log(fault)
    assert.deepEqual(faults, [])
    return {
      minutes: MINUTES,
      'key periods': Math.floor((MINUTES * 60) / ROTATION),
      viewings: all.length,
      seeks: all.reduce((sum, { seeks }) => sum + seeks, 0),
      'pictures at least': Math.min(...all.map(({ frames }) => frames)),
      'stalls at most': Math.max(...all.map(({ stalls }) => stalls.filter(({ seconds }) => seconds > MOMENT).length)),
    }
  } finally {
    await broadcast.stop()
  }
}
