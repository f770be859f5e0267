import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cacheObjects } from './object-cache.ts'
import { type ByteRange, NoSuchObject, type Objects } from './objects.ts'

/** Objects in memory that record reads, and can hold their results back. */
function memory(contents: Record<string, number>) {
  const bytes = new Map(Object.entries(contents).map(([key, size]) => [key, Buffer.alloc(size, key)]))
  const reads: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const objects: Objects = {
    create: () => assert.fail('nothing is written here'),
    async read(key: string, range?: ByteRange) {
      reads.push(key)
      const found = bytes.get(key)
      await gate
      if (!found) throw new NoSuchObject(key)
      return range ? found.subarray(range.start, range.end) : found
    },
    async open(key: string, range?: ByteRange) {
      const piece = await this.read(key, range)
      async function* pieces() {
        yield piece
      }
      return Object.assign(pieces(), { close: async () => {} })
    },
    location: (key) => ({ kind: 'file', path: `/files/${key}` }),
    async remove(key) {
      await gate
      bytes.delete(key)
    },
    async *list() {},
  }
  /** Holds all results back; returns a function that releases them. */
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return () => {
      gate = Promise.resolve()
      resolve()
    }
  }
  return { objects, reads, hold }
}

describe('a cache of objects', () => {
  it('reads an object once and shares its bytes', async () => {
    const { objects, reads } = memory({ a: 10 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    const first = await cache.read('a')
    assert.equal(await cache.read('a'), first)
    const part = await cache.read('a', { start: 2, end: 5 })
    assert.equal(part.buffer, first.buffer)
    assert.equal(Buffer.from(part).toString(), 'aaa')
    assert.deepEqual(reads, ['a'])
  })

  it('keeps nothing that is opened once, however often, and gives what it keeps', async () => {
    const { objects, reads } = memory({ a: 10, b: 10 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    for (let time = 1; time <= 3; time++) assert.ok(!((await cache.openOnce!('a')) instanceof Uint8Array))
    const kept = await cache.read('b')
    assert.equal(await cache.openOnce!('b'), kept)
    assert.deepEqual(reads, ['a', 'a', 'a', 'b'])
  })

  it('loads at most four objects at a time that are passed on, and streams others', async () => {
    for (const count of [4, 9]) {
      const keys = Array.from({ length: count }, (_, at) => `k${at}`)
      const { objects, hold } = memory(Object.fromEntries(keys.map((key) => [key, 1])))
      const cache = cacheObjects(objects, { maxBytes: 1000 })
      for (const key of keys) assert.ok('close' in (await cache.open(key)))
      const release = hold()
      const opening = keys.map((key) => cache.open(key))
      release()
      const opened = await Promise.all(opening)
      assert.equal(opened.filter((each) => each instanceof Uint8Array).length, 4)
    }
  })

  it('shares one load among all who read at the same time, in whole and in part', async () => {
    const { objects, reads, hold } = memory({ a: 10 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    const letGo = hold()
    const all = [cache.read('a'), cache.read('a', { start: 0, end: 3 }), cache.read('a')]
    letGo()
    assert.deepEqual(
      (await Promise.all(all)).map(({ length }) => length),
      [10, 3, 10],
    )
    assert.deepEqual(reads, ['a'])
  })

  it('lets the least recently read go first', async () => {
    const { objects, reads } = memory({ a: 25, b: 25, c: 25, d: 25, e: 25 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    for (const key of ['a', 'b', 'c', 'd', 'a', 'e']) await cache.read(key)
    reads.length = 0
    for (const key of ['a', 'c', 'd', 'e', 'b']) await cache.read(key)
    assert.deepEqual(reads, ['b'])
  })

  it('loads the whole of a small object when a part is read: players read on', async () => {
    const { objects, reads } = memory({ a: 25 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    assert.equal((await cache.read('a', { start: 0, end: 5 })).length, 5)
    assert.equal((await cache.read('a', { start: 20, end: 99 })).length, 5)
    assert.equal((await cache.read('a')).length, 25)
    assert.deepEqual(reads, ['a'])
  })

  it('keeps no object larger than a quarter, and pushes nothing out for it', async () => {
    const { objects, reads } = memory({ small: 25, large: 26 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    await cache.read('small')
    assert.equal((await cache.read('large')).length, 26)
    assert.equal((await cache.read('large', { start: 1, end: 26 })).length, 25)
    reads.length = 0
    assert.equal((await cache.read('large', { start: 0, end: 2 })).length, 2)
    assert.equal((await cache.read('large')).length, 26)
    await cache.read('small')
    assert.deepEqual(reads, ['large', 'large'])
  })

  it('does not remember failures', async () => {
    const { objects, reads } = memory({})
    const cache = cacheObjects(objects, { maxBytes: 100 })
    await assert.rejects(cache.read('a'), NoSuchObject)
    await assert.rejects(cache.read('a', { start: 0, end: 1 }), NoSuchObject)
    assert.deepEqual(reads, ['a', 'a'])
  })

  it('forgets what is removed, also what was being loaded meanwhile', async () => {
    const { objects, hold } = memory({ a: 10, b: 10 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    await cache.read('a')
    await cache.remove('a')
    await assert.rejects(cache.read('a'), NoSuchObject)
    const letGo = hold()
    const early = cache.read('b')
    const removed = cache.remove('b')
    const late = cache.read('b')
    letGo()
    await Promise.all([early, late, removed])
    await assert.rejects(cache.read('b'), NoSuchObject)
  })

  it('passes on where objects lie', () => {
    const { location } = cacheObjects(memory({}).objects, { maxBytes: 1 })
    assert.deepEqual(location('k'), { kind: 'file', path: '/files/k' })
  })

  it('fetches an object that is far away once, however often and in whatever parts it is passed on', async () => {
    const { objects, reads } = memory({ a: 10, b: 10 })
    const cache = cacheObjects(objects, { maxBytes: 100, isFar: true })
    await Promise.all([cache.open('a'), cache.open('a', { start: 2, end: 4 }), cache.open('a')])
    assert.ok((await cache.open('b', { start: 0, end: 2 })) instanceof Uint8Array)
    await cache.open('b')
    assert.deepEqual(reads, ['a', 'b'])
  })

  it('passes an object on the first time, and keeps it from the second', async () => {
    const { objects, reads } = memory({ a: 10, large: 30 })
    const cache = cacheObjects(objects, { maxBytes: 100 })
    assert.ok(!((await cache.open('a')) instanceof Uint8Array))
    assert.ok((await cache.open('a')) instanceof Uint8Array)
    const part = await cache.open('a', { start: 2, end: 5 })
    assert.ok(part instanceof Uint8Array && part.length === 3)
    assert.deepEqual(reads, ['a', 'a'])
    for (let time = 0; time < 3; time++) assert.ok(!((await cache.open('large')) instanceof Uint8Array))
    await assert.rejects(cache.open('none'), NoSuchObject)
  })
})
