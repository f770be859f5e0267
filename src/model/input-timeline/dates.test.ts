import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EPOCH, probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import { utcMs } from '../../media/time.ts'

const SECONDS = 6

/** An encoder of segments of six seconds whose clock is so far from its media, in ms, at each of them. */
function told(offsets: readonly number[]): Rehearsal {
  const r = new Rehearsal()
  r.parent('a')
  r.open(1, SECONDS)
  offsets.forEach((offset, i) => {
    r.put(`a-${i}`, probeAt(100 + SECONDS * i, 640, SECONDS))
    const date = utcMs(EPOCH + 1000 * SECONDS * i + offset)
    r.list('a', i, [{ name: `a-${i}`, seconds: SECONDS, date }], false, SECONDS)
    r.pass(SECONDS)
  })
  return r
}

/** What the dates of output segments lie off the even course of the first. */
const shown = (r: Rehearsal) => r.outputs(1).map(({ startUtc }, i) => startUtc - EPOCH - 1000 * SECONDS * i)

describe('source dates', () => {
  it('that step by less than a segment are followed when three agree, without a break', () => {
    for (const step of [2500, 300, 60, -60, -2500]) {
      const r = told([0, 0, 0, step, step, step, step])
      assert.deepEqual(shown(r), [0, 0, 0, 0, 0, step, step], `${step} ms`)
      assert.ok(r.outputs(1).every(({ discontinuity, era }) => !discontinuity && era === 1))
    }
  })

  it('that step by more than a segment are followed at once', () => {
    assert.deepEqual(shown(told([0, 0, 9000, 9000])), [0, 0, 9000, 9000])
  })

  it('that jitter are not followed', () => {
    const jitter = [0, 15, -15, 19, -19, 80, -70, 60, 0, 90, 10, -40]
    assert.deepEqual(
      shown(told(jitter)),
      jitter.map(() => 0),
    )
  })

  it('that step by less than their jitter are followed when eight lie on one side', () => {
    const stepped = [0, 0, 75, 27, 52, 74, 28, 70, 30, 50, 60, 45]
    const dates = shown(told(stepped))
    assert.deepEqual(dates.slice(0, 9), Array(9).fill(0))
    assert.ok(
      dates.slice(9).every((date) => Math.abs(date - 50) <= 15),
      `${dates}`,
    )
  })

  it('that drift are followed within a picture or two', () => {
    const drift = Array.from({ length: 60 }, (_, i) => 6 * i)
    for (const [i, date] of shown(told(drift)).entries()) {
      assert.ok(Math.abs(date - drift[i]!) <= 40, `${date} at ${drift[i]}`)
    }
  })

  it('that come only later are followed at once: until then the server’s clock was all there was', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, SECONDS)
    for (let i = 0; i < 4; i++) {
      r.put(`a-${i}`, probeAt(100 + SECONDS * i, 640, SECONDS))
      const dated = i >= 2 && { date: utcMs(EPOCH + 1000 * SECONDS * i) }
      r.list('a', i, [{ name: `a-${i}`, seconds: SECONDS, ...dated }], false, SECONDS)
      r.pass(SECONDS)
    }
    assert.deepEqual(shown(r).slice(2), [0, 0])
  })

  it('that only a later stream tells are followed all the same, until the first stream tells its own', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, SECONDS)
    const own = [undefined, undefined, undefined, undefined, undefined, undefined, 5000, 5000, 5000]
    const later = [0, 0, 300, 300, 300, 300, 600, 600, 600]
    own.forEach((offset, i) => {
      for (const [playlist, off] of [
        ['a', offset],
        ['b', later[i]],
      ] as const) {
        r.put(`${playlist}-${i}`, probeAt(100 + SECONDS * i, 640, SECONDS))
        const date = off === undefined ? {} : { date: utcMs(EPOCH + 1000 * SECONDS * i + off) }
        r.list(playlist, i, [{ name: `${playlist}-${i}`, seconds: SECONDS, ...date }], false, SECONDS)
      }
      r.pass(SECONDS)
    })
    assert.deepEqual(shown(r), [0, 0, 0, 0, 300, 300, 300, 300, 5000])
  })
})
