import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Change } from './change.ts'
import { Coalescing } from './coalescing.ts'
import { Silence } from './silence.ts'

const CONTENT: Change = { kind: 'content', id: 'news' }
const JOB: Change = { kind: 'harvestJob', id: 'job' }

describe('what is told of a thing that changes often', () => {
  it('is its first change at once, and what follows at the end of the interval, once', () => {
    const coalescing = new Coalescing()
    assert.equal(coalescing.put(CONTENT, 1000), true)
    for (let now = 1001; now < 2000; now += 100) assert.equal(coalescing.put(CONTENT, now), false)
    assert.deepEqual(coalescing.due(1999), [])
    assert.deepEqual(coalescing.due(2000), [CONTENT])
    assert.deepEqual(coalescing.due(2000), [], 'once')
    assert.equal(coalescing.put(CONTENT, 2500), false, 'a second after it was told last')
    assert.deepEqual(coalescing.due(3000), [CONTENT])
    assert.deepEqual(coalescing.due(9000), [])
    assert.equal(coalescing.put(CONTENT, 9001), true)
  })

  it('is at most two changes a second of a harvest job, and no change less than the last one', () => {
    const coalescing = new Coalescing()
    let told = 0
    for (let now = 0; now < 10_000; now += 50) {
      if (coalescing.put(JOB, now)) told++
      told += coalescing.due(now).length
    }
    assert.ok(told >= 19 && told <= 21, `${told} in ten seconds`)
    assert.equal(coalescing.due(20_000).length, 1)
  })

  it('is told of each thing by itself, in the order in which they have waited', () => {
    const coalescing = new Coalescing()
    const clip = (id: string): Change => ({ kind: 'clip', id })
    for (const id of ['a', 'b']) assert.equal(coalescing.put(clip(id), 0), true)
    assert.equal(coalescing.put({ kind: 'harvestJob', id: 'a' }, 0), true)
    for (const id of ['b', 'a']) assert.equal(coalescing.put(clip(id), 10), false)
    assert.deepEqual(coalescing.due(1000), [clip('a'), clip('b')])
  })

  it('is everything where more things change than are remembered', () => {
    const coalescing = new Coalescing()
    for (let n = 0; n < 20_000; n++) assert.equal(coalescing.put({ kind: 'clip', id: `${n}` }, 0), true)
    assert.equal(coalescing.put({ kind: 'clip', id: '19999' }, 1), true, 'not remembered')
    assert.equal(coalescing.put({ kind: 'clip', id: '0' }, 1), false)
    for (let n = 0; n < 20_000; n++) assert.equal(coalescing.put({ kind: 'event', id: `e${n}` }, 1), true)
  })
})

describe('a channel whose content does not change any more', () => {
  it('is told again soon after three target durations have passed, and then forgotten', () => {
    const silence = new Silence()
    silence.changed('news', 0)
    const told: number[] = []
    for (let now = 0; now <= 120_000; now += 500) if (silence.due(now).includes('news')) told.push(now / 1000)
    assert.deepEqual(told, [4, 7, 10, 13, 19, 25, 31, 46, 61])
    for (const targetDuration of [1, 2, 3, 4, 6, 8, 10, 15, 20]) {
      assert.ok(told.some((at) => at > 3 * targetDuration && at <= 3 * targetDuration + 1))
    }
  })

  it('is not told while its content changes', () => {
    const silence = new Silence()
    for (let now = 0; now < 60_000; now += 2000) {
      silence.changed('news', now)
      assert.deepEqual(silence.due(now + 1999), [])
    }
    silence.changed('sport', 60_000)
    assert.deepEqual(silence.due(62_000), ['news'])
    assert.deepEqual(silence.due(64_000), ['sport'])
  })
})
