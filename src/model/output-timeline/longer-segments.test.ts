import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, probeAt, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'
import { hasStream } from '../output-segment.ts'
import { intervalOfStream } from '../stream-interval.ts'

const BASE = 100
const SECOND = 90_000
const SOUND: ListedStream = {
  index: 3,
  playlist: 'sound',
  role: { kind: 'audio', groupId: 'a', name: 'a', isDefault: true, autoselect: true },
}

type Life = {
  readonly pictures: readonly string[]
  /** Seconds of a segment of sound; those of pictures last two. */
  readonly sound: number
  /** Segments that are listed and never put. */
  readonly lost?: readonly string[]
  /** When the pictures begin. */
  readonly from?: number
}

/** Forty seconds of pictures, and sound in longer segments. */
function live({ pictures, sound, lost = [], from = 0 }: Life): Rehearsal {
  const r = new Rehearsal()
  r.streams([...variants(...pictures), SOUND])
  r.open(1, 2)
  for (let at = 2; at <= 40; at += 2) {
    r.pass(2)
    const i = at / 2 - 1
    for (const playlist of at > from ? pictures : []) {
      if (!lost.includes(`${playlist}-${i}`)) r.put(`${playlist}-${i}`, probeAt(BASE + at - 2, 640, 2))
      r.list(playlist, i, [{ name: `${playlist}-${i}` }], at === 40, sound)
    }
    if (at % sound !== 0) continue
    const n = at / sound - 1
    if (!lost.includes(`sound-${n}`)) r.put(`sound-${n}`, audioAt(BASE + at - sound, 'packed-audio', sound))
    r.list('sound', n, [{ name: `sound-${n}`, seconds: sound }], at === 40, sound)
  }
  for (let i = 0; i < 100; i++) r.pass(0.5)
  return r
}

const intervals = (r: Rehearsal, index: number) =>
  r.outputs(1).map((output) => {
    const { start, duration } = intervalOfStream(output, index)
    return [start / SECOND - BASE, duration / SECOND]
  })

const TENS = [0, 10, 20, 30].map((start) => [start, 10])

describe('output segments of streams with longer segments than the first', () => {
  it('end where the longer ones end, so that a window begins with sound', () => {
    const r = live({ pictures: ['a'], sound: 10 })
    assert.deepEqual(intervals(r, 1), TENS)
    assert.deepEqual(intervals(r, 3), TENS)
  })

  it('keep a lost segment of one variant to themselves: sound is not torn', () => {
    const r = live({ pictures: ['a', 'b'], sound: 10, lost: ['b-6'] })
    for (const index of [1, 2, 3]) assert.deepEqual(intervals(r, index), TENS)
    assert.equal(new Set(r.outputs(1).map(({ period }) => period?.number)).size, 1)
    assert.deepEqual(
      r.slots.filter((slot) => !hasStream(slot, 2)).map(({ index }) => index),
      [6],
    )
  })

  it('keep a lost segment of all pictures to themselves: while sound goes on, nothing breaks', () => {
    const r = live({ pictures: ['a'], sound: 4, lost: ['a-6', 'a-11'] })
    const fours = Array.from({ length: 10 }, (_, i) => [4 * i, 4])
    assert.deepEqual(intervals(r, 1), fours)
    assert.deepEqual(intervals(r, 3), fours)
    assert.ok(r.outputs(1).every(({ discontinuity }) => !discontinuity))
  })

  it('do not lose sound that begins before the pictures', () => {
    const r = live({ pictures: ['a'], sound: 10, from: 4 })
    assert.deepEqual(intervals(r, 3), TENS)
    assert.equal(new Set(r.outputs(1).map(({ period }) => period?.number)).size, 1)
  })

  it('leave a lost segment of the sound a gap, and begin anew with the next', () => {
    const r = live({ pictures: ['a'], sound: 10, lost: ['sound-1'] })
    const twos = [10, 12, 14, 16, 18].map((start) => [start, 2])
    assert.deepEqual(intervals(r, 3), [[0, 10], ...twos, [20, 10], [30, 10]])
    assert.deepEqual(intervals(r, 1), intervals(r, 3))
  })
})
