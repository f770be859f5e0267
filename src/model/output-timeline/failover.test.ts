import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChannelRehearsal, type InputName } from '../../../test/timeline/channel-rehearsal.ts'
import { EPOCH, IMAGE, images, probeAt, variants } from '../../../test/timeline/rehearsal.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, utcMs } from '../../media/time.ts'
import { utcAt } from '../eras/era.ts'

const STREAMS = ['a', 'b']
const TURN = PTS_MODULUS / TICKS_PER_SECOND

/** Segment `i` of both streams of an input, two seconds each, from `base` seconds of PTS. */
function push(
  r: ChannelRehearsal,
  input: InputName,
  i: number,
  base = 10,
  more: { width?: number; missing?: string; late?: number } = {},
) {
  for (const playlist of STREAMS) {
    if (playlist === more.missing) continue
    r.put(input, `${playlist}-${i}.ts`, probeAt((base + 2 * i) % TURN, more.width))
    r.list(input, playlist, i, [{ name: `${playlist}-${i}.ts`, date: utcMs(EPOCH + 2000 * (i + (more.late ?? 0))) }])
  }
}

/** Both inputs from segment `from` up to `to`, B 300 ms behind A; each pushes what is not said to be missing. */
function both(r: ChannelRehearsal, from: number, to: number, { a = 10, b = 10, only = '' } = {}) {
  for (let i = from; i < to; i++) {
    r.pass(1.7)
    if (only !== 'B') push(r, 'A', i, a)
    r.pass(0.3)
    if (only !== 'A') push(r, 'B', i, b)
  }
}

function begin(...seconds: number[]): ChannelRehearsal {
  const r = new ChannelRehearsal()
  r.streams('A', variants(...STREAMS))
  r.streams('B', variants(...STREAMS))
  for (const [id, one] of seconds.entries()) r.open(id, one)
  return r
}

const shown = (r: ChannelRehearsal, id = 0) => r.outputs(id).flatMap((segment) => r.sources(segment, 2))
const breaks = (r: ChannelRehearsal, id = 0) =>
  r.outputs(id).flatMap(({ number, discontinuity }) => (discontinuity ? number : []))
const starts = (r: ChannelRehearsal, id = 0) => r.outputs(id).map(({ startUtc }) => (startUtc - EPOCH) / 1000)

describe('an endpoint of a channel with two inputs', () => {
  it('shows a stream that comes late to an era shown under another name', () => {
    const r = begin(2)
    const late = (i: number) => push(r, 'A', i, 10, { missing: 'b' })
    for (let i = 0; i < 24; i++) {
      r.pass(2)
      // A is held up at 10, and B gone from 16 on; what A has besides comes at 20.
      if (i < 10 || (i > 13 && i < 20)) late(i)
      if (i === 13) for (const held of [10, 11, 12, 13]) late(held)
      if (i >= 20) push(r, 'A', i)
      if (i >= 8 && i < 16) push(r, 'B', i, 500)
    }
    const last = r.outputs(0).at(-1)!
    assert.deepEqual([last.era, ...r.sources(last, 2)], [1e9, 'AA'])
    assert.deepEqual(
      r.era(last.era)?.streams.map(({ tracks }) => tracks.length),
      [2, 2],
    )
  })

  for (const [inputs, b] of [
    ['that are locked', 10],
    ['with timelines of their own', 500],
  ] as const) {
    it(`shows what an encoder misses that is soon back from the other of two inputs ${inputs}`, () => {
      const r = begin(2)
      for (let i = 0; i < 12; i++) {
        r.pass(1.7)
        if (i < 3) push(r, 'A', i)
        // Killed during segment 3, and started anew before anybody has failed over.
        if (i === 4) r.streams('A', variants(...STREAMS))
        if (i >= 4) push(r, 'A', i - 4, 3000, { late: 4 })
        r.pass(0.3)
        push(r, 'B', i, b)
      }
      assert.deepEqual(starts(r).slice(0, 11), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
      assert.deepEqual(shown(r).slice(0, 6), ['AA', 'AA', 'AA', 'BB', 'BB', 'BB'])
      assert.equal(r.switches.length, 1)
    })
  }

  it('stays with an input that leaves out what the other does not have either', () => {
    const r = begin(2)
    for (let i = 0; i < 12; i++) {
      r.pass(1.7)
      if (i === 4) r.streams('A', variants(...STREAMS))
      if (i !== 3) push(r, 'A', i < 3 ? i : i - 4, i < 3 ? 10 : 3000, { late: i < 3 ? 0 : 4 })
      r.pass(0.3)
      if (i !== 3) push(r, 'B', i, 500)
    }
    assert.deepEqual(shown(r).slice(0, 6), ['AA', 'AA', 'AA', 'AA', 'AA', 'AA'])
    assert.equal(r.switches.length, 0)
  })

  it('stays with an input that leaves nothing out when its clock is put right', () => {
    for (const late of [-3, -1, 2]) {
      const r = begin(2)
      for (let i = 0; i < 12; i++) {
        r.pass(1.7)
        if (i === 6) r.streams('A', variants(...STREAMS))
        if (i < 6) push(r, 'A', i, 10, { late })
        else push(r, 'A', i - 6, 3000, { late: 6 })
        r.pass(0.3)
        push(r, 'B', i, 500)
      }
      assert.equal(r.switches.length, 0, `${late}`)
      assert.equal(r.outputs(0).length, 12)
    }
  })

  it('knows what an encoder leaves out also when the last it sent was waited for', () => {
    const r = begin(2)
    for (let i = 0; i < 14; i++) {
      r.pass(1.7)
      if (i < 4) push(r, 'A', i)
      // Killed between two streams of segment 4, and back with 6.
      if (i === 4) push(r, 'A', i, 10, { missing: 'b' })
      if (i === 6) r.streams('A', variants(...STREAMS))
      if (i >= 6) push(r, 'A', i - 6, 3000, { late: 6 })
      r.pass(0.3)
      push(r, 'B', i, 500)
    }
    assert.deepEqual(starts(r).slice(0, 12), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
  })

  it('begins an era where the other input brings a stream the era shown knows nothing of', () => {
    const r = begin(2, 6)
    for (let i = 0; i < 26; i++) {
      r.pass(2)
      // A never has the second stream, and goes at 12, when nobody waits for it any more; B has it from 18 on.
      if (i < 12) push(r, 'A', i, 10, { missing: 'b' })
      push(r, 'B', i, 10, i < 18 ? { missing: 'b' } : {})
    }
    assert.equal(r.switches.length, 2)
    for (const id of [0, 1]) {
      assert.equal(r.outputs(id)[0]?.era, 1)
      for (const { number, slots, era } of r.outputs(id)) {
        const known = r.era(era)!.streams.filter(({ tracks }) => tracks.length > 0)
        const there = new Set(slots.flatMap(({ objects }) => Object.keys(objects).map(Number)))
        assert.deepEqual(new Set(known.map(({ index }) => index)), there, `segment ${number} of ${id}`)
      }
    }
    assert.deepEqual(shown(r), [...Array(12).fill('A-'), ...Array(7).fill('B-'), ...Array(7).fill('BB')])
    assert.deepEqual(breaks(r), [20])
    assert.deepEqual(
      starts(r),
      Array.from({ length: 26 }, (_, i) => 2 * i),
    )
  })

  it('forgets nothing it knows of an era of its own for the sake of the other input', () => {
    const r = begin(2)
    const slow = (input: InputName, i: number, base: number, hours: number, missing?: string) => {
      for (const playlist of STREAMS) {
        if (playlist === missing) continue
        r.put(input, `${playlist}-${i}.ts`, probeAt(base + 2 * i))
        const date = utcMs(EPOCH + 2000 * i - hours * 3_600_000)
        r.list(input, playlist, i, [{ name: `${playlist}-${i}.ts`, date }])
      }
    }
    // B's clock is an hour behind, so its era is shown under another name; A comes back locked to it, without a stream.
    for (let i = 0; i < 22; i++) {
      r.pass(2)
      if (i < 4) slow('A', i, 10, 0)
      if (i < 14) slow('B', i, 500, 1)
      if (i >= 10) slow('A', 100 + i, 300, 1 + 200 / 3600, 'b')
    }
    const made = r.outputs(0).find(({ era }) => era === 1e9)!
    assert.deepEqual(shown(r).at(-1), 'A-')
    assert.equal(r.outputs(0).at(-1)?.era, made.era)
    assert.deepEqual(
      r.era(made.era)?.streams.map(({ tracks }) => tracks.length),
      [2, 2],
    )
  })

  it('stays with the first input while that has everything', () => {
    const r = begin(2)
    both(r, 0, 6)
    assert.deepEqual(shown(r), Array(6).fill('AA'))
    assert.deepEqual(r.switches, [])
  })

  it('goes over when a segment is due for longer than two of them, and stays there', () => {
    const r = begin(2)
    both(r, 0, 3)
    const last = r.now - 300
    both(r, 3, 10, { only: 'B' })
    assert.deepEqual(
      r.switches.map(({ from, to }) => [from, to]),
      [['A', 'B']],
    )
    // Two seconds until it was due, and twice a source segment.
    const after = r.switches[0]!.at - last
    assert.ok(after >= 6000 && after <= 6400, `${after} ms`)
    both(r, 10, 13)
    assert.deepEqual(shown(r), [...Array(3).fill('AA'), ...Array(10).fill('BB')])
    assert.deepEqual(
      starts(r),
      Array.from({ length: 13 }, (_, i) => 2 * i),
    )
  })

  it('waits longer for longer output segments, each endpoint by itself', () => {
    const r = begin(2, 6)
    both(r, 0, 3)
    const last = r.now - 300
    both(r, 3, 12, { only: 'B' })
    assert.deepEqual(
      r.switches.map(({ outputTimeline, at }) => [outputTimeline, Math.round((at - last) / 1000)]),
      [
        [0, 6],
        [1, 11],
      ],
    )
    assert.deepEqual(starts(r, 1), [0, 6, 12, 18])
  })

  it('shows no discontinuity when both inputs are on one timeline', () => {
    for (const b of [10, 10 + TURN]) {
      const r = begin(2)
      both(r, 0, 3)
      both(r, 3, 8, { only: 'B', b })
      assert.deepEqual(breaks(r), [])
      assert.deepEqual(new Set(r.outputs(0).map(({ era }) => era)), new Set([1]))
      assert.deepEqual(new Set(r.outputs(0).map(({ period }) => period?.number)), new Set([1]))
      const ends = r.outputs(0).map(({ start, duration }) => start + duration)
      assert.deepEqual(
        r
          .outputs(0)
          .slice(1)
          .map(({ start }) => start),
        ends.slice(0, -1),
      )
      for (const { slots, start } of r.outputs(0)) {
        assert.equal(slots[0]?.start, start)
        assert.equal(slots[0]?.objects[1]?.times?.[0]?.first, start)
        assert.equal(slots[0]?.era, 1)
      }
    }
  })

  it('shows none when one of them has images and the other has not', () => {
    const r = new ChannelRehearsal()
    for (const input of ['A', 'B'] as const) r.streams(input, [...variants(...STREAMS), images(3, 'img')])
    r.open(0, 2)
    for (let i = 0; i < 16; i++) {
      r.pass(1.7)
      if (i < 6) push(r, 'A', i)
      r.pass(0.3)
      r.put('B', `img-${i}.jpg`, IMAGE)
      r.list('B', 'img', i, [{ name: `img-${i}.jpg`, date: utcMs(EPOCH + 2000 * i) }])
      push(r, 'B', i)
    }
    assert.deepEqual([shown(r).at(0), shown(r).at(-1), breaks(r)], ['AA', 'BB', []])
    const [first, last] = [r.outputs(0)[0], r.outputs(0).at(-1)].map((each) => each?.slots[0]?.objects[3])
    assert.deepEqual([first !== undefined, last !== undefined], [false, true])
  })

  it('brings a turn of 33 bits onto one timeline', () => {
    const r = begin(2)
    // A began before its timestamps wrapped, B after.
    for (let i = 0; i < 4; i++) {
      r.pass(2)
      push(r, 'A', i, TURN - 4)
    }
    for (let i = 4; i < 7; i++) {
      r.pass(2)
      push(r, 'A', i, TURN - 4)
      push(r, 'B', i, TURN - 4)
    }
    for (let i = 7; i < 14; i++) {
      r.pass(2)
      push(r, 'B', i, TURN - 4)
    }
    assert.deepEqual(breaks(r), [])
    assert.equal(r.outputs(0).length, 14)
    const first = r.outputs(0)[0]!.start
    assert.deepEqual(
      r.outputs(0).map(({ start }) => (start - first) / TICKS_PER_SECOND),
      Array.from({ length: 14 }, (_, i) => 2 * i),
    )
  })

  it('shows a discontinuity and another era when timestamps or descriptions differ', () => {
    const r = begin(2)
    both(r, 0, 3, { b: 500 })
    both(r, 3, 8, { only: 'B', b: 500 })
    assert.deepEqual(breaks(r), [4])
    assert.deepEqual(shown(r), [...Array(3).fill('AA'), ...Array(5).fill('BB')])
    assert.equal(r.outputs(0)[3]?.era, 1_000_001)
    const other = begin(2)
    for (let i = 0; i < 8; i++) {
      other.pass(2)
      if (i < 3) push(other, 'A', i)
      push(other, 'B', i, 10, { width: 1280 })
    }
    assert.deepEqual(breaks(other), [4])
  })

  it('goes back when the second input fails, and only then', () => {
    const r = begin(2)
    both(r, 0, 3)
    both(r, 3, 8, { only: 'B' })
    both(r, 8, 10)
    both(r, 10, 15, { only: 'A' })
    assert.deepEqual(
      r.switches.map(({ to }) => to),
      ['B', 'A'],
    )
    assert.deepEqual(
      r.outputs(0).map(({ number }) => number),
      Array.from({ length: 15 }, (_, i) => i + 1),
    )
    assert.deepEqual(
      starts(r),
      Array.from({ length: 15 }, (_, i) => 2 * i),
    )
  })

  it('goes over when one stream stays away that the other input has', () => {
    const r = begin(2)
    both(r, 0, 3)
    for (let i = 3; i < 12; i++) {
      r.pass(2)
      push(r, 'A', i, 10, { missing: 'b' })
      push(r, 'B', i)
    }
    assert.deepEqual(
      r.switches.map(({ to }) => to),
      ['B'],
    )
    assert.deepEqual(shown(r).slice(-2), ['BB', 'BB'])
    assert.ok(shown(r).filter((one) => one === 'A-').length <= 4)
  })

  it('does not wait when the input has ended, and ends when both have', () => {
    const r = begin(2)
    both(r, 0, 3)
    for (const playlist of STREAMS) r.list('A', playlist, 2, [{ name: `${playlist}-2.ts` }], true)
    assert.equal(r.hasEnded, false)
    r.pass(1.7)
    push(r, 'B', 3)
    assert.deepEqual(shown(r), [...Array(3).fill('AA'), 'BB'])
    for (const playlist of STREAMS) r.list('B', playlist, 3, [{ name: `${playlist}-3.ts` }], true)
    r.pass(0.2)
    assert.equal(r.hasEnded, true)
    r.pass(20)
    push(r, 'A', 14, 10)
    r.pass(1)
    assert.equal(r.hasEnded, false)
    assert.equal(shown(r).at(-1), 'AA')
  })

  it('ends when one input has and the other went away before, or with it', () => {
    for (const gone of [3, 10]) {
      const r = begin(2)
      both(r, 0, gone)
      both(r, gone, 10, { only: 'B' })
      for (const playlist of STREAMS) r.list('B', playlist, 9, [{ name: `${playlist}-9.ts` }], true)
      r.pass(50, 1000)
      assert.equal(r.hasEnded, gone === 3, 'a minute from when it went')
      r.pass(60, 1000)
      assert.equal(r.hasEnded, true)
      r.restart(30)
      assert.equal(r.hasEnded, true, 'and after a restart')
      push(r, 'A', 70)
      assert.equal(r.hasEnded, false)
    }
  })

  it('does not end because the input that is left has gone away without a word', () => {
    const r = begin(2)
    both(r, 0, 3)
    for (const playlist of STREAMS) r.list('B', playlist, 2, [{ name: `${playlist}-2.ts` }], true)
    both(r, 3, 40, { only: 'A' })
    r.pass(600, 1000)
    assert.equal(r.hasEnded, false)
    const silent = begin(2)
    both(silent, 0, 3)
    silent.pass(600, 1000)
    assert.equal(silent.hasEnded, false)
  })

  it('is not held open by an input that was named and never came', () => {
    const r = begin(2)
    both(r, 0, 3, { only: 'A' })
    for (const playlist of STREAMS) r.list('A', playlist, 2, [{ name: `${playlist}-2.ts` }], true)
    assert.equal(r.hasEnded, true)
  })

  it('does not go over because the server was away', () => {
    const r = begin(2)
    both(r, 0, 3)
    r.restart(60)
    push(r, 'B', 33)
    r.pass(3)
    push(r, 'A', 33)
    assert.deepEqual(r.switches, [])
    r.pass(2)
    push(r, 'A', 34)
    assert.equal(shown(r).at(-1), 'AA')
  })

  it('gives an output timeline that is opened later what it would have had', () => {
    const r = begin(2)
    both(r, 0, 3)
    both(r, 3, 8, { only: 'B' })
    both(r, 8, 12)
    r.open(7, 2)
    const facts = (id: number) =>
      r.outputs(id).map(({ number, era, start, discontinuity }) => ({ number, era, start, discontinuity }))
    assert.deepEqual(facts(7), facts(0))
    assert.deepEqual(shown(r, 7), shown(r))
    assert.equal(r.outputTimelines.get(7)?.input, 'B')
  })

  it('decides as it would have then when it is opened after the server was away, or an input has ended', () => {
    const facts = (r: ChannelRehearsal, id: number) =>
      r.outputs(id).map((one) => ({
        ...one,
        period: undefined,
        sealedAt: undefined,
        slots: one.slots.map(({ seen: _, ...slot }) => slot),
      }))
    const away = begin(2)
    both(away, 0, 3)
    away.restart(60)
    push(away, 'B', 33)
    away.pass(3)
    push(away, 'A', 33)
    both(away, 34, 37)
    away.open(7, 2)
    assert.deepEqual(facts(away, 7), facts(away, 0))
    assert.deepEqual([away.switches, away.outputTimelines.get(7)?.input], [[], 'A'])

    const ended = begin(6)
    both(ended, 0, 3)
    for (const playlist of STREAMS) ended.list('A', playlist, 2, [{ name: `${playlist}-2.ts` }], true)
    both(ended, 3, 4, { only: 'B' })
    both(ended, 4, 9)
    ended.open(7, 6)
    assert.equal(ended.outputTimelines.get(0)?.input, 'B')
    assert.deepEqual(facts(ended, 7), facts(ended, 0))
    assert.equal(ended.outputTimelines.get(7)?.input, 'B')
  })

  it('goes by arrival where the clocks of the inputs tell different hours', () => {
    const r = begin(2)
    const pushAt = (input: InputName, i: number, hours: number) => {
      for (const playlist of STREAMS) {
        r.put(input, `${playlist}-${i}.ts`, probeAt((input === 'A' ? 10 : 500) + 2 * i))
        const date = utcMs(EPOCH + 2000 * i - hours * 3_600_000)
        r.list(input, playlist, i, [{ name: `${playlist}-${i}.ts`, date }])
      }
    }
    for (let i = 0; i < 10; i++) {
      r.pass(2)
      if (i < 4) pushAt('A', i, 0)
      pushAt('B', i, 1)
    }
    assert.deepEqual(shown(r), [...Array(4).fill('AA'), ...Array(6).fill('BB')])
    // The clock that formats place all eras on goes on.
    const clocks = r.outputs(0).map(({ era, start }) => (utcAt(r.era(era)!.clock, start) - EPOCH) / 1000)
    assert.deepEqual(
      clocks,
      Array.from({ length: 10 }, (_, i) => 2 * i),
    )
    assert.equal(r.outputs(0).at(-1)?.era, 1_000_000_000)
  })

  it('names nothing twice when it comes back to an era it has shown', () => {
    const r = begin(2)
    both(r, 0, 4)
    both(r, 4, 10, { only: 'B' })
    // B begins anew, off A's timeline; A goes on with what it was late with.
    for (let i = 10; i < 13; i++) {
      r.pass(2)
      for (const playlist of STREAMS) {
        r.put('B', `${playlist}-${i}.ts`, probeAt(700 + 2 * i))
        r.list('B', playlist, i - 10, [{ name: `${playlist}-${i}.ts`, date: utcMs(EPOCH + 2000 * i) }])
      }
    }
    for (let i = 4; i < 20; i++) {
      r.pass(i < 8 ? 0.1 : 2)
      push(r, 'A', i)
    }
    const names = r.outputs(0).map(({ era, start }) => `${era} ${start}`)
    assert.equal(new Set(names).size, names.length)
    assert.equal(shown(r).at(-1), 'AA')
  })
})
