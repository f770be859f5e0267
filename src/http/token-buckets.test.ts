import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import { TokenBuckets } from './token-buckets.ts'

const takes = (buckets: TokenBuckets, key: string, ms: number, times: number) =>
  Array.from({ length: times }, () => buckets.take(key, utcMs(ms))).filter((wait) => wait === 0).length

describe('token buckets', () => {
  it('let a burst pass, then the rate, each key by itself', () => {
    const buckets = new TokenBuckets(50, 100)
    assert.equal(takes(buckets, 'a', 0, 150), 100)
    assert.equal(takes(buckets, 'a', 1000, 150), 50)
    assert.equal(takes(buckets, 'b', 1000, 150), 100)
    assert.equal(takes(buckets, 'a', 60_000, 150), 100)
  })
  it('say how long to wait, in whole seconds', () => {
    const buckets = new TokenBuckets(0.25, 1)
    assert.equal(buckets.take('a', utcMs(0)), 0)
    assert.equal(buckets.take('a', utcMs(0)), 4)
    assert.equal(buckets.take('a', utcMs(3000)), 1)
    assert.equal(buckets.take('a', utcMs(4000)), 0)
  })
  it('take nothing away when the clock is set back', () => {
    const buckets = new TokenBuckets(1, 10)
    assert.equal(takes(buckets, 'a', 1_000_000, 5), 5)
    assert.equal(takes(buckets, 'a', 0, 10), 5)
    assert.equal(takes(buckets, 'a', 2000, 10), 2)
  })
  it('remember a bounded number of keys', () => {
    const buckets = new TokenBuckets(1, 1, 2)
    for (const key of ['a', 'b', 'a', 'c']) buckets.take(key, utcMs(0))
    assert.notEqual(buckets.take('a', utcMs(0)), 0)
    assert.equal(buckets.take('b', utcMs(0)), 0)
  })
})
