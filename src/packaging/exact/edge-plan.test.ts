import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CannotCut } from '../output-format.ts'
import { type EncodedRun, encodedRun, MOST_ENCODED, planHead, planTail } from './edge-plan.ts'
import type { SourcePicture } from './source-pictures.ts'

const FRAME = 3600

/** Pictures in order of decoding, by the numbers at which they are shown: `i` for an IDR picture, `k` a key frame. */
function decoded(text: string): readonly SourcePicture[] {
  return text.split(' ').map((word, place): SourcePicture => {
    const pts = Number.parseInt(word.replace(/^[ik]/, ''), 10) * FRAME
    const [isIdr, isSync] = [word.startsWith('i'), /^[ik]/.test(word)]
    return { pts, dts: place * FRAME, duration: FRAME, isSync, isIdr, data: new Uint8Array(1), segment: 1, place }
  })
}

const numbers = (pictures: readonly SourcePicture[] | undefined) => pictures?.map(({ pts }) => pts / FRAME)
const at = (run: EncodedRun | undefined) => run && [numbers(run.pictures), numbers(run.decoded), run.isClosed]

const CLOSED = decoded('i0 4 2 1 3 8 6 5 7 i9 13 11 10 12 17 15 14 16')
const OPEN = decoded('i0 4 2 1 3 k8 6 5 7 12 10 9 11')

describe('the beginning of an exact cut', () => {
  it('encodes nothing where an IDR picture is asked for', () => {
    assert.deepEqual(planHead(CLOSED, 9 * FRAME, Number.POSITIVE_INFINITY), { first: 9 })
    assert.deepEqual(planHead(CLOSED, 9 * FRAME + 90, Number.POSITIVE_INFINITY), { first: 9 })
  })

  it('encodes what is shown before the next IDR picture, in order of display, and decodes from the key frame before', () => {
    const { first, before } = planHead(CLOSED, 3 * FRAME, Number.POSITIVE_INFINITY)!
    assert.equal(first, 9)
    assert.deepEqual(at(before), [[3, 4, 5, 6, 7, 8], [0, 4, 2, 1, 3, 8, 6, 5, 7], true])
    assert.equal(before!.until, 9 * FRAME)
  })

  it('finds none where the end comes first, and decodes no leading pictures of an open group', () => {
    assert.equal(planHead(CLOSED, 3 * FRAME, 9 * FRAME), undefined)
    assert.equal(planHead(OPEN, 9 * FRAME, Number.POSITIVE_INFINITY), undefined)
    assert.deepEqual(at(encodedRun(OPEN, 9 * FRAME, 12 * FRAME)), [[9, 10, 11], [8, 12, 10, 9, 11], false])
    // Those that are shown before their key frame need the group before.
    assert.deepEqual(at(encodedRun(OPEN, 6 * FRAME, 8 * FRAME))?.[1], [0, 4, 2, 1, 3, 8, 6, 5, 7])
  })

  it('refuses more than half a minute, and what cannot be decoded', () => {
    assert.throws(() => encodedRun(OPEN, 0, MOST_ENCODED + FRAME), CannotCut)
    assert.throws(() => encodedRun(OPEN.slice(5), 6 * FRAME, 8 * FRAME), /refer to others before the window/)
  })
})

describe('the end of an exact cut', () => {
  it('leaves out what follows, and encodes nothing, where that leaves just what is shown before it', () => {
    for (const [until, end] of [
      [9, 9],
      [5, 5],
      [1, 1],
      [18, 18],
    ] as const) {
      assert.deepEqual(planTail(CLOSED, 0, until * FRAME), { end })
    }
  })

  it('encodes no more than the pictures behind the last place where both orders agree', () => {
    const { end, after } = planTail(CLOSED, 0, 7 * FRAME)
    assert.equal(end, 5)
    assert.deepEqual(at(after), [[5, 6], [0, 4, 2, 1, 3, 8, 6, 5], true])
    assert.equal(after!.until, 7 * FRAME)
    const second = planTail(CLOSED, 9, 12 * FRAME)
    assert.deepEqual([second.end, numbers(second.after!.pictures)], [10, [10, 11]])
  })

  it('begins with the first that is copied', () => {
    assert.deepEqual(planTail(CLOSED, 9, 10 * FRAME), { end: 10 })
    assert.deepEqual(planTail(CLOSED, 9, 9 * FRAME), { end: 9 })
  })

  it('encodes pictures in front of the key frame of an open group with those of the group before', () => {
    const { end, after } = planTail(OPEN, 5, 7 * FRAME)
    assert.equal(end, 5)
    assert.deepEqual(at(after), [[5, 6], [0, 4, 2, 1, 3, 8, 6, 5], true])
  })
})
