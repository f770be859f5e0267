import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Blocks, needing } from '../../test/programs.ts'
import { type Bucket, BucketRefused, type Buckets, type ObjectBody } from './buckets.ts'

/** A store of buckets under test, with access from outside. */
export type BucketsUnderTest = {
  readonly buckets: Buckets
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

    async function files(...contents: readonly Uint8Array[]): Promise<ObjectBody> {
      const paths = await Promise.all(
        contents.map(async (content, index) => {
          const path = join(folder, `${index}-${randomBytes(4).toString('hex')}`)
          await writeFile(path, content, { mode: 0o444 })
          return path
        }),
      )
      return { ...bodyOfBytes(...contents), kind: 'files', paths }
    }

    const keeps = async (key: string, body: ObjectBody, content: Uint8Array) => {
      await bucket.put(key, body, never)
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
      await bucket.put('tagged', bodyOfBytes(Buffer.from('one')), never)
      const one = await bucket.tagOf('tagged', never)
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
        await assert.rejects(bucket.put('torn/one', { ...short, size }, never), /bytes of an object that has/)
      }
      assert.equal(await store.read('torn/one'), undefined)
    })

    it('says that a source file is missing, and does not blame the bucket', async () => {
      const body = { ...bodyOfBytes(), kind: 'files', paths: [join(folder, 'nothing')], size: 5 } as const
      await assert.rejects(
        bucket.put('torn/two', body, never),
        (error: unknown) => !(error instanceof BucketRefused) && (error as NodeJS.ErrnoException).code === 'ENOENT',
      )
      assert.equal(await store.read('torn/two'), undefined)
    })

    it('writes nothing when it is aborted', async () => {
      const content = await files(randomBytes(1_000_000), randomBytes(1_000_000))
      await assert.rejects(bucket.put('torn/three', content, AbortSignal.abort()))
      assert.equal(await store.read('torn/three'), undefined)
    })
  })
}
