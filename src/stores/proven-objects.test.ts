import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import type { Log } from '../log.ts'
import { utcMs } from '../media/time.ts'
import { LostMedia } from '../model/lost-media.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import { openCacheFolder } from './cache-folder/cache-folder.ts'
import { openFileObjects } from './file-objects.ts'
import { cacheObjects } from './object-cache.ts'
import type { ObjectStream, Objects } from './objects.ts'
import { type ProvenObjects, provenObjects } from './proven-objects.ts'

/** More than a piece of a stream. */
const WHOLE = Buffer.from('media '.repeat(200_000))

async function bytesOf(opened: Uint8Array | ObjectStream): Promise<Buffer> {
  if (opened instanceof Uint8Array) return Buffer.from(opened)
  const pieces: Buffer[] = []
  try {
    for await (const piece of opened) pieces.push(Buffer.from(piece))
  } finally {
    await opened.close()
  }
  return Buffer.concat(pieces)
}

describe('objects that are proven', () => {
  let folder: string
  let stored: Objects
  let count = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proven-'))
    stored = await openFileObjects(folder)
  })
  after(() => rm(folder, { recursive: true }))

  const put = async () => {
    const key = `object-${count++}`
    const writer = await stored.create(key)
    await writer.write(Uint8Array.from(WHOLE))
    await writer.commit()
    return { key, size: WHOLE.length, crc32: crc32(WHOLE), path: join(folder, key) }
  }
  const replace = async (path: string, bytes: Uint8Array) => {
    await unlink(path)
    await writeFile(path, bytes)
  }
  const lost = (reason: string) => (error: unknown) => error instanceof LostMedia && error.reason === reason
  const flipped = WHOLE.with(WHOLE.length - 1, 0)

  const damages: Readonly<Record<string, readonly [reason: string, (path: string) => Promise<void>]>> = {
    'one changed byte': ['damaged', (path) => replace(path, flipped)],
    'half of its bytes': [
      'damaged',
      async (path) => {
        await replace(path, WHOLE)
        await truncate(path, 600_000)
      },
    ],
    'no bytes': ['damaged', (path) => replace(path, Buffer.of())],
    'more bytes': ['damaged', (path) => replace(path, Buffer.concat([WHOLE, WHOLE]))],
    'no file': ['missing', (path) => unlink(path)],
    'a folder in its place': [
      'unreadable',
      async (path) => {
        await unlink(path)
        await mkdir(path)
      },
    ],
  }
  for (const [what, [reason, damage]] of Object.entries(damages)) {
    it(`are lost with ${what}, however they are read`, async () => {
      const object = await put()
      await damage(object.path)
      for (const objects of [stored, cacheObjects(stored, { maxBytes: 1 << 24 })]) {
        const proven = provenObjects(objects)
        await assert.rejects(proven.read(object), lost(reason))
        await assert.rejects(proven.open(object).then(bytesOf), lost(reason))
        await assert.rejects(proven.openProven(object), lost(reason))
        await assert.rejects(proven.openProven(object, { start: 10, end: 20 }), lost(reason))
      }
    })
  }

  it('are given whole, and in ranges', async () => {
    const object = await put()
    for (const objects of [stored, cacheObjects(stored, { maxBytes: 1 << 24 })]) {
      const proven = provenObjects(objects)
      for (const _ of [1, 2, 3]) {
        assert.ok((await bytesOf(await proven.openProven(object))).equals(WHOLE))
        const range = { start: 3, end: 900_000 }
        const part = await bytesOf(await proven.openProven(object, range))
        assert.ok(part.equals(WHOLE.subarray(range.start, range.end)))
        assert.ok((await bytesOf(await proven.open(object))).equals(WHOLE))
        assert.ok(Buffer.from(await proven.read(object)).equals(WHOLE))
      }
    }
  })

  it('are not taken into a cache by their proof', async () => {
    const object = await put()
    const uncached: string[] = []
    const noted: Objects = {
      ...stored,
      read: (key, range) => {
        uncached.push(key)
        return stored.read(key, range)
      },
    }
    const proven = provenObjects(cacheObjects(noted, { maxBytes: 1 << 24 }), noted)
    const view = async () => assert.ok((await bytesOf(await proven.openProven(object))).equals(WHOLE))
    await view()
    assert.deepEqual(uncached, [])
    await view()
    assert.deepEqual(uncached, [object.key])
  })

  const ways: Readonly<Record<string, (proven: ProvenObjects, object: StoredBytes) => Promise<unknown>>> = {
    read: (proven, object) => proven.read(object),
    prove: (proven, object) => proven.prove(object),
    openProven: async (proven, object) => bytesOf(await proven.openProven(object)),
    'openProven of a range': async (proven, object) => bytesOf(await proven.openProven(object, { start: 1, end: 9 })),
    'open and read again': async (proven, object) => {
      await assert.rejects(proven.open(object).then(bytesOf), lost('damaged'))
      return bytesOf(await proven.open(object))
    },
  }
  for (const [what, way] of Object.entries(ways)) {
    it(`and cached with wrong bytes come from the store again: ${what}`, async () => {
      const object = await put()
      let fetches = 0
      const changing: Objects = {
        ...stored,
        open: (key, range) => (++fetches === 1 ? Promise.resolve(Uint8Array.from(flipped)) : stored.open(key, range)),
      }
      const nowhere = { folder: join(folder, `.cache-${object.key}`), maxBytes: 1 << 24, log: {} as Log }
      const cache = await openCacheFolder(changing, { ...nowhere, clock: () => utcMs(0) })
      const proven = provenObjects(cacheObjects(cache, { maxBytes: 1 << 24 }), cache)
      await way(proven, object)
      assert.equal(fetches, 2)
      assert.ok(WHOLE.equals(await proven.read(object)))
      assert.equal(fetches, 2)
      await cache.close()
    })
  }

  it('are not given to their end when they are damaged after they were proven', async () => {
    const object = await put()
    const proven = provenObjects(stored)
    await bytesOf(await proven.openProven(object))
    await replace(object.path, flipped)
    const opened = await proven.openProven(object)
    const seen: number[] = []
    await assert.rejects(async () => {
      assert.ok(!(opened instanceof Uint8Array))
      try {
        for await (const piece of opened) seen.push(piece.length)
      } finally {
        await opened.close()
      }
    }, lost('damaged'))
    assert.ok(seen.reduce((sum, each) => sum + each, 0) < WHOLE.length)
  })
})
