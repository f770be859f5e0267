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

  it('lets go of what nobody has used for a time, when another value is put', () => {
    let now = 0
    const gone: string[] = []
    const evicted = (key: string) => void gone.push(key)
    const cache = new LruCache<string>(100, { evicted, unused: { afterMs: 10, clock: () => now } })
    cache.put('a', 'A', 1)
    cache.put('b', 'B', 1)
    now = 9
    cache.get('a')
    now = 10
    cache.put('c', 'C', 1)
    assert.deepEqual([gone, cache.held], [['b'], 2])
    now = 1000
    cache.put('d', 'D', 1)
    assert.deepEqual([gone, cache.get('d'), cache.held], [['b', 'a', 'c'], 'D', 1])
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
