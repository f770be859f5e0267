import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import { ticks } from '../media/time.ts'
import type { OutputSegment, Slot } from './output-segment.ts'
import { slotFromSummary, slotSummaryOf } from './slot-summary.ts'

const SEGMENTS = outputSegments(1, [{}, { slots: 2 }, { missing: [2] }])

/** As JSON carries it. */
const carried = (slot: Slot, segment: OutputSegment) =>
  slotFromSummary(JSON.parse(JSON.stringify(slotSummaryOf(slot))) as ReturnType<typeof slotSummaryOf>, segment)

describe('the summary of a slot', () => {
  it('tells all that manifests say of it', () => {
    for (const segment of SEGMENTS) {
      for (const slot of segment.slots) {
        const { objects, ...shown } = carried(slot, segment)
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
    const [segment] = SEGMENTS
    const [slot] = segment!.slots
    const by = ticks(900_000)
    const { start, objects } = carried(slot!, {
      ...segment!,
      start: ticks(segment!.start + by),
      shift: { ticks: by, ms: 7 },
    })
    const [pictures] = slot!.objects[1]!.times!
    assert.deepEqual([start, objects[1]?.times?.[0]?.first], [slot!.start + by, pictures!.first + by])
    assert.equal(objects[2]?.keyFrames?.[0]?.pts, slot!.objects[2]!.keyFrames![0]!.pts + by)
  })

  it('has one list of times for renditions that are shown alike, and none for text', () => {
    const [slot] = SEGMENTS[0]!.slots
    const text = { key: 'text', size: 9, crc32: 0, sha256: '' }
    const gap = { ...text, times: [null, { first: 5, last: 7, bytes: 1, pictures: 3 }] }
    const summary = slotSummaryOf({ ...slot!, objects: { ...slot!.objects, 3: text, 4: gap } })
    const [first, second, third, fourth] = Object.values(summary[2])
    assert.deepEqual([Array.isArray(first?.[1]), second?.[1], third], [true, 1, [9, null]])
    assert.deepEqual(fourth?.[1], [null, [5 - slot!.start, 7 - slot!.start, 3]])
    const shown = slotFromSummary(summary, SEGMENTS[0]!).objects
    assert.equal(shown[2]?.times, shown[1]?.times)
    assert.deepEqual(shown[4]?.times, [null, { first: 5, last: 7, bytes: 0, pictures: 3 }])
    assert.deepEqual(shown[3]?.times, [])
  })
})
