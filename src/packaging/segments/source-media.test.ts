import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc32 } from 'node:zlib'
import { Turns } from '../../concurrency/turns.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import { SourceMedia } from './source-media.ts'

const CONTENTS: Readonly<Record<string, string>> = { 'tv/a': 'one of them', 'tv/b': 'another' }
const stored = (key: string): StoredBytes => ({ key, size: CONTENTS[key]!.length, crc32: crc32(CONTENTS[key]!) })

/** Objects that are streams of pieces of three bytes. */
const archive = {
  read: () => assert.fail('nothing is kept for others'),
  open: () => assert.fail('nothing is kept for others'),
  async openOnce({ key }: StoredBytes) {
    const bytes = Buffer.from(CONTENTS[key]!)
    return {
      left: bytes.length,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3)
      },
      async close() {},
    }
  },
}

it('whole objects that were lent, and what is made of them, lie where others lie after their end', async () => {
  const media = new SourceMedia(archive, { maxBytes: 0, turns: new Turns() })
  /** What is made of two objects: the first in capitals, and the second as it is. */
  const make = async ({ media }: ReturnType<SourceMedia['lendWhole']>) =>
    media.ofWhole([stored('tv/a'), stored('tv/b')], function* ([a, b], { allocate }) {
      yield
      const made = allocate(a!.length)
      made.set(Buffer.from(Buffer.from(a!).toString().toUpperCase()))
      return [made, b!]
    })
  const text = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString()
  const memoryOf = (parts: readonly Uint8Array[]) => parts.map(({ buffer }) => buffer)

  const loans = [media.lendWhole(), media.lendWhole()]
  const [first, second] = await Promise.all(loans.map(make))
  assert.equal(text(first!), 'ONE OF THEManother')
  assert.equal(text(second!), 'ONE OF THEManother')
  const used = new Set([...memoryOf(first!), ...memoryOf(second!)])
  assert.equal(used.size, 4, 'each has its own')
  for (const loan of loans) loan.end()
  const third = await make(media.lendWhole())
  assert.equal(text(third), 'ONE OF THEManother')
  for (const buffer of memoryOf(third)) assert.ok(used.has(buffer))
})
