import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { MemoryObjects } from '../../test/encoders/memory-objects.ts'
import { type Ticks, type UtcMs, utcMs } from '../media/time.ts'
import type { Slot, SlotObject } from '../model/output-segment.ts'
import { cacheObjects } from '../stores/object-cache.ts'
import { provenObjects } from '../stores/proven-objects.ts'
import type { ScrubPosition } from '../stores/scrub-record.ts'
import { Scrub } from './scrub.ts'

const SIZE = 1000
const DAY_MS = 86_400_000

/** An archive of two inputs whose slots have the same bytes, and its scrub. */
async function archiveOf(count: number) {
  const stored = new MemoryObjects()
  const objects = cacheObjects(stored, { maxBytes: 1 << 20 })
  const put = async (key: string, bytes: Uint8Array) => {
    const writer = await stored.create(key)
    await writer.write(Uint8Array.from(bytes))
    await writer.commit()
  }
  const slots: { id: number; channelGuid: string; slot: Slot }[] = []
  for (let index = 0; index < count; index++) {
    const bytes = Buffer.alloc(SIZE, `media ${index} `)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    for (const input of ['a', 'b']) {
      const object: SlotObject = { key: `${input}/${index}`, size: SIZE, crc32: crc32(bytes), sha256 }
      await put(object.key, bytes)
      const at = utcMs(2000 * index)
      const timing = { start: 0 as Ticks, duration: 180_000 as Ticks, startUtc: at, sealedAt: at }
      slots.push({
        id: slots.length + 1,
        channelGuid: 'c',
        slot: { era: 1, index, ...timing, objects: { 1: object } },
      })
    }
  }
  let now = 0 as UtcMs
  let position: ScrubPosition | undefined
  const lines: { readonly event: string; readonly [field: string]: unknown }[] = []
  const write = (fields: { readonly event: string }) => void lines.push({ ...fields })
  const open = (bytesPerSecond = SIZE) =>
    new Scrub({
      segmentIndex: {
        slotsToScrub: async (after, limit) => slots.filter(({ id }) => id > after).slice(0, limit),
        scrubPosition: async () => position,
        recordScrub: async (recorded) => {
          position = recorded
        },
        slotsSealedWithin: async (_channel, { start, end }) =>
          slots.map(({ slot }) => slot).filter(({ sealedAt }) => sealedAt >= start && sealedAt < end),
      },
      objects,
      stored,
      clock: () => now,
      log: { info: write, warn: write, error: write },
      bytesPerSecond,
      intervalMs: DAY_MS,
    })
  const pass = (ms: number) => {
    now = utcMs(now + ms)
  }
  /** Lets it read for so many seconds. */
  const run = async (scrub: Scrub, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      pass(1000)
      await scrub.step()
    }
  }
  const read = (index: number) => {
    const [place] = slots.filter(({ slot }) => slot.index === index)
    return provenObjects(objects).read(place!.slot.objects[1]!)
  }
  return { stored, put, slots, open, pass, run, read, lines }
}

const events = (lines: readonly { readonly event: string; readonly key?: unknown }[]) =>
  lines.map(({ event, key }) => (typeof key === 'string' ? `${event} ${key}` : event))

describe('the scrub', () => {
  it('finds what is damaged, cut or missing, and gives it its bytes back from the other input', async () => {
    const { stored, put, open, run, read, lines } = await archiveOf(5)
    const whole = await read(1)
    await put(
      'a/1',
      whole.map((byte, at) => (at === 500 ? byte ^ 1 : byte)),
    )
    await put('a/2', (await read(2)).subarray(0, 10))
    await stored.remove('b/3')
    await run(open(), 12)
    assert.deepEqual(events(lines), [
      'object-repaired a/1',
      'object-repaired a/2',
      'object-repaired b/3',
      'scrub-finished',
    ])
    assert.deepEqual(lines.at(-1), { event: 'scrub-finished', objects: 10, bytes: 10 * SIZE, lost: 0, repaired: 3 })
    assert.ok(Buffer.from(await read(1)).equals(whole))
    for (const index of [2, 3]) assert.equal((await read(index)).length, SIZE)
  })

  it('tells once what no other input has', async () => {
    const { stored, open, run, pass, lines } = await archiveOf(3)
    for (const key of ['a/1', 'b/1']) await stored.remove(key)
    const scrub = open()
    await run(scrub, 8)
    pass(DAY_MS)
    await run(scrub, 8)
    assert.deepEqual(events(lines), ['object-lost a/1', 'object-lost b/1', 'scrub-finished', 'scrub-finished'])
    assert.equal(lines[0]?.['reason'], 'missing')
  })

  it('reads as much as it may, one pass in the interval, and goes on where the last process was', async () => {
    const { open, run, lines, pass } = await archiveOf(4)
    const scrub = open(SIZE / 2)
    await run(scrub, 6)
    await scrub.close()
    assert.deepEqual(lines, [])
    const next = open(SIZE / 2)
    // Three of eight are read.
    await run(next, 10)
    assert.deepEqual(lines, [])
    await run(next, 2)
    assert.deepEqual(events(lines), ['scrub-finished'])
    assert.equal(lines[0]?.['objects'], 5)
    pass(DAY_MS / 2)
    await run(next, 20)
    assert.equal(lines.length, 1)
  })

  it('says nothing of what retention has taken', async () => {
    const { stored, slots, open, run, lines } = await archiveOf(3)
    const scrub = open()
    const remove = stored.open.bind(stored)
    stored.open = async (key, range) => {
      if (key === 'b/0') {
        slots.splice(1, 1)
        await stored.remove(key)
      }
      return remove(key, range)
    }
    await run(scrub, 8)
    assert.deepEqual(events(lines), ['scrub-finished'])
  })
})
