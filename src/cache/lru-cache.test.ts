import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LruCache } from './lru-cache.ts'

describe('LruCache', () => {
  it('lets go of what was used least recently once its budget is exceeded', () => {
    const cache = new LruCache<string>(10)
    cache.put('a', 'A', 4)
    cache.put('b', 'B', 4)
    cache.put('a', 'again', 4)
    cache.put('c', 'C', 4)
    assert.deepEqual([cache.get('c'), cache.get('b'), cache.get('a')], ['C', undefined, 'again'])
    cache.put('d', 'D', 4)
    assert.deepEqual(
      ['a', 'c', 'd'].map((key) => cache.has(key)),
      [true, false, true],
    )
  })

  it('gives back the cost of what is replaced or deleted, and does not keep what costs too much', () => {
    const cache = new LruCache<string>(10)
    for (let i = 0; i < 5; i++) cache.put('a', 'A', 9)
    cache.delete('a')
    cache.delete('a')
    cache.put('b', 'B', 10)
    assert.equal(cache.get('b'), 'B')
    cache.put('c', 'C', 11)
    assert.equal(cache.get('c'), undefined)
  })

  it('has its whole budget again when it is cleared', () => {
    const cache = new LruCache<string>(10)
    cache.put('a', 'A', 9)
    cache.clear()
    assert.equal(cache.get('a'), undefined)
    cache.put('b', 'B', 5)
    cache.put('c', 'C', 5)
    assert.deepEqual([cache.get('b'), cache.get('c')], ['B', 'C'])
  })
})
