import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import { ticks } from '../media/time.ts'
import type { OutputSegment, Slot } from './output-segment.ts'
import { UnknownRecordVersion } from './record-version.ts'
import { packedSegments } from './segment-summary.ts'
import { slotSummaryOf } from './slot-summary.ts'
import type { AnySlotSummary } from './slot-summary-versions.ts'

const ALL = outputSegments(1, [{}, { slots: 2 }, { missing: [2] }])
const TAGGED = ALL.map((segment) => ({
  ...segment,
  slots: segment.slots.map((slot) => ({ ...slot, adTags: ['#EXT-X-CUE-IN', '#EXT-X-CUE-OUT:30'] })),
}))
const SEGMENTS = [...ALL, ...TAGGED.slice(0, 1)]
const [FIRST] = SEGMENTS as [OutputSegment]
const [SLOT] = FIRST.slots as [Slot]

/** What a record tells once JSON has carried it. */
const carried = (record: AnySlotSummary, segment: OutputSegment = FIRST) =>
  packedSegments([{ ...segment, slots: [JSON.parse(JSON.stringify(record)) as AnySlotSummary] }])[0]!.slots[0]!

describe('the summary of a slot', () => {
  it('tells all that manifests say of it', () => {
    for (const segment of SEGMENTS) {
      for (const slot of segment.slots) {
        const { objects, ...shown } = carried(slotSummaryOf(slot), segment)
        const { index: _, ...rest } = slot
        assert.deepEqual({ ...shown, objects: slot.objects }, rest)
        assert.deepEqual(Object.keys(objects), Object.keys(slot.objects))
        for (const [stream, { size, times, keyFrames }] of Object.entries(slot.objects)) {
          const found = objects[Number(stream)]!
          assert.deepEqual([found.size, found.keyFrames], [size, keyFrames])
          assert.deepEqual(
            found.times,
            times?.map((track) => track && { ...track, bytes: 0 }),
          )
        }
      }
    }
  })

  it('follows a segment that was shift', () => {
    const by = ticks(900_000)
    const { start, objects } = carried(slotSummaryOf(SLOT), {
      ...FIRST,
      start: ticks(FIRST.start + by),
      shift: { ticks: by, ms: 7 },
    })
    const [pictures] = SLOT.objects[1]!.times!
    assert.deepEqual([start, objects[1]?.times?.[0]?.first], [SLOT.start + by, pictures!.first + by])
    assert.equal(objects[2]?.keyFrames?.[0]?.pts, SLOT.objects[2]!.keyFrames![0]!.pts + by)
  })

  /** Renditions shown alike, text, and a stream with a track of its own; some have key frames, some have not. */
  const text = { key: 'text', size: 9, crc32: 0, sha256: '' }
  const gap = { ...text, times: [null, { first: 5, last: 7, bytes: 1, pictures: 3 }] }
  const pictures = [0, 2].map((n) => ({ pts: SLOT.start + n, offset: 10 * n, size: 5 + n }))
  const mixed = { ...SLOT, objects: { ...SLOT.objects, 3: text, 4: gap, 7: { ...gap, keyFrames: pictures } } }
  const assertMixed = (record: AnySlotSummary) => {
    const shown = carried(record).objects
    assert.deepEqual(Object.keys(shown), ['1', '2', '3', '4', '7'])
    assert.equal(shown[2]?.times, shown[1]?.times)
    assert.deepEqual(shown[1]?.times?.[0], { ...SLOT.objects[1]!.times![0], bytes: 0 })
    assert.deepEqual(shown[4]?.times, [null, { first: 5, last: 7, bytes: 0, pictures: 3 }])
    assert.deepEqual(shown[3]?.times, [])
    assert.deepEqual([shown[2]?.keyFrames, shown[3]?.keyFrames], [SLOT.objects[2]!.keyFrames, []])
    assert.deepEqual([shown[4]?.keyFrames, shown[7]?.keyFrames, shown[7]?.size], [[], pictures, 9])
  }

  it('has one list of times for renditions that are shown alike, and none for text', () => {
    const record = slotSummaryOf(mixed)
    const tracks = SLOT.objects[1]!.times!.length
    assert.deepEqual([record.t, record.c, record.f.length], [[0, 0, -1, 1, 1], [tracks, 2], tracks + 2])
    assertMixed(record)
    assert.deepEqual(carried(slotSummaryOf({ ...SLOT, objects: { 3: text } })).objects[3]?.times, [])
    assert.deepEqual(carried(slotSummaryOf({ ...SLOT, objects: {} })).objects, {})
  })

  it('is read as earlier versions wrote it', () => {
    const times = SLOT.objects[1]!.times!.map((track) => track && [track.first - SLOT.start, track.last - SLOT.start])
    const frames = (keyFrames: typeof pictures = []) =>
      keyFrames.flatMap(({ pts, offset, size }) => [pts - SLOT.start, offset, size])
    const own = [null, [5 - SLOT.start, 7 - SLOT.start, 3]]
    const objects = {
      1: [SLOT.objects[1]!.size, times, ...frames([...SLOT.objects[1]!.keyFrames!])],
      2: [SLOT.objects[2]!.size, 1, ...frames([...SLOT.objects[2]!.keyFrames!])],
      3: [9, null],
      4: [9, own],
      7: [9, 4, ...frames(pictures)],
    }
    assertMixed([SLOT.start, SLOT.duration, objects] as unknown as AnySlotSummary)
    assertMixed(mixed)
  })

  it('is not guessed at when a newer version wrote it', () => {
    const newer = { ...slotSummaryOf(SLOT), v: 2 }
    assert.throws(() => carried(newer), UnknownRecordVersion)
    assert.throws(() => carried(newer), { message: 'summary of a slot: version 2 is not supported by this program' })
    const extended = { ...slotSummaryOf(SLOT), markers: [{ at: 5 }] }
    assert.deepEqual(carried(extended).objects[1]?.times, carried(slotSummaryOf(SLOT)).objects[1]?.times)
  })
})
