import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { temporaryFolder } from '../../../test/judges/processes.ts'
import { utcMs } from '../../media/time.ts'
import { openFileObjects } from '../file-objects.ts'
import { objectsContract, put } from '../objects.contract.ts'
import { NoSuchObject, type Objects } from '../objects.ts'
import { type CacheFolder, openCacheFolder } from './cache-folder.ts'

const root = temporaryFolder('cache')
let folders = 0
const newFolder = () => join(root, `${folders++}`)

/** A store that counts what is asked of it. */
async function countedStore(): Promise<Objects & { readonly asked: string[] }> {
  const store = await openFileObjects(newFolder())
  const asked: string[] = []
  return {
    ...store,
    asked,
    location(key) {
      store.location(key)
      return undefined
    },
    async open(key, range) {
      asked.push(key)
      return store.open(key, range)
    },
    async read(key, range) {
      asked.push(key)
      return store.read(key, range)
    },
  }
}

describe('a cache folder', () => {
  const opened: CacheFolder[] = []
  const logged: unknown[] = []
  let now = utcMs(1_800_000_000_000)
  const open = async (objects: Objects, { folder = newFolder(), maxBytes = 1 << 24 } = {}) => {
    const warn = (fields: unknown) => void logged.push(fields)
    const log = { info: warn, warn, error: warn, debug: warn } as never
    const cache = await openCacheFolder(objects, { folder, maxBytes, clock: () => now, log })
    opened.push(cache)
    return cache
  }
  after(() => Promise.all(opened.map((cache) => cache.close())))

  const filesIn = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  }
  const bytesIn = async (folder: string) => {
    const sizes = (await filesIn(folder)).map(async (path) => (await stat(path)).size)
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }
  const textOf = async (objects: Objects, key: string) => Buffer.from(await objects.read(key)).toString()

  objectsContract('a cache folder', async () => open(await countedStore()))

  it('asks the store once, however many wait and whatever ranges they want', async () => {
    const store = await countedStore()
    const bytes = randomBytes(700_000)
    await put(store, 'a/b', bytes)
    const cache = await open(store)
    const ranges = [undefined, { start: 5, end: 600_000 }, { start: 0, end: 1 }, { start: 699_999, end: 1e12 }]
    const reads = await Promise.all(ranges.map((range) => cache.read('a/b', range)))
    for (const [n, range] of ranges.entries()) assert.ok(bytes.subarray(range?.start, range?.end).equals(reads[n]!))
    assert.ok(bytes.equals(await cache.read('a/b')))
    assert.deepEqual(store.asked, ['a/b'])
    await assert.rejects(cache.read('a/c'), NoSuchObject)
    assert.equal(cache.location('a/b'), undefined)
  })

  it('survives the process, and keeps what was used last', async () => {
    const store = await countedStore()
    const folder = newFolder()
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const key of keys) await put(store, key, Buffer.alloc(100_000, key))
    const first = await open(store, { folder, maxBytes: 650_000 })
    // The second reading of each sets the time of its file: those of writing are not always apart.
    for (const key of [...keys, ...keys, 'a']) {
      now = utcMs(now + 1_000_000)
      await first.read(key)
    }
    await first.close()

    store.asked.length = 0
    const second = await open(store, { folder, maxBytes: 410_000 })
    await evicted(folder, 4)
    for (const key of ['a', 'd', 'e', 'f']) assert.equal(await textOf(second, key), key.repeat(100_000))
    assert.deepEqual(store.asked, [])
    await second.read('b')
    await evicted(folder, 4)
    await second.read('d')
    assert.deepEqual(store.asked, ['b'])
  })

  it('is bounded, and passes on what is too large for it', async () => {
    const store = await countedStore()
    const folder = newFolder()
    const cache = await open(store, { folder, maxBytes: 800_000 })
    for (let n = 0; n < 20; n++) {
      await put(store, `k/${n}`, randomBytes(150_000))
      await cache.read(`k/${n}`)
    }
    await evicted(folder, 5)
    const large = randomBytes(200_001)
    await put(store, 'large', large)
    for (const _ of [1, 2]) assert.ok(large.equals(await cache.read('large', { start: 0, end: 1e12 })))
    assert.deepEqual(store.asked.slice(-3), ['large', 'large', 'large'])
    assert.ok((await bytesIn(folder)) <= 800_000)
  })

  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'half its bytes': async (path) => truncate(path, 100),
    'no bytes': async (path) => truncate(path),
    'other bytes': async (path) => writeFile(path, Buffer.alloc((await stat(path)).size, 'y')),
    'zeros, as a power cut leaves them': async (path) => writeFile(path, Buffer.alloc((await stat(path)).size)),
    'been deleted': async (path) => rm(path),
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`of an earlier process asks the store for an object whose file has ${what}`, async () => {
      const store = await countedStore()
      await put(store, 'k', Buffer.alloc(1000, 'x'))
      const folder = newFolder()
      const first = await open(store, { folder })
      await first.read('k')
      await first.close()
      for (const path of await filesIn(folder)) await damage(path)
      const second = await open(store, { folder })
      assert.equal(await textOf(second, 'k'), 'x'.repeat(1000))
      assert.equal(await textOf(second, 'k'), 'x'.repeat(1000))
      assert.equal(store.asked.length, 2)
    })
  }

  it('writes 64 files at a time, however many objects are asked for', async () => {
    const store = await countedStore()
    const keys = Array.from({ length: 200 }, (_, n) => `k/${n}`)
    for (const key of keys) await put(store, key, Buffer.from(key))
    const folder = newFolder()
    let [most, begun] = [0, 0]
    const allBegun = Promise.withResolvers<void>()
    const openTogether = async (key: string) => {
      if (++begun === 64) allBegun.resolve()
      await allBegun.promise
      most = Math.max(most, (await readdir(join(folder, '.incoming'))).length)
      return store.open(key)
    }
    const cache = await open({ ...store, open: openTogether }, { folder })
    assert.deepEqual(await Promise.all(keys.map((key) => textOf(cache, key))), keys)
    assert.equal(most, 64)
  })

  it('may be deleted at any time', async () => {
    const store = await countedStore()
    await put(store, 'k', Buffer.from('bytes'))
    const folder = newFolder()
    const cache = await open(store, { folder })
    for (let round = 1; round <= 3; round++) {
      assert.equal(await textOf(cache, 'k'), 'bytes')
      assert.equal(store.asked.length, round)
      assert.equal((await filesIn(folder)).length, 1)
      await rm(folder, { recursive: true })
    }
  })

  it('that cannot be used does no harm, and is logged once', async () => {
    const store = await countedStore()
    await put(store, 'k', Buffer.from('bytes'))
    const folder = newFolder()
    await writeFile(folder, 'a file')
    logged.length = 0
    const cache = await open(store, { folder })
    for (const _ of [1, 2, 3]) assert.equal(await textOf(cache, 'k'), 'bytes')
    await cache.remove('k')
    await assert.rejects(cache.read('k'), NoSuchObject)
    assert.equal(logged.length, 1)
  })

  it('forgets an object whose bytes were found to be wrong, and what an earlier process left half-written', async () => {
    const store = await countedStore()
    await put(store, 'k', Buffer.from('bytes'))
    const folder = newFolder()
    const cache = await open(store, { folder })
    await cache.read('k')
    await cache.forget('k')
    assert.deepEqual(await filesIn(folder), [])
    assert.equal(await textOf(cache, 'k'), 'bytes')
    assert.equal(store.asked.length, 2)
    await writeFile(join(folder, '.incoming/half'), 'half')
    await open(store, { folder })
    assert.deepEqual(await readdir(join(folder, '.incoming')), [])
  })

  /** Resolves when no more files are left than that: they are deleted in the background. */
  async function evicted(folder: string, files: number): Promise<void> {
    while ((await filesIn(folder)).length > files) await new Promise((resolve) => setImmediate(resolve))
  }
})
