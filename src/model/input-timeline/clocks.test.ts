import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EPOCH, probeAt, push, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import { PTS_MODULUS, utcMs } from '../../media/time.ts'
import { readTimeline } from './state.ts'

const at = (r: Rehearsal, slot: number) => r.slots[slot]!.objects[1]!

describe('the times of a slot’s objects', () => {
  it('lie on the era’s timeline across the wrap of 33 bits, track by track', () => {
    const r = new Rehearsal()
    r.parent('a')
    const wrap = PTS_MODULUS / 90_000
    for (let i = 0; i < 4; i++) push(r, ['a'], i, wrap - 3)
    r.slots.forEach(({ start }, i) => {
      const { times, keyFrames } = at(r, i)
      assert.deepEqual(times, [
        { first: start, last: start + 176_400, bytes: 900, pictures: 50 },
        { first: start - 1800, last: start + 176_200, bytes: 100 },
      ])
      assert.deepEqual(keyFrames, [{ pts: start, offset: 376, size: 188 }])
    })
    assert.ok(r.slots[3]!.start > PTS_MODULUS)
  })

  it('are never negative, though sound begins before an era’s first picture at 0', () => {
    for (const base of [0, 0.01, 9.9]) {
      const r = new Rehearsal()
      r.parent('a')
      push(r, ['a'], 0, base)
      push(r, ['a'], 1, base)
      assert.equal(r.slots[0]!.start, Math.round(base * 90_000) + PTS_MODULUS)
      assert.ok(r.slots.every((_, i) => at(r, i).times!.every((track) => track!.first > PTS_MODULUS - 10_000)))
      assert.equal(r.state.nextEra, 2)
    }
  })

  it('begin where the encoder’s do when that is late enough', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0, 10)
    assert.equal(r.slots[0]!.start, 900_000)
  })

  it('are null for a track the segment has nothing of', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    const { times, ...probe } = probeAt(12)
    r.put('silent', { ...probe, times: [times[0]!, null] })
    r.list('a', 1, [{ name: 'silent' }])
    assert.equal(at(r, 1).times![1], null)
  })
})

describe('the clock of an era', () => {
  it('stands where the era began, though its dates move on', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.put('s0', probeAt(10))
    r.list('a', 0, [{ name: 's0', date: utcMs(EPOCH + 5000) }])
    r.put('s1', probeAt(12))
    r.list('a', 1, [{ name: 's1', date: utcMs(EPOCH + 60_000) }])
    assert.equal(r.slots[1]!.startUtc, EPOCH + 60_000)
    assert.deepEqual(r.eras.get(1)?.clock, { time: 900_000, utc: EPOCH + 5000 })
    assert.deepEqual(r.state.eras[0]?.clock, r.eras.get(1)?.clock)
  })

  it('is the arrival less the duration where no date is to be had', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    assert.deepEqual(r.eras.get(1)?.clock, { time: 900_000, utc: EPOCH - 2000 })
  })

  it('does not begin before the last era ended, whatever the dates say', () => {
    const r = new Rehearsal()
    r.parent('a')
    for (let i = 0; i < 5; i++) {
      r.put(`s${i}`, probeAt(10 + 2 * i))
      r.list('a', i, [{ name: `s${i}`, date: utcMs(EPOCH + 2000 * i) }])
    }
    r.put('s5', probeAt(500))
    r.list('a', 5, [{ name: 's5', date: utcMs(EPOCH + 4000), breaks: true }])
    r.pass(60)
    r.put('s6', probeAt(900))
    r.list('a', 6, [{ name: 's6', date: utcMs(EPOCH + 60_000), breaks: true }])
    r.pass(10)
    assert.equal(r.slots[5]!.startUtc, EPOCH + 4000, 'the slot keeps its date')
    assert.deepEqual(
      [...r.eras.values()].map(({ clock }) => clock.utc - EPOCH),
      [0, 10_000, 60_000],
    )
  })

  it('is not ahead of the server’s date, whatever the source’s dates say, and so comes back when they do', () => {
    for (const ahead of [60, 3600, 80_000]) {
      const r = new Rehearsal()
      r.parent('a')
      for (let i = 0; i < 9; i++) {
        const isWrong = i >= 3 && i < 6
        r.put(`s${i}`, probeAt(10 + 100 * Math.floor(i / 3) + 2 * i))
        const date = utcMs(EPOCH + 2000 * i + (isWrong ? ahead * 1000 : 0))
        r.list('a', i, [{ name: `s${i}`, date, breaks: i % 3 === 0 && i > 0 }])
        r.pass(2)
      }
      r.pass(10)
      const dates = r.slots.map(({ startUtc }) => (startUtc - EPOCH) / 1000)
      assert.deepEqual(dates, [0, 2, 4, 6 + ahead, 8 + ahead, 10 + ahead, 12, 14, 16], 'dates are the source’s')
      const clocks = [...r.eras.values()].map(({ clock }) => clock.utc - EPOCH)
      assert.equal(clocks[0], 0)
      assert.ok(clocks[1]! <= 6000 + 10_000 && clocks[2]! <= 12_000 + 10_000, clocks.join())
    }
  })

  it('counts what an era that is still going on gets after the next one was opened', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    push(r, ['a', 'b'], 0)
    r.put('a-1', probeAt(500))
    r.list('a', 1, [{ name: 'a-1', breaks: true }])
    for (let i = 1; i < 4; i++) push(r, ['b'], i)
    r.put('b-4', probeAt(500))
    r.list('b', 4, [{ name: 'b-4', breaks: true }])
    assert.deepEqual(
      r.slots.map(({ era }) => era),
      [1, 1, 1, 1, 2],
    )
    assert.equal(r.eras.get(2)!.clock.utc - r.eras.get(1)!.clock.utc, 8000)
  })

  it('of a state saved before eras had one is the anchor', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    const saved = JSON.parse(JSON.stringify(r.state))
    delete saved.version
    delete saved.eras[0].clock
    const { eras } = readTimeline(JSON.stringify(saved), 'a')
    assert.deepEqual(eras[0]?.clock, { time: 900_000, utc: EPOCH - 2000 })
    assert.deepEqual(readTimeline(JSON.stringify(r.state), 'a'), r.state)
  })

  it('does not step back within an era: a little stands still, more begins one, and the first stream tells', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    const at = (i: number, aheadOfA: number, aheadOfB = aheadOfA) => {
      for (const [playlist, ahead] of [
        ['a', aheadOfA],
        ['b', aheadOfB],
      ] as const) {
        r.put(`${playlist}-${i}.ts`, probeAt(10 + 2 * i))
        r.list(playlist, i, [{ name: `${playlist}-${i}.ts`, date: utcMs(EPOCH + 2000 * i + ahead * 1000) }])
      }
    }
    at(0, 0)
    at(1, 0)
    at(2, -3)
    at(3, -3)
    at(4, 30)
    at(5, 30, -90)
    at(6, -10)
    at(7, -10)
    assert.deepEqual(
      r.outputs(1).map(({ era, startUtc, discontinuity }) => [era, (startUtc - EPOCH) / 1000, discontinuity]),
      [
        [1, 0, false],
        [1, 2, false],
        [1, 2, false],
        [1, 4, false],
        [1, 38, false],
        [1, 40, false],
        [2, 2, true],
        [2, 4, false],
      ],
    )
    assert.ok(r.outputs(1).every(({ slots }) => Object.keys(slots[0]!.objects).length === 2))
  })
})
