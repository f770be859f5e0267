import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type FrameGrid,
  frameAfter,
  frameBefore,
  frameInSecond,
  frameOfSecond,
  frameRate,
  nearestFrame,
} from '../../../console/src/timeline/model/frame-grid.ts'
import { enteredFrame, frameTimeText } from '../../../console/src/timeline/model/frame-time.ts'

const START = Date.parse('2026-12-01T21:40:05.013Z')
const PER_SECOND = [23.976, 24, 25, 29.97, 30, 50, 59.94, 60]

/** Groups of pictures of a stream, whose key frames have the times that the server rounds. */
const anyStream = fc
  .record({
    perSecond: fc.constantFrom(...PER_SECOND),
    groups: fc.array(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ perSecond, groups }) => {
    const rate = frameRate(perSecond)
    const timeOf = (n: number) => START + Math.round((n * 1000 * rate.denominator) / rate.numerator)
    const frames: number[] = []
    const keyFrames: number[] = []
    for (const length of groups) {
      keyFrames.push(timeOf(frames.length))
      for (let n = 0; n < length; n++) frames.push(timeOf(frames.length))
    }
    const grid: FrameGrid = { rate, keyFrames }
    return { frames, grid }
  })

describe('the grid of frames', () => {
  it('knows rates that no decimal number states exactly', () => {
    assert.deepEqual(frameRate(29.97), { numerator: 30000, denominator: 1001 })
    assert.deepEqual(frameRate(23.976024), { numerator: 24000, denominator: 1001 })
    assert.deepEqual(frameRate(25), { numerator: 25, denominator: 1 })
    assert.deepEqual(frameRate(12.5), { numerator: 12_500, denominator: 1000 })
  })

  it('steps through every picture of a stream, at most a millisecond from its time, and back', () => {
    fc.assert(
      fc.property(anyStream, ({ frames, grid }) => {
        const forwards = [frames[0]!]
        while (forwards.length < frames.length) forwards.push(frameAfter(grid, forwards.at(-1)!))
        for (const [n, time] of frames.entries()) {
          assert.ok(Math.abs(forwards[n]! - time) <= 1, `picture ${n} at ${forwards[n]! - time} ms`)
        }
        const backwards = [forwards.at(-1)!]
        while (backwards.length < frames.length) backwards.unshift(frameBefore(grid, backwards[0]!))
        assert.deepEqual(backwards, forwards)
      }),
    )
  })

  it('has every key frame as one of its frames', () => {
    fc.assert(
      fc.property(anyStream, ({ grid }) => {
        for (const time of grid.keyFrames) {
          assert.equal(nearestFrame(grid, time), time)
          assert.equal(frameAfter(grid, time - 1), time)
          assert.equal(frameBefore(grid, time + 1), time)
        }
      }),
    )
  })

  it('finds the nearest frame, and finds it again from there', () => {
    fc.assert(
      fc.property(anyStream, fc.integer({ min: -5000, max: 60_000 }), ({ grid }, away) => {
        const moment = START + away
        const frame = nearestFrame(grid, moment)
        assert.equal(nearestFrame(grid, frame), frame)
        assert.ok(Math.abs(frame - moment) <= Math.abs(frameAfter(grid, moment) - moment))
        assert.ok(Math.abs(frame - moment) <= Math.abs(frameBefore(grid, moment) - moment))
      }),
    )
  })

  it('writes times with frames, which are read as the same moments', () => {
    fc.assert(
      fc.property(anyStream, fc.nat(), fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'), (stream, n, zone) => {
        const { frames, grid } = stream
        const frame = nearestFrame(grid, frames[n % frames.length]!)
        const second = Math.floor(frame / 1000) * 1000
        assert.equal(frameInSecond(grid, second, frameOfSecond(grid, frame)), frame)
        const text = frameTimeText(frame, zone, grid)
        const entered = enteredFrame(text, { zone, now: START }, grid)
        assert.ok('at' in entered, text)
        assert.equal(entered.at, frame, text)
      }),
    )
  })

  it('refuses a frame that a second does not have', () => {
    const grid: FrameGrid = { rate: frameRate(25), keyFrames: [START] }
    const entered = enteredFrame('2026-12-01 21:40:05:25', { zone: 'UTC', now: START }, grid)
    assert.deepEqual(entered, { problem: 'This second has no frame 25: the first one is 0' })
  })

  it('knows nothing of pictures far from the key frames that are known', () => {
    const grid: FrameGrid = { rate: frameRate(25), keyFrames: [START, START + 600_000] }
    assert.equal(nearestFrame(grid, START + 10_013), START + 10_000)
    assert.equal(nearestFrame(grid, START + 300_013), START + 300_013)
    assert.equal(frameAfter(grid, START + 300_013), START + 300_053)
    assert.equal(nearestFrame(grid, START - 31_001), START - 31_001)
    assert.equal(nearestFrame(grid, START + 599_999), START + 599_999)
  })

  it('goes by the length of a frame where no key frame is known', () => {
    const grid: FrameGrid = { rate: frameRate(25), keyFrames: [] }
    assert.equal(frameAfter(grid, 1000), 1040)
    assert.equal(frameBefore(grid, 1000), 960)
    assert.equal(nearestFrame(grid, 1013), 1013)
    assert.equal(frameTimeText(START, 'UTC', grid), '2026-12-01 21:40:05.013')
  })
})
