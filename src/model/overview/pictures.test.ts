import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NOON, variant, video } from '../../../test/origin/sample-channel.ts'
import { ticks, utcMs } from '../../media/time.ts'
import type { Era, SegmentSummary } from '../output-segment.ts'
import { picturesOf } from './pictures.ts'

/** 60 pictures of 3003 ticks. */
const DURATION = 180_180
const streams = [variant(1, 1_000_000, [video(360)]), variant(2, 2_000_000, [video(1080)])]
const ERA: Era = { id: 1, origin: { kind: 'input', input: 'in' }, streams, clock: { time: ticks(0), utc: NOON } }

function segment(number: number, { pictures = 60, first = 0, ms = 0 } = {}): SegmentSummary {
  const start = ticks(number * DURATION)
  const at = { era: 1, start, duration: ticks(DURATION), sealedAt: NOON }
  const startUtc = utcMs(NOON + Math.round(start / 90) + ms)
  const begin = start + first * 3003
  const times = [{ first: begin, last: begin + (pictures - 1) * 3003, bytes: 1, pictures }]
  const keyFrames = [0, 30].map((n) => ({ pts: begin + n * 3003, offset: 0, size: 1 }))
  const objects = { 1: { size: 1, times: [null], keyFrames: [] }, 2: { size: 1, times, keyFrames } }
  return {
    ...at,
    number,
    startUtc,
    discontinuity: false,
    discontinuitySequence: 0,
    slots: [{ ...at, startUtc, objects }],
  }
}

describe('the pictures of a view', () => {
  it('are those of the largest rendition, one run as long as they come at a steady rate', () => {
    const { keyFrames, runs } = picturesOf([segment(0), segment(1), segment(2)], [ERA])
    assert.deepEqual(runs, [
      { start: NOON, end: NOON + 6006, count: 180, frameRate: { numerator: 30_000, denominator: 1001 } },
    ])
    assert.deepEqual(
      keyFrames.map((time) => time - NOON),
      [0, 1001, 2002, 3003, 4004, 5005],
    )
  })

  it('begin a run where some are missing, where dates are moved, and where their rate is not steady', () => {
    const missing = picturesOf([segment(0), segment(1, { pictures: 57, first: 3 })], [ERA]).runs
    assert.deepEqual(
      missing.map(({ start, count }) => [start - NOON, count]),
      [
        [0, 60],
        [2102, 57],
      ],
    )
    assert.equal(picturesOf([segment(0), segment(1, { ms: 40 })], [ERA]).runs.length, 2)
    const unsteady = segment(1, { pictures: 60 })
    const [slot] = unsteady.slots
    const object = slot!.objects[2]!
    const times = [{ ...object.times![0]!, pictures: 50 }]
    const slots = [{ ...slot!, objects: { 2: { ...object, times } } }]
    assert.deepEqual(picturesOf([segment(0), { ...unsteady, slots }], [ERA]).runs[1], {
      start: NOON + 2002,
      end: NOON + 2002 + 1969,
      count: 50,
    })
  })

  it('are none where the index knows of no video', () => {
    const sound = { ...ERA, streams: [] }
    assert.deepEqual(picturesOf([segment(0)], [sound]), { keyFrames: [], runs: [] })
  })
})
