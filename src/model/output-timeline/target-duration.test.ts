import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeAt, push, Rehearsal } from '../../../test/timeline/rehearsal.ts'

const told = (r: Rehearsal) => r.outputs(1).map(({ targetDuration }) => targetDuration)

describe('the target duration of an output timeline', () => {
  it('is that of its usual segments from the first on, however short that one is', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 6)
    push(r, ['a', 'b'], 0)
    push(r, ['a'], 1)
    r.pass(20)
    for (let i = 2; i < 12; i++) push(r, ['a', 'b'], i)
    assert.ok(
      r.outputs(1).some(({ duration }) => duration < 3 * 90_000),
      'a gap makes short ones',
    )
    assert.deepEqual([...new Set(told(r))], [6])
  })

  it('grows for a longer segment, and stays there', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a'], i)
    r.put('long', probeAt(16, 640, 5))
    r.list('a', 3, [{ name: 'long', seconds: 5 }])
    for (let i = 4; i < 7; i++) push(r, ['a'], i, 13)
    assert.deepEqual(told(r), [2, 2, 2, 5, 5, 5, 5])
  })

  it('leaves room from the first on where streams are cut otherwise', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 30; i++) {
      push(r, ['a'], i)
      r.put(`b-${i}.ts`, probeAt(10 + 1.92 * i, 640, 1.92))
      r.list('b', i, [{ name: `b-${i}.ts`, seconds: 1.92 }])
    }
    assert.deepEqual([...new Set(told(r))], [4])
  })

  it('does not grow for a segment that is longer by less than half a second', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a'], i)
    r.put('short', probeAt(16, 640, 0.4))
    r.list('a', 3, [{ name: 'short', seconds: 0.4 }])
    for (let i = 4; i < 7; i++) push(r, ['a'], i, 8.4)
    assert.ok(
      r.outputs(1).some(({ duration }) => duration === 2.4 * 90_000),
      'the short one stands with the next',
    )
    assert.deepEqual([...new Set(told(r))], [2])
  })
})
