import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { utcMs } from '../media/time.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import { openFileObjects } from './file-objects.ts'
import type { Objects } from './objects.ts'
import { ProvenFiles } from './proven-files.ts'
import { provenObjects } from './proven-objects.ts'

const WHOLE = Buffer.from('media '.repeat(1000))

describe('files of objects', () => {
  let folder: string
  let stored: Objects
  let count = 0
  let now = 0
  let proofs = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proven-files-'))
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
  const files = (objects: Pick<Objects, 'location'> = stored) => {
    const proven = provenObjects(stored)
    const prove = (object: StoredBytes) => {
      proofs++
      return proven.prove(object)
    }
    return new ProvenFiles({ stored: objects, prove, clock: () => utcMs(now) })
  }
  const replace = async (path: string, bytes: Uint8Array) => {
    await unlink(path)
    await writeFile(path, bytes)
  }

  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'half of their bytes': async (path) => {
      await replace(path, WHOLE)
      await truncate(path, 3000)
    },
    'more bytes': (path) => replace(path, Buffer.concat([WHOLE, WHOLE])),
    'no file': (path) => unlink(path),
    'a folder in their place': async (path) => {
      await unlink(path)
      await mkdir(path)
    },
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`are not sent with ${what}, a second after it was noticed last that they are whole`, async () => {
      const object = await put()
      const proven = files()
      assert.ok(await proven.has(object))
      await damage(object.path)
      now += 999
      assert.ok(await proven.has(object))
      now += 1
      assert.equal(await proven.has(object), false)
      assert.equal(await proven.has(object), false)
    })
  }

  it('are not sent with a changed byte, unless it changed after they were proven and nobody has read it since', async () => {
    const object = await put()
    const proven = files()
    assert.ok(await proven.has(object))
    await replace(object.path, WHOLE.with(7, 0))
    now += 5000
    assert.ok(await proven.has(object))
    assert.equal(await files().has(object), false)
    proven.distrust(object.key)
    assert.equal(await proven.has(object), false)
    await replace(object.path, WHOLE)
    assert.ok(await proven.has(object))
  })

  it('are proven once, for all who ask at the same time and later', async () => {
    const object = await put()
    const proven = files()
    proofs = 0
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => proven.has(object))), [true, true, true])
    now += 5000
    assert.ok(await proven.has(object))
    assert.equal(proofs, 1)
  })

  it('are none of objects that lie elsewhere', async () => {
    const object = await put()
    const location = { kind: 's3', host: 'here', bucket: 'archive', key: object.key } as const
    assert.equal(await files({ location: () => location }).has(object), false)
    assert.equal(await files({ location: () => undefined }).has(object), false)
  })
})
