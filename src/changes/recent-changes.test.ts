import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Change, changedThing } from './change.ts'
import { RecentChanges } from './recent-changes.ts'

const clip = (id: string): Change => ({ kind: 'clip', id })
const numbersAfter = (recent: RecentChanges, number: number) => recent.after(number)?.map((each) => each.number)

describe('the last changes', () => {
  it('are those after a number, each thing once with its last change', () => {
    const recent = new RecentChanges()
    for (const id of ['a', 'b', 'a', 'c']) recent.add(clip(id))
    assert.equal(recent.last, 4)
    assert.deepEqual(recent.after(0), [
      { number: 2, change: clip('b') },
      { number: 3, change: clip('a') },
      { number: 4, change: clip('c') },
    ])
    assert.deepEqual(recent.after(3), [{ number: 4, change: clip('c') }])
    assert.deepEqual(recent.after(4), [])
    assert.deepEqual(numbersAfter(recent, 1), [2, 3, 4])
    assert.deepEqual(recent.after(0, 2)?.length, 2)
  })

  it('are unknown after a number that is yet to come, and before one that is lost', () => {
    const recent = new RecentChanges(2)
    assert.deepEqual([recent.after(0), recent.after(1)], [[], undefined])
    for (const id of ['a', 'b', 'c', 'd']) recent.add(clip(id))
    assert.equal(recent.after(1), undefined, 'the second is lost')
    assert.deepEqual(numbersAfter(recent, 2), [3, 4])
  })

  it('of many things that change again and again are still those of a long time ago', () => {
    const recent = new RecentChanges(3)
    for (let n = 0; n < 1000; n++) recent.add(clip(`${n % 3}`))
    assert.deepEqual(numbersAfter(recent, 0), [998, 999, 1000])
  })

  it('are nothing but everything, where that has changed', () => {
    const recent = new RecentChanges(2)
    for (const id of ['a', 'b', 'c']) recent.add(clip(id))
    recent.add({ kind: 'everything' })
    recent.add(clip('d'))
    assert.deepEqual(numbersAfter(recent, 0), [4, 5], 'also for those who have missed what is lost')
  })

  it('leave nobody without a change that was made after the one that they have (random changes)', () => {
    const changes = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 })
    const property = fc.property(changes, fc.integer({ min: 1, max: 8 }), (ids, most) => {
      const recent = new RecentChanges(most)
      const made = ids.map((id): Change => (id === 0 ? { kind: 'everything' } : clip(`${id}`)))
      for (const change of made) recent.add(change)
      for (let number = 0; number <= made.length; number++) {
        const later = recent.after(number)
        if (!later) continue
        const told = new Set(later.map(({ change }) => changedThing(change)))
        const missed = made.slice(number).filter((change) => !told.has(changedThing(change)) && !told.has('everything'))
        assert.deepEqual(missed, [])
        assert.deepEqual(
          later.map((each) => each.number),
          later.map((each) => each.number).toSorted((a, b) => a - b),
        )
      }
      assert.deepEqual(recent.after(made.length), [], 'who has all misses nothing')
      assert.equal((recent.after(Math.max(made.length - 1, 0)) ?? []).length, Math.min(made.length, 1))
    })
    fc.assert(property, { seed: 20_261_201, numRuns: 200 })
  })
})
