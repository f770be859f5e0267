import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fieldMultiplex } from '../../test/fixtures/field-pictures.ts'
import { writeMultiplex } from '../../test/fixtures/transport-stream.ts'
import { probeTs } from '../../test/fuzz/demuxed.ts'
import { Turns } from '../concurrency/turns.ts'
import { readCmafHeader } from '../media/mp4/cmaf.ts'
import { ticks, utcMs } from '../media/time.ts'
import type { VideoDescription } from '../media/track.ts'
import type { Era, Slot, SlotObject, SourceStream } from '../model/output-segment.ts'
import { NoSuchObject, ObjectsUnavailable } from '../stores/objects.ts'
import { createKeyFrames, type KeyFramesDeps } from './key-frames.ts'

const GUID = 'c'.repeat(32)
const input = (ingestEndpointId: string) => ({ channelGuid: GUID, ingestEndpointId })
const SEGMENT = writeMultiplex(fieldMultiplex(12, 'apart'), new Map())
const PROBE = probeTs(SEGMENT)
const KEY_FRAME = PROBE.keyFrames[0]!
const START = ticks(KEY_FRAME.pts)
const SLOT_MS = 2000

/** A stream of a size; which size its pictures really have is of no account here. */
const stream = (index: number, height: number, more: Partial<SourceStream> = {}): SourceStream => ({
  index,
  playlist: `${index}.m3u8`,
  role: { kind: 'variant', bandwidth: height * 1000 },
  tracks: [{ ...(PROBE.tracks[0] as VideoDescription), height, width: height * 2 }],
  container: 'mpeg-ts',
  ...more,
})

const era = (streams: readonly SourceStream[]): Era => ({
  id: 1,
  origin: { kind: 'input', input: 'a' },
  streams,
  clock: { time: START, utc: utcMs(0) },
})

const object = (key: string, offsets: readonly number[] = [0]): SlotObject => ({
  key: `${GUID}/${key}`,
  size: SEGMENT.length,
  crc32: 0,
  sha256: '',
  keyFrames: offsets.map((ms) => ({ ...KEY_FRAME, pts: KEY_FRAME.pts + ms * 90 })),
})

/** Slots of two seconds, of the objects by their streams. */
const slotsOf = (objects: readonly Slot['objects'][]): readonly Slot[] =>
  objects.map((each, index) => ({
    era: 1,
    index,
    start: START,
    duration: ticks(SLOT_MS * 90),
    startUtc: utcMs(index * SLOT_MS),
    sealedAt: utcMs(0),
    objects: each,
  }))

type World = { readonly era: Era; readonly slots: Readonly<Record<string, readonly Slot[]>> }

function keyFramesOf({ era, slots }: World, read?: KeyFramesDeps['stored']['read']) {
  const reads: { key: string; bytes: number }[] = []
  const of = ({ ingestEndpointId }: { ingestEndpointId: string }) => slots[ingestEndpointId] ?? []
  const keyFrames = createKeyFrames({
    index: {
      eras: async () => [era],
      lastSlots: async (ref, limit) => of(ref).slice(-limit),
      slots: async (ref, after, limit) => {
        const isAfter = (slot: Slot) =>
          after === undefined || slot.era > after.era || (slot.era === after.era && slot.index > after.index)
        return of(ref).filter(isAfter).slice(0, limit)
      },
    },
    stored: {
      async read(key, range) {
        assert.ok(range)
        reads.push({ key, bytes: range.end - range.start })
        return read ? read(key, range) : SEGMENT.subarray(range.start, range.end)
      },
    },
    turns: new Turns(),
  })
  return { keyFrames, reads }
}

/** What was found, and of which objects it was made. */
async function found(world: World, request: { time?: number; height?: number; inputs?: readonly string[] } = {}) {
  const { keyFrames, reads } = keyFramesOf(world)
  const { time, height, inputs = ['a'] } = request
  const picture = await keyFrames.find({
    inputs: inputs.map(input),
    ...(time !== undefined && { time: utcMs(time) }),
    ...(height !== undefined && { height }),
  })
  return typeof picture === 'string'
    ? picture
    : [picture.time, reads.map(({ key }) => key.slice(GUID.length + 1)).join(), picture.isSettled]
}

describe('pictures of a channel', () => {
  const three = era([stream(1, 720), stream(2, 360), stream(3, 1080)])
  const both = {
    era: three,
    slots: {
      a: slotsOf([0, 1, 2].map((n) => ({ 1: object(`720-${n}`), 2: object(`360-${n}`), 3: object(`1080-${n}`) }))),
    },
  }

  it('are of the newest key frame, or of the last one by a moment', async () => {
    assert.deepEqual(await found(both), [4000, '360-2', false])
    assert.deepEqual(await found(both, { time: 9000 }), [4000, '360-2', false])
    assert.deepEqual(await found(both, { time: 3999 }), [2000, '360-1', true])
    assert.deepEqual(await found(both, { time: 2000 }), [2000, '360-1', true])
    assert.equal(await found(both, { time: -1 }), 'no content')
    assert.equal(await found({ ...both, slots: {} }), 'no content')
  })

  it('are of the smallest rendition with enough lines, or of the largest', async () => {
    const keys = [1, 360, 361, 720, 1080, 2160].map(async (height) => (await found(both, { height, time: 0 }))[1])
    assert.deepEqual(await Promise.all(keys), ['360-0', '360-0', '720-0', '720-0', '1080-0', '1080-0'])
  })

  it('are of another rendition where one has a gap, and of an earlier slot where none has a picture', async () => {
    const slots = slotsOf([
      { 2: object('360-0') },
      { 1: object('720-1'), 2: object('360-1', []) },
      { 1: object('720-2', []) },
    ])
    assert.deepEqual(await found({ era: three, slots: { a: slots } }, { height: 100 }), [2000, '720-1', false])
    const late = slotsOf([{ 2: object('360-0') }, { 2: object('360-1', [500, 1500]) }])
    assert.deepEqual(await found({ era: three, slots: { a: late } }, { time: 2400 }), [0, '360-0', false])
    assert.deepEqual(await found({ era: three, slots: { a: late } }, { time: 3499 }), [2500, '360-1', false])
    const more = slotsOf([{ 2: { ...object('first'), more: [object('second', [1000])] } }])
    assert.deepEqual(await found({ era: three, slots: { a: more } }), [1000, 'second', false])
  })

  it('are none of sound, text and images', async () => {
    const sound = era([stream(1, 0, { tracks: [], container: 'packed-audio' }), stream(2, 90, { container: 'jpeg' })])
    assert.equal(
      await found({ era: sound, slots: { a: slotsOf([{ 1: object('sound'), 2: object('image') }]) } }),
      'no picture',
    )
  })

  it('are of the input that has the newest, and of the first where both have it', async () => {
    const [a, b] = [slotsOf([{ 2: object('a-0') }]), slotsOf([{ 2: object('b-0') }, { 2: object('b-1') }])]
    const world = { era: three, slots: { a, b } }
    assert.deepEqual(await found(world, { inputs: ['a', 'b'] }), [2000, 'b-1', false])
    assert.deepEqual(await found(world, { inputs: ['a', 'b'], time: 100 }), [0, 'a-0', false])
    assert.deepEqual(await found(world, { inputs: ['none', 'b'], time: 100 }), [0, 'b-0', true])
  })

  it('are read once, and only the bytes of the key frame', async () => {
    const { keyFrames, reads } = keyFramesOf(both)
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(() => keyFrames.find({ inputs: [input('a')] })))
    const again = await keyFrames.find({ inputs: [input('a')], height: 200 })
    const [first] = all
    assert.ok(typeof first === 'object')
    assert.equal(readCmafHeader(first.movie).entry.kind, 'video')
    for (const each of [...all, again]) assert.deepEqual(each, first)
    assert.deepEqual(reads, [{ key: `${GUID}/360-2`, bytes: KEY_FRAME.size }])
    const other = await keyFrames.find({ inputs: [input('a')], time: utcMs(0) })
    assert.ok(typeof other === 'object')
    assert.notEqual(other.tag, first.tag)
  })

  it('are none where the object is lost or no media, and unavailable where its store is', async () => {
    const lost = keyFramesOf(both, async (key) => {
      throw new NoSuchObject(key)
    })
    assert.equal(await lost.keyFrames.find({ inputs: [input('a')] }), 'no picture')
    const damaged = keyFramesOf(both, async (_, range) => Buffer.alloc(range!.end - range!.start, 0x47))
    assert.equal(await damaged.keyFrames.find({ inputs: [input('a')] }), 'no picture')
    const away = keyFramesOf(both, async () => {
      throw new ObjectsUnavailable('gone')
    })
    await assert.rejects(away.keyFrames.find({ inputs: [input('a')] }), ObjectsUnavailable)
  })

  it('are made a few at a time, and refused when too many wait', async () => {
    const gate = Promise.withResolvers<void>()
    let [now, most] = [0, 0]
    const { keyFrames } = keyFramesOf(
      { era: three, slots: { a: slotsOf(Array.from({ length: 200 }, (_, n) => ({ 2: object(`360-${n}`) }))) } },
      async (_, range) => {
        most = Math.max(most, ++now)
        await gate.promise
        now--
        return SEGMENT.subarray(range!.start, range!.end)
      },
    )
    const asked = Array.from({ length: 120 }, (_, n) =>
      keyFrames.find({ inputs: [input('a')], time: utcMs(n * SLOT_MS) }),
    )
    const refused = await Promise.all(asked.slice(104))
    assert.ok(refused.every((each) => each === 'busy'))
    while (now < 4) await setImmediate()
    gate.resolve()
    const rest = await Promise.all(asked.slice(0, 104))
    assert.ok(rest.every((each) => typeof each === 'object'))
    assert.equal(most, 4)
  })
})
