import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuTimeOf } from '../../../test/judges/cpu-time.ts'
import { EPOCH, probeAt, push, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import { utcMs } from '../../media/time.ts'

describe('a timeline', () => {
  it('publishes a slot when every stream has listed its segment, and not before', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    r.put('a-0.ts', probeAt(10))
    r.list('a', 0, [{ name: 'a-0.ts' }])
    assert.deepEqual(r.numbers(1), [])
    r.put('b-0.ts', probeAt(10.02))
    r.list('b', 0, [{ name: 'b-0.ts' }])
    assert.deepEqual(r.numbers(1), [1])
    assert.deepEqual(Object.keys(r.slots[0]!.objects), ['1', '2'])
  })

  it('publishes a segment listed before its PUT as soon as it comes', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    r.list('a', 0, [{ name: 's0' }, { name: 's1' }])
    r.put('s1', probeAt(12))
    assert.deepEqual(r.numbers(1), [], 'the order is the playlist’s')
    r.put('s0', probeAt(10))
    assert.deepEqual(r.numbers(1), [1, 2])
  })

  it('publishes everything a late playlist lists', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (let i = 0; i < 5; i++) r.put(`s${i}`, probeAt(10 + 2 * i))
    r.pass(600)
    r.list(
      'a',
      0,
      [0, 1, 2, 3, 4].map((i) => ({ name: `s${i}` })),
    )
    assert.deepEqual(r.numbers(1), [1, 2, 3, 4, 5])
    assert.ok(r.outputs(1).every(({ discontinuity }) => !discontinuity))
  })

  it('does not wait for what a playlist lists from before we were there', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    r.put('s50', probeAt(110))
    r.list(
      'a',
      0,
      Array.from({ length: 51 }, (_, i) => ({ name: `s${i}` })),
    )
    assert.equal(r.state.listings['a']?.queue.length, 4)
    r.pass(2.1)
    assert.deepEqual(r.numbers(1), [1])
  })

  it('stays small, and goes on, when a playlist lists a hundred thousand segments that were never put', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    const absent = Array.from({ length: 99_999 }, (_, i) => ({ name: `absent-${i}.ts`, seconds: 0.1 }))
    r.put('a-1.ts', probeAt(10_000))
    const { cpuMs } = cpuTimeOf(() => {
      r.list('a', 1, [...absent, { name: 'a-1.ts' }])
      assert.ok(JSON.stringify(r.state).length < 100_000)
      r.pass(3)
    })
    // A tenth of a second, or minutes where each has all the others looked through.
    assert.ok(cpuMs < 10_000, `${cpuMs} ms`)
    assert.deepEqual(r.numbers(1), [1, 2])
  })

  it('never alters what was published when a name is put again', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    const before = r.slots[0]!.objects[1]!.key
    r.put('a-0.ts', probeAt(10))
    r.list('a', 0, [{ name: 'a-0.ts' }])
    push(r, ['a'], 1)
    assert.equal(r.slots.length, 2)
    assert.equal(r.slots[0]!.objects[1]!.key, before)
  })

  it('takes the object put last under a name that was not listed yet', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    r.put('s0', probeAt(10))
    r.put('s0', probeAt(10))
    r.list('a', 0, [{ name: 's0' }])
    assert.equal(r.slots[0]!.objects[1]!.key, 'k2')
  })

  it('numbers a slot that one stream lacks, after a target duration of waiting, and leaves the late one out', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    push(r, ['a'], 1)
    r.list('b', 1, [{ name: 'b-1.ts' }])
    r.pass(1.9)
    assert.deepEqual(r.numbers(1), [1])
    r.pass(0.2)
    assert.deepEqual(r.numbers(1), [1, 2])
    assert.deepEqual(Object.keys(r.slots[1]!.objects), ['1'])
    r.put('b-1.ts', probeAt(12))
    push(r, ['a', 'b'], 2)
    assert.deepEqual(r.numbers(1), [1, 2, 3])
    assert.deepEqual(Object.keys(r.slots[2]!.objects), ['1', '2'])
    assert.deepEqual(
      r.outputs(1).map(({ discontinuity }) => discontinuity),
      [false, false, false],
    )
    assert.deepEqual(r.gaps, ['b-1.ts: listed, but never put'])
  })

  it('shows a discontinuity, and no number, where all streams lack a segment', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    for (const s of ['a', 'b']) r.list(s, 1, [{ name: `${s}-1.ts` }])
    r.pass(2.1)
    push(r, ['a', 'b'], 2)
    assert.deepEqual(r.numbers(1), [1, 2])
    assert.deepEqual(
      r.outputs(1).map((s) => [s.discontinuity, s.discontinuitySequence]),
      [
        [false, 0],
        [true, 1],
      ],
    )
    assert.equal(r.outputs(1)[1]!.start - r.outputs(1)[0]!.start, 4 * 90_000)
  })

  it('shows a discontinuity where a segment is neither listed nor put', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 6)
    for (const i of [0, 1, 3, 4, 5]) {
      r.pass(2)
      push(r, ['a', 'b'], i, 10, i > 2 ? i - 1 : i)
    }
    assert.deepEqual(
      r.outputs(1).map(({ start, duration, discontinuity }) => [start / 90_000, duration / 90_000, discontinuity]),
      [
        [10, 4, false],
        [16, 6, true],
      ],
    )
  })

  it('treats a segment that is no media like one that never came', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    r.put('a-1.ts', 'no sync byte')
    r.list('a', 1, [{ name: 'a-1.ts' }])
    push(r, ['a'], 2)
    assert.deepEqual(
      r.outputs(1).map((s) => s.discontinuity),
      [false, true],
    )
    assert.deepEqual(r.gaps, ['a-1.ts: no sync byte'])
  })

  it('joins two and three source segments, and closes the last run when the stream ends', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(2, 4)
    r.open(3, 6)
    for (let i = 0; i < 7; i++) push(r, ['a'], i)
    assert.deepEqual(
      r.outputs(2).map(({ slots }) => slots.length),
      [2, 2, 2],
    )
    assert.deepEqual(
      r.outputs(3).map(({ slots }) => slots.length),
      [3, 3],
    )
    r.list('a', 6, [{ name: 'a-6.ts' }], true)
    assert.equal(r.state.ended, true)
    assert.deepEqual(
      r.outputs(2).map(({ slots }) => slots.length),
      [2, 2, 2, 1],
    )
    assert.deepEqual(
      r.outputs(3).map(({ slots }) => slots.length),
      [3, 3, 1],
    )
  })

  it('shows the last slots of an encoder that stopped without a word', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 6)
    for (let i = 0; i < 4; i++) push(r, ['a'], i)
    assert.deepEqual(r.numbers(1), [1])
    r.pass(7)
    assert.deepEqual(r.numbers(1), [1, 2])
    assert.equal(r.state.ended, false)
  })

  it('begins an era at a timestamp jump, at EXT-X-DISCONTINUITY and at a change of codec parameters', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    push(r, ['a'], 1, 500)
    r.put('s2', probeAt(504))
    r.list('a', 2, [{ name: 's2', breaks: true }])
    r.put('s3', probeAt(506, 1280))
    r.list('a', 3, [{ name: 's3' }])
    assert.deepEqual(
      r.outputs(1).map(({ era, discontinuitySequence }) => [era, discontinuitySequence]),
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3],
      ],
    )
  })

  it('unwraps 33-bit timestamps without a break', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    const wrap = 2 ** 33 / 90_000
    for (let i = 0; i < 4; i++) push(r, ['a'], i, wrap - 3)
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 1, 1, 1],
    )
    const starts = r.outputs(1).map(({ start }) => start)
    assert.deepEqual(
      starts.slice(1).map((start, i) => start - starts[i]!),
      [180_000, 180_000, 180_000],
    )
  })

  it('dates slots by the source’s programme date time, and by arrival where it has none', () => {
    const dated = new Rehearsal()
    dated.parent('a')
    dated.open(1, 2)
    dated.put('s0', probeAt(10))
    dated.list('a', 0, [{ name: 's0', date: utcMs(EPOCH + 123_456) }])
    dated.put('s1', probeAt(12))
    dated.list('a', 1, [{ name: 's1' }])
    assert.deepEqual(
      dated.slots.map(({ startUtc }) => startUtc - EPOCH),
      [123_456, 125_456],
    )

    const undated = new Rehearsal()
    undated.parent('a')
    push(undated, ['a'], 0)
    assert.equal(undated.slots[0]!.startUtc, EPOCH - 2000)

    const absurd = new Rehearsal()
    absurd.parent('a')
    absurd.put('s0', probeAt(10))
    absurd.list('a', 0, [{ name: 's0', date: utcMs(0) }])
    assert.equal(absurd.slots[0]!.startUtc, EPOCH - 2000)
  })

  it('begins an era for all streams when timestamps step back by a few segments', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 10; i++) push(r, ['a', 'b'], i)
    for (let i = 10; i < 14; i++) push(r, ['a', 'b'], i, 4)
    assert.deepEqual(
      r.slots.map(({ era }) => era),
      [...Array(10).fill(1), ...Array(4).fill(2)],
    )
    assert.ok(r.slots.every(({ objects }) => Object.keys(objects).length === 2))
  })

  it('gives a segment whose EXTINF is nothing the time its timestamps span', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 4; i++) {
      for (const s of ['a', 'b']) {
        r.put(`${s}-${i}`, probeAt(10 + 2 * i))
        r.list(s, i, [{ name: `${s}-${i}`, seconds: 0 }])
      }
    }
    r.pass(5)
    assert.deepEqual(
      r.slots.map(({ era, objects }) => [era, Object.keys(objects).length]),
      Array(4).fill([1, 2]),
    )
  })
})
