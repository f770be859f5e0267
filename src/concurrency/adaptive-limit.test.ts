import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'

const MEGABYTE = 1_000_000

/**
 * A machine that needs `delayMs` for each object, and passes on `bytesPerMs` of all objects together. It refuses what
 * is more than `mostAtOnce`. Gives the limits that were seen, an object after the other.
 */
function limitsBeside(
  { delayMs = 0, bytesPerMs = Number.POSITIVE_INFINITY, mostAtOnce = Number.POSITIVE_INFINITY },
  { objects = 2000, first = 4, most = 16, mostUnits = 64 * MEGABYTE, size = MEGABYTE } = {},
): readonly number[] {
  const limit = new AdaptiveLimit({ first, most, mostUnits })
  const seen: number[] = []
  /** What is under way; and the time at which the line is free. */
  const underWay: { readonly began: number; readonly ends: number }[] = []
  let now = 0
  let isFreeAt = 0
  for (let begun = 0; seen.length < objects; ) {
    while (underWay.length < limit.limit && begun < objects) {
      begun++
      isFreeAt = Math.max(isFreeAt, now) + size / bytesPerMs
      underWay.push({ began: now, ends: Math.max(isFreeAt, now + delayMs) })
      if (underWay.length > mostAtOnce) limit.refused()
    }
    underWay.sort((a, b) => a.ends - b.ends)
    const { began, ends } = underWay.shift()!
    now = ends
    limit.done(size, ends - began)
    seen.push(limit.limit)
  }
  return seen
}

describe('a limit that adapts', () => {
  it('rises to its most where each object waits, and stays there', () => {
    const limits = limitsBeside({ delayMs: 100 })
    assert.deepEqual(
      limits.filter((limit, i) => limit !== limits[i - 1]),
      [4, 6, 9, 14, 16],
    )
  })

  it('goes back where more at once gets no more done', () => {
    const limits = limitsBeside({ bytesPerMs: 60_000 })
    assert.equal(Math.max(...limits), 6)
    const atFirst = limits.filter((limit) => limit === 4).length
    assert.ok(atFirst > 0.8 * limits.length, `${atFirst} of ${limits.length} objects`)
  })

  it('stops where the line is full', () => {
    // Nine at once fill it.
    const limits = limitsBeside({ delayMs: 100, bytesPerMs: (9 * MEGABYTE) / 100 })
    assert.deepEqual([...new Set(limits.slice(1000))].toSorted((a, b) => a - b).at(0), 9)
    assert.equal(Math.max(...limits), 14)
  })

  it('is halved once for a burst of refusals, and stays below what was refused for a while', () => {
    const limits = limitsBeside({ delayMs: 100, mostAtOnce: 8 }, { objects: 200 })
    const changes = limits.filter((limit, i) => limit !== limits[i - 1])
    assert.deepEqual(changes.slice(0, 4), [4, 6, 9, 4])
    assert.ok(limits.filter((limit) => limit > 8).length < limits.length / 10)
  })

  it('is never below one', () => {
    const limits = limitsBeside({ delayMs: 100, mostAtOnce: 0 }, { objects: 50 })
    assert.equal(Math.min(...limits), 1)
  })

  it('holds no more bytes than it may, unless it begins with more', () => {
    assert.equal(Math.max(...limitsBeside({ delayMs: 100 }, { size: 8 * MEGABYTE })), 8)
    assert.equal(Math.max(...limitsBeside({ delayMs: 100 }, { size: 32 * MEGABYTE })), 4)
  })

  it('does not change while time stands still', () => {
    assert.deepEqual([...new Set(limitsBeside({}))], [4])
  })
})

describe('work under a limit that changes', () => {
  it('is as much as the limit is, and all of it is done', async () => {
    const changing = { limit: 2 }
    const done: number[] = []
    const atOnce: number[] = []
    let running = 0
    const items = Array.from({ length: 60 }, (_, i) => i)
    await forEachConcurrent(items, changing, new AbortController().signal, async (item) => {
      running++
      await new Promise(setImmediate)
      atOnce.push(running)
      running--
      done.push(item)
      if (done.length === 10) changing.limit = 5
      if (done.length === 40) changing.limit = 1
    })
    assert.deepEqual(
      done.toSorted((a, b) => a - b),
      items,
    )
    assert.equal(Math.max(...atOnce.slice(0, 10)), 2)
    assert.equal(Math.max(...atOnce), 5)
    assert.deepEqual([...new Set(atOnce.slice(45))], [1])
  })

  it('ends with the first failure, once nothing is under way', async () => {
    let running = 0
    const work = forEachConcurrent([1, 2, 3, 4, 5], { limit: 3 }, new AbortController().signal, async (item) => {
      running++
      await new Promise(setImmediate)
      running--
      if (item === 2) throw new Error('two')
    })
    await assert.rejects(work, /^Error: two$/)
    assert.equal(running, 0)
  })

  it('is none where there is nothing to do', async () => {
    await forEachConcurrent([], { limit: 3 }, new AbortController().signal, async () => assert.fail('nothing'))
  })
})
