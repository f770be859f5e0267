import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Blocks, needing } from '../../test/programs.ts'
import { LostMedia } from '../model/lost-media.ts'
import {
  type Bucket,
  BucketRefused,
  type Buckets,
  type LevelRequest,
  type ReadableBucket,
  type ReadableBuckets,
} from './buckets.ts'
import type { ArchivedObject, ObjectBody } from './object-body.ts'

/** A store of buckets under test, with access from outside. */
export type BucketsUnderTest = {
  readonly buckets: Buckets & ReadableBuckets
  /** A bucket that exists. */
  readonly bucketName: string
  /** True when the store supports conditions on a put. */
  readonly knowsConditions: boolean
  /** The object as others see it; undefined when there is none. */
  read(key: string): Promise<Uint8Array | undefined>
}

const ROLE = 'arn:aws:iam::000000000000:role/harvest'
const never = new AbortController().signal

export const bodyOfBytes = (...parts: readonly Uint8Array[]): ObjectBody => ({
  kind: 'bytes',
  parts,
  contentType: 'application/octet-stream',
  size: parts.reduce((sum, part) => sum + part.length, 0),
})

export function bodyOfObjects(objects: readonly ArchivedObject[]): ObjectBody {
  const about = { contentType: 'application/octet-stream', size: objects.reduce((sum, { size }) => sum + size, 0) }
  const [object, ...others] = objects
  return object && others.length === 0 ? { ...about, kind: 'object', object } : { ...about, kind: 'objects', objects }
}

/** Brings an object into a bucket as a harvest does. */
export async function takeOrPut(bucket: Bucket, key: string, body: ObjectBody): Promise<void> {
  const { isTaken } = await bucket.take(key, body, never)
  if (!isTaken) await bucket.put(key, body, never)
}

/** A stream whose pieces lie in one buffer, as those of an archive do. */
export const bodyOfStream = (content: Uint8Array): ObjectBody => ({
  kind: 'stream',
  open: () => pieces(content),
  contentType: 'application/octet-stream',
  size: content.length,
})

async function* pieces(content: Uint8Array, until = content.length): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(300_000)
  for (let at = 0; at < content.length; at += buffer.length) {
    if (at >= until) throw new Error('the source broke off')
    const piece = buffer.subarray(0, Math.min(buffer.length, content.length - at))
    piece.set(content.subarray(at, at + piece.length))
    yield piece
    // Valid until the next is requested.
    buffer.fill(0xee)
  }
}

/** An object that is not in a local file, read through one buffer; `until` is where it breaks off. */
function coldObject(content: Uint8Array, until?: number): ArchivedObject & { openReadings(): number } {
  let readings = 0
  const open = async () => {
    readings++
    return Object.assign(pieces(content, until), { close: async () => void readings-- })
  }
  return { key: 'cold', size: content.length, crc32: crc32(content), open, openReadings: () => readings }
}

/** What may have become of bytes on a disk. */
function damagedCopies(whole: Uint8Array): Readonly<Record<string, Uint8Array>> {
  return {
    flipped: whole.map((byte, at) => (at === 599_999 ? byte ^ 1 : byte)),
    zeroed: new Uint8Array(whole.length),
    cut: whole.subarray(0, 300_000),
    empty: new Uint8Array(),
    longer: Buffer.concat([whole, Buffer.from('x')]),
  }
}

/** An object whose bytes are in memory. */
const warmObject = (content: Uint8Array): ArchivedObject => ({
  key: 'warm',
  size: content.length,
  crc32: crc32(content),
  open: async () => content,
})

export const destination = (bucketName: string, manifestKey = 'asset/index.m3u8') => ({
  bucketName,
  manifestKey,
  roleArn: ROLE,
})

export const refusedWith = (code: string) => (error: unknown) =>
  error instanceof BucketRefused && error.code === code && /^[A-Z"0-9].*\.$/.test(error.message)

/** The contract of every store of buckets. `open` is called once, before the first test. */
export function bucketContract(
  name: string,
  open: () => Promise<BucketsUnderTest>,
  { after, before, describe, it }: Blocks = needing(),
): void {
  describe(`${name} as buckets`, () => {
    let store: BucketsUnderTest
    let bucket: Bucket
    let folder: string

    before(async () => {
      store = await open()
      bucket = await store.buckets.open(destination(store.bucketName), never)
      folder = await mkdtemp(join(tmpdir(), 'harvest-'))
    })
    after(async () => {
      await store?.buckets.close()
      await rm(folder, { recursive: true, force: true })
    })

    async function fileOf(content: Uint8Array): Promise<ArchivedObject> {
      const file = join(folder, randomBytes(8).toString('hex'))
      await writeFile(file, content, { mode: 0o444 })
      const open = () => assert.fail('an object with a file is read from there')
      return { key: file, size: content.length, crc32: crc32(content), location: { kind: 'file', path: file }, open }
    }

    async function files(...contents: readonly Uint8Array[]): Promise<ObjectBody> {
      return bodyOfObjects(await Promise.all(contents.map(fileOf)))
    }

    const keeps = async (key: string, body: ObjectBody, content: Uint8Array) => {
      await takeOrPut(bucket, key, body)
      await bucket.flush()
      const kept = await store.read(key)
      assert.ok(kept && Buffer.compare(kept, content) === 0, `${key}: ${kept?.length} bytes, put ${content.length}`)
    }

    it('keeps the parts of a body in their order', async () => {
      await keeps(
        'parts/text',
        bodyOfBytes(Buffer.from('one '), Buffer.from('two '), Buffer.from('three')),
        Buffer.from('one two three'),
      )
    })

    it('keeps an empty object', async () => {
      await keeps('parts/empty', bodyOfBytes(), Buffer.alloc(0))
    })

    it('keeps a file', async () => {
      const content = randomBytes(300_000)
      await keeps('files/one.ts', await files(content), content)
    })

    it('joins several files', async () => {
      const contents = [randomBytes(1_500_000), randomBytes(1), randomBytes(700_000)]
      await keeps('files/three.ts', await files(...contents), Buffer.concat(contents))
    })

    it('joins objects wherever their bytes are', async () => {
      const contents = [randomBytes(1_200_000), randomBytes(5), randomBytes(900_000), Buffer.alloc(0)]
      const [first, second, third, empty] = contents as [Buffer, Buffer, Buffer, Buffer]
      const objects = [coldObject(first), await fileOf(second), coldObject(third), warmObject(empty)]
      await keeps('objects/mixed', bodyOfObjects(objects), Buffer.concat(contents))
      await keeps('objects/cold', bodyOfObjects([coldObject(first)]), first)
      await keeps('objects/warm', bodyOfObjects([warmObject(first)]), first)
    })

    it('keeps a stream of known size, small and big', async () => {
      for (const size of [0, 700_000, 24_000_000]) {
        const content = randomBytes(size)
        await keeps(`stream/${size}`, bodyOfStream(content), content)
      }
    })

    it('keeps a big object made of memory and of files', async () => {
      const content = randomBytes(24_000_000)
      await keeps('big/memory', bodyOfBytes(content.subarray(0, 5_000_000), content.subarray(5_000_000)), content)
      await keeps('big/files', await files(content.subarray(0, 13_000_000), content.subarray(13_000_000)), content)
    })

    it('replaces an object, with less, with more, with a file and with itself', async () => {
      const file = Buffer.from('from a file')
      const body = await files(file)
      await keeps(
        'again',
        bodyOfBytes(Buffer.from('the first, which is longer')),
        Buffer.from('the first, which is longer'),
      )
      await keeps('again', bodyOfBytes(Buffer.from('second')), Buffer.from('second'))
      await keeps('again', body, file)
      await keeps('again', body, file)
      await keeps('again', bodyOfBytes(Buffer.from('and back')), Buffer.from('and back'))
    })

    it('tells by a tag whether an object is still the same, and whether there is one', async () => {
      assert.equal(await bucket.tagOf('tagged', never), null)
      assert.equal(await bucket.sizeOf('tagged', never), null)
      await bucket.put('tagged', bodyOfBytes(Buffer.from('one')), never)
      const one = await bucket.tagOf('tagged', never)
      assert.ok(
        [undefined, (await store.read('tagged'))?.length].includes((await bucket.sizeOf('tagged', never)) ?? -1),
      )
      assert.equal(typeof one, 'string')
      assert.equal(await bucket.tagOf('tagged', never), one)
      await bucket.put('tagged', bodyOfBytes(Buffer.from('two')), never)
      assert.notEqual(await bucket.tagOf('tagged', never), one)
    })

    it('knows what an object holds', async () => {
      assert.equal(await bucket.holds('held', bodyOfBytes(Buffer.from('one')), never), false)
      await bucket.put('held', bodyOfBytes(Buffer.from('one')), never)
      assert.equal(await bucket.holds('held', bodyOfBytes(Buffer.from('o'), Buffer.from('ne')), never), true)
      assert.equal(await bucket.holds('held', bodyOfBytes(Buffer.from('two')), never), false)
      assert.equal(await bucket.holds('held', bodyOfBytes(Buffer.from('longer')), never), false)
    })

    it('replaces only what it is to replace, where it knows conditions, and else whatever there is', async () => {
      const put = (text: string, replaces: string | null) =>
        bucket.put('guarded', bodyOfBytes(Buffer.from(text)), never, { replaces })
      const holds = async (text: string) =>
        assert.equal(Buffer.from((await store.read('guarded')) ?? '').toString(), text)
      await put('first', null)
      const tag = (await bucket.tagOf('guarded', never)) ?? null
      await holds('first')
      if (store.knowsConditions) await assert.rejects(put('second', null), refusedWith('Conflict'))
      else await put('first', null)
      await holds('first')
      await put('third', (await bucket.tagOf('guarded', never)) ?? null)
      await holds('third')
      if (store.knowsConditions) await assert.rejects(put('fourth', tag), refusedWith('Conflict'))
      else await put('third', tag)
      await holds('third')
    })

    it('removes objects, and is content where there are none', async () => {
      await bucket.put('gone/1', bodyOfBytes(Buffer.from('x')), never)
      await bucket.put('gone/2', bodyOfBytes(Buffer.from('x')), never)
      await bucket.remove(['gone/1', 'gone/3', 'nowhere/at/all'], never)
      assert.equal(await store.read('gone/1'), undefined)
      assert.ok(await store.read('gone/2'))
      await assert.rejects(bucket.remove(['../a'], never), refusedWith('InvalidName'))
    })

    it('takes keys with spaces, signs and letters of any script', async () => {
      for (const key of ['a b/c+d & e.ts', 'ä/日本/Ω.m3u8', 'q?x=1#%20/\'"~.ts', 'x/...ts']) {
        await keeps(key, bodyOfBytes(Buffer.from(key)), Buffer.from(key))
      }
    })

    it('refuses keys that are no path below the bucket', async () => {
      for (const key of [
        '',
        '/a',
        'a//b',
        'a/',
        '../a',
        'a/../b',
        'a/./b',
        'a\0b',
        'a\nb',
        'x'.repeat(1025),
        'a/\ud800',
      ]) {
        await assert.rejects(bucket.put(key, bodyOfBytes(Buffer.from('x')), never), refusedWith('InvalidName'), key)
      }
    })

    it('refuses names that are no bucket', async () => {
      for (const bad of ['', '..', 'a/b', '../a', '.hidden', 'a b', 'x'.repeat(64)]) {
        await assert.rejects(store.buckets.open(destination(bad), never), refusedWith('InvalidName'), bad)
      }
    })

    it('writes nothing when the files hold more or less than announced', async () => {
      const short = await files(randomBytes(2_000_000))
      for (const size of [short.size + 1, short.size - 1]) {
        await assert.rejects(takeOrPut(bucket, 'torn/one', { ...short, size }), /bytes of an object that has/)
      }
      assert.equal(await store.read('torn/one'), undefined)
    })

    it('writes nothing when a stream has more or less than announced, or breaks off', async () => {
      const content = randomBytes(2_000_000)
      for (const size of [content.length + 1, content.length - 1]) {
        await assert.rejects(
          bucket.put('torn/stream', { ...bodyOfStream(content), size }, never),
          /bytes of an object that has/,
        )
      }
      const broken = coldObject(content, 1_000_000)
      await assert.rejects(bucket.put('torn/stream', bodyOfObjects([broken]), never), /broke off/)
      assert.equal(broken.openReadings(), 0, 'whoever reads an object closes it')
      assert.equal(await store.read('torn/stream'), undefined)
    })

    it('says that a source file is missing, and does not blame the bucket', async () => {
      const location = { kind: 'file', path: join(folder, 'nothing') } as const
      const object = { ...(await fileOf(Buffer.from('12345'))), location }
      const body = bodyOfObjects([object])
      await assert.rejects(
        takeOrPut(bucket, 'torn/two', body),
        (error: unknown) => error instanceof LostMedia && error.reason === 'missing',
      )
      assert.equal(await store.read('torn/two'), undefined)
    })

    it('writes nothing of a source object whose bytes are not as stored', async () => {
      const whole = randomBytes(600_000)
      for (const [name, bytes] of Object.entries(damagedCopies(whole))) {
        const object = { ...(await fileOf(bytes)), size: whole.length, crc32: crc32(whole) }
        for (const objects of [[object], [await fileOf(whole), object]]) {
          const put = takeOrPut(bucket, `torn/${name}`, bodyOfObjects(objects))
          await assert.rejects(put, (error) => error instanceof LostMedia && error.reason === 'damaged', name)
        }
        assert.equal(await store.read(`torn/${name}`), undefined)
      }
    })

    it('writes nothing when it is aborted', async () => {
      const content = await files(randomBytes(1_000_000), randomBytes(1_000_000))
      await assert.rejects(bucket.put('torn/three', content, AbortSignal.abort()))
      assert.equal(await store.read('torn/three'), undefined)
    })

    const looking = (): Promise<ReadableBucket> => store.buckets.read({ bucketName: store.bucketName })
    const level = async (request: Omit<LevelRequest, 'limit'> & Partial<LevelRequest>) =>
      (await looking()).list({ limit: 100, ...request }, never)

    it('names its buckets', async () => {
      const { names, reason } = await store.buckets.names({ roleArn: ROLE }, never)
      assert.ok(names.includes(store.bucketName), names.join())
      assert.equal(reason, undefined)
    })

    it('lists one level of folders and objects, page by page, in their order', async () => {
      const names = ['a.ts', 'b/1.ts', 'b/deep/2.ts', 'b.ts', 'c/3.ts', 'ä b&+%.ts', 'Z.ts']
      for (const name of names) await bucket.put(`listed/${name}`, bodyOfBytes(Buffer.from(name)), never)
      const whole = await level({ prefix: 'listed/' })
      assert.deepEqual(whole.folders, ['listed/b/', 'listed/c/'])
      const files = ['Z.ts', 'a.ts', 'b.ts', 'ä b&+%.ts']
      assert.deepEqual(
        whole.objects.map(({ key, size }) => [key, size]),
        files.map((name) => [`listed/${name}`, Buffer.byteLength(name)]),
      )
      for (const { modifiedAt } of whole.objects) assert.ok(Math.abs(Date.now() - modifiedAt) < 600_000)
      assert.equal(whole.next, undefined)
      const paged: string[] = []
      let after: string | undefined
      do {
        const page = await level({ prefix: 'listed/', limit: 2, ...(after !== undefined && { after }) })
        const keys = [...page.folders, ...page.objects.map(({ key }) => key)]
        assert.ok(keys.length <= 2)
        paged.push(...keys)
        after = page.next
      } while (after !== undefined)
      assert.deepEqual(paged.toSorted(), [...whole.folders, ...files.map((name) => `listed/${name}`)].toSorted())
    })

    it('lists what begins as somebody has typed', async () => {
      await bucket.put('typed/goal-1.ts', bodyOfBytes(Buffer.from('x')), never)
      await bucket.put('typed/goals/2.ts', bodyOfBytes(Buffer.from('x')), never)
      await bucket.put('typed/other.ts', bodyOfBytes(Buffer.from('x')), never)
      const { folders, objects } = await level({ prefix: 'typed/goal' })
      assert.deepEqual([folders, objects.map(({ key }) => key)], [['typed/goals/'], ['typed/goal-1.ts']])
      for (const prefix of ['typed/nothing', 'nowhere/', 'typed/other.ts/']) {
        assert.deepEqual(await level({ prefix }), { folders: [], objects: [] }, prefix)
      }
    })

    it('gives ranges of an object, and its size and tag', async () => {
      const content = randomBytes(1_300_000)
      await bucket.put('read/one.ts', bodyOfBytes(content), never)
      const object = await (await looking()).object('read/one.ts', never)
      assert.ok(object)
      assert.equal(object.size, content.length)
      const pieces: Buffer[] = []
      for await (const piece of await object.open({ start: 1000, end: 1_200_001 })) pieces.push(Buffer.from(piece))
      assert.ok(Buffer.concat(pieces).equals(content.subarray(1000, 1_200_001)))
      await object.close()
      await bucket.put('read/one.ts', bodyOfBytes(Buffer.from('other')), never)
      const replaced = await (await looking()).object('read/one.ts', never)
      assert.notEqual(replaced?.tag, object.tag)
      await replaced?.close()
    })

    it('has an empty object, and none where nothing is, or a folder', async () => {
      await bucket.put('read/empty', bodyOfBytes(), never)
      const reader = await looking()
      const object = await reader.object('read/empty', never)
      assert.equal(object?.size, 0)
      for await (const piece of (await object?.open({ start: 0, end: 0 })) ?? []) assert.equal(piece.length, 0)
      await object?.close()
      for (const key of ['read/nothing', 'read', 'nowhere/at/all']) {
        assert.equal(await reader.object(key, never), undefined, key)
      }
    })

    it('reads nothing under keys that are no path below the bucket', async () => {
      const reader = await looking()
      for (const key of ['', '/a', 'a//b', '../a', 'a/../b', 'a\0b', 'x'.repeat(1025)]) {
        await assert.rejects(async () => reader.object(key, never), refusedWith('InvalidName'), key)
      }
      for (const bad of ['..', 'a/b', '.hidden']) {
        await assert.rejects(store.buckets.read({ bucketName: bad }), refusedWith('InvalidName'), bad)
      }
    })
  })
}
