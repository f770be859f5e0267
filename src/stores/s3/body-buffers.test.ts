import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import type { ObjectBody } from '../object-body.ts'
import { BodyBuffers } from './body-buffers.ts'

const MOST_KEPT = 1 << 20

describe('a body that is held in memory', () => {
  let folder: string
  let paths: readonly string[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodies-'))
    paths = ['one', 'two'].map((name) => join(folder, name))
    for (const path of paths) await writeFile(path, `${path} `.repeat(5000))
  })
  after(() => rm(folder, { recursive: true }))

  const whole = () => Buffer.concat(paths.map((path) => Buffer.from(`${path} `.repeat(5000))))
  const files = (size = whole().length): ObjectBody => {
    const objects = paths.map((file) => {
      const content = `${file} `.repeat(5000)
      const stored = { key: file, size: content.length, crc32: crc32(content) }
      const location = { kind: 'file', path: file } as const
      return { ...stored, location, open: () => assert.fail('the file is read') }
    })
    return { kind: 'objects', objects, contentType: 'text/plain', size }
  }
  const parts = (size: number): ObjectBody => {
    return { kind: 'bytes', parts: [Buffer.from('ab'), Buffer.from('cde')], contentType: 'text/plain', size }
  }

  it('is that of the files, or the parts, one after the other', async () => {
    const buffers = new BodyBuffers(MOST_KEPT)
    for (const _ of [1, 2]) {
      assert.ok(await buffers.hold(files(), async (bytes) => bytes.equals(whole())))
      assert.equal(await buffers.hold(parts(5), async (bytes) => bytes.toString()), 'abcde')
    }
  })

  it('has as many bytes as it says', async () => {
    const buffers = new BodyBuffers(MOST_KEPT)
    const never = () => assert.fail('nothing is to be sent')
    for (const size of [1, whole().length - 1, whole().length + 1, whole().length * 3]) {
      await assert.rejects(buffers.hold(files(size), never), /of an object that has/)
    }
    for (const size of [0, 4, 6]) await assert.rejects(buffers.hold(parts(size), never), /of an object that has/)
  })

  it('does not lie where another lies at the time', async () => {
    const buffers = new BodyBuffers(MOST_KEPT)
    const release = Promise.withResolvers<void>()
    const read = async (bytes: Buffer) => {
      await release.promise
      return bytes.toString()
    }
    const first = buffers.hold(parts(5), read)
    const other: ObjectBody = { ...parts(5), kind: 'bytes', parts: [Buffer.from('vwxyz')] }
    const second = buffers.hold(other, read)
    release.resolve()
    assert.deepEqual(await Promise.all([first, second]), ['abcde', 'vwxyz'])
  })

  it('leaves its memory to the next, unless it may still be on its way', async () => {
    const buffers = new BodyBuffers(MOST_KEPT)
    const place = async (bytes: Buffer) => bytes.buffer
    const first = await buffers.hold(parts(5), place)
    assert.ok((await buffers.hold(parts(5), place)) === first)
    let lost: ArrayBufferLike | undefined
    const broken = buffers.hold(parts(5), async (bytes) => {
      lost = bytes.buffer
      throw new Error('reset')
    })
    await assert.rejects(broken, /reset/)
    assert.ok((await buffers.hold(parts(5), place)) !== lost)
    const kept = await buffers.hold(parts(5), async (bytes, keep) => {
      keep()
      return bytes.buffer
    })
    assert.ok((await buffers.hold(parts(5), place)) !== kept)
  })

  it('leaves no more than it may', async () => {
    const buffers = new BodyBuffers(MOST_KEPT / 8)
    const place = async (bytes: Buffer) => bytes.buffer
    const large: ObjectBody = { kind: 'bytes', parts: [Buffer.alloc(MOST_KEPT)], contentType: '', size: MOST_KEPT }
    const first = await buffers.hold(large, place)
    assert.ok((await buffers.hold(large, place)) !== first)
  })
})
