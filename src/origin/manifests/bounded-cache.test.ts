import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BoundedCache } from './bounded-cache.ts'

describe('a bounded cache', () => {
  it('lets go of what was put first once its budget is exceeded', () => {
    const cache = new BoundedCache<string>(10)
    cache.put('a', 'A', 4)
    cache.put('b', 'B', 4)
    cache.put('a', 'again', 4)
    cache.put('c', 'C', 4)
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], ['again', undefined, 'C'])
  })

  it('gives back the cost of what is replaced or deleted, and does not keep what costs too much', () => {
    const cache = new BoundedCache<string>(10)
    for (let i = 0; i < 5; i++) cache.put('a', 'A', 9)
    cache.delete('a')
    cache.delete('a')
    cache.put('b', 'B', 10)
    assert.equal(cache.get('b'), 'B')
    cache.put('c', 'C', 11)
    assert.equal(cache.get('c'), undefined)
  })

  it('has its whole budget again when it is cleared', () => {
    const cache = new BoundedCache<string>(10)
    cache.put('a', 'A', 9)
    cache.clear()
    assert.equal(cache.get('a'), undefined)
    cache.put('b', 'B', 5)
    cache.put('c', 'C', 5)
    assert.deepEqual([cache.get('b'), cache.get('c')], ['B', 'C'])
  })
})
