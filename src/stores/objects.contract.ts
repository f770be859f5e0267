import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Blocks, needing } from '../../test/programs.ts'
import { type ByteRange, type CommittedObject, NoSuchObject, type Objects } from './objects.ts'

/**
 * The contract of every Objects. Each adapter's test calls this with its own `open`, which gives an empty store; `many`
 * is how many objects that store makes at the same time in a short time.
 */
export function objectsContract(
  name: string,
  open: () => Promise<Objects>,
  { blocks = needing(), many = 200 }: { readonly blocks?: Blocks; readonly many?: number } = {},
): void {
  const { describe, it } = blocks
  describe(`${name} as Objects`, () => {
    it('reads back what was written in chunks of any size', async () => {
      const objects = await open()
      const chunks = [1, 0, 100_000, 2_500_000, 7].map((size) => randomBytes(size))
      await put(objects, 'a/b/c', ...chunks)
      assert.ok(Buffer.concat(chunks).equals(await objects.read('a/b/c')))
    })

    it('passes on the same bytes, whole or a range, and knows at once that there are none', async () => {
      const objects = await open()
      const bytes = randomBytes(3_000_000)
      await put(objects, 'k', bytes)
      assert.ok(bytes.equals(await passedOn(objects, 'k')))
      assert.ok(bytes.subarray(5, 2_000_000).equals(await passedOn(objects, 'k', { start: 5, end: 2_000_000 })))
      assert.equal((await passedOn(objects, 'k', { start: 3_000_000, end: 1e12 })).length, 0)
      await assert.rejects(objects.open('none'), NoSuchObject)
    })

    it('keeps an object of no bytes, and one of very many chunks', async () => {
      const objects = await open()
      await put(objects, 'empty')
      assert.equal((await objects.read('empty')).length, 0)
      const crumbs = Array.from({ length: 5000 }, (_, i) => Uint8Array.of(i, i >> 8))
      await put(objects, 'crumbs', ...crumbs)
      assert.ok(Buffer.concat(crumbs).equals(await objects.read('crumbs')))
    })

    it('writes chunks in the order given, also when nobody waits between them', async () => {
      const objects = await open()
      const writer = await objects.create('k')
      const chunks = Array.from({ length: 9 }, () => randomBytes(400_000))
      await Promise.all(chunks.map((chunk) => writer.write(Buffer.from(chunk))))
      await writer.commit()
      assert.ok(Buffer.concat(chunks).equals(await objects.read('k')))
    })

    it('reads the part of a half-open range that the object has', async () => {
      const objects = await open()
      await put(objects, 'k', Buffer.from('0123456789'))
      const text = async (start: number, end: number) => Buffer.from(await objects.read('k', { start, end })).toString()
      assert.equal(await text(0, 1), '0')
      assert.equal(await text(3, 7), '3456')
      assert.equal(await text(0, 10), '0123456789')
      assert.equal(await text(8, 1e12), '89')
      assert.equal(await text(5, 5), '')
      assert.equal(await text(10, 20), '')
    })

    it('shows an object only once its commit has resolved', async () => {
      const objects = await open()
      const writer = await objects.create('a/k')
      await writer.write(randomBytes(2_000_000))
      await assert.rejects(objects.read('a/k'), NoSuchObject)
      assert.deepEqual(await listedKeys(objects, ''), [])
      await writer.commit()
      assert.deepEqual(await listedKeys(objects, ''), ['a/k'])
    })

    it('leaves nothing of what was aborted, however far it came', async () => {
      const objects = await open()
      for (const size of [0, 10, 3_000_000]) {
        const writer = await objects.create('a/k')
        if (size > 0) await writer.write(randomBytes(size))
        await writer.abort()
        await writer.abort()
        await assert.rejects(writer.commit())
      }
      const writer = await objects.create('a/k')
      const writing = writer.write(randomBytes(3_000_000))
      await writer.abort()
      await writing.catch(() => {})
      assert.deepEqual(await listedKeys(objects, ''), [])
      await assert.rejects(objects.read('a/k'), NoSuchObject)
    })

    it('keeps what was committed when it is aborted afterwards', async () => {
      const objects = await open()
      const writer = await objects.create('k')
      await writer.write(Uint8Array.of(1))
      await writer.commit()
      await writer.abort()
      assert.equal((await objects.read('k')).length, 1)
    })

    it('names the object that is not there', async () => {
      const objects = await open()
      const isNamed = (error: unknown) => error instanceof NoSuchObject && error.key === 'a/gone'
      await assert.rejects(objects.read('a/gone'), isNamed)
      await assert.rejects(objects.read('a/gone', { start: 0, end: 1 }), isNamed)
    })

    it('removes, and removing what is not there is no error', async () => {
      const objects = await open()
      await put(objects, 'a/b/c', Uint8Array.of(1))
      await put(objects, 'a/b/d', Uint8Array.of(2))
      await objects.remove('a/b/c')
      await objects.remove('a/b/c')
      await objects.remove('never/there')
      await assert.rejects(objects.read('a/b/c'), NoSuchObject)
      assert.deepEqual(await listedKeys(objects, ''), ['a/b/d'])
      await objects.remove('a/b/d')
      await put(objects, 'a/b/c', Uint8Array.of(3))
      assert.deepEqual([...(await objects.read('a/b/c'))], [3])
    })

    it('lists the keys that begin with a prefix, which need not end at a segment', async () => {
      const objects = await open()
      const keys = ['ab', 'a/b/c', 'a/bc/d', 'a/b/e', 'b/a']
      for (const key of keys) await put(objects, key, Uint8Array.of(1))
      const list = (prefix: string) => listedKeys(objects, prefix)
      assert.deepEqual(await list(''), keys.toSorted())
      assert.deepEqual(await list('a'), ['a/b/c', 'a/b/e', 'a/bc/d', 'ab'])
      assert.deepEqual(await list('a/b'), ['a/b/c', 'a/b/e', 'a/bc/d'])
      assert.deepEqual(await list('a/b/'), ['a/b/c', 'a/b/e'])
      assert.deepEqual(await list('a/b/e'), ['a/b/e'])
      assert.deepEqual(await list('nothing/here'), [])
    })

    const foreign = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/.b',
      '.a',
      'a b',
      'a\\b',
      'a\0',
      'ä',
      'a\n',
    ]
    for (const key of foreign) {
      it(`refuses ${JSON.stringify(key)} as a key`, async () => {
        const objects = await open()
        await assert.rejects(objects.create(key), TypeError)
        await assert.rejects(objects.read(key), TypeError)
        await assert.rejects(objects.remove(key), TypeError)
        assert.throws(() => objects.location(key), TypeError)
      })
    }

    it('creates, reads and removes in one folder at the same time', async () => {
      const objects = await open()
      const keys = Array.from({ length: many }, (_, i) => `ch/hour/${i}`)
      await Promise.all(
        keys.map(async (key, i) => {
          await put(objects, key, Buffer.from(key))
          if (i % 2 === 0) await objects.remove(key)
        }),
      )
      const kept = keys.filter((_, i) => i % 2 === 1)
      assert.deepEqual(await listedKeys(objects, 'ch/'), kept.toSorted())
      for (const key of kept) assert.equal(Buffer.from(await objects.read(key)).toString(), key)
    })
  })
}

/** The bytes passed on. A piece is valid until the next one, so each is copied at once. */
async function passedOn(objects: Objects, key: string, range?: ByteRange): Promise<Buffer> {
  const opened = await objects.open(key, range)
  if (opened instanceof Uint8Array) return Buffer.from(opened)
  const pieces: Buffer[] = []
  for await (const piece of opened) pieces.push(Buffer.from(piece))
  await opened.close()
  return Buffer.concat(pieces)
}

export async function put(objects: Objects, key: string, ...chunks: readonly Uint8Array[]): Promise<CommittedObject> {
  const writer = await objects.create(key)
  // Copies: the writer takes its chunks over.
  for (const chunk of chunks) await writer.write(Uint8Array.from(chunk))
  return writer.commit()
}

export async function listedKeys(objects: Objects, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of objects.list(prefix)) keys.push(key)
  return keys.toSorted()
}
