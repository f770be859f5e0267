import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChannelRehearsal, type InputName } from '../../../test/timeline/channel-rehearsal.ts'
import { EPOCH, probeAt, variants } from '../../../test/timeline/rehearsal.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, utcMs } from '../../media/time.ts'

const STREAMS = ['a', 'b']
const TURN = PTS_MODULUS / TICKS_PER_SECOND

type Loss = { readonly unput?: readonly string[]; readonly unlisted?: true }

function push(r: ChannelRehearsal, input: InputName, i: number, base: number, { unput = [], unlisted }: Loss = {}) {
  if (unlisted) return
  for (const playlist of STREAMS) {
    const name = `${playlist}-${i}.ts`
    if (!unput.includes(playlist)) r.put(input, name, probeAt((base + 2 * i) % TURN))
    r.list(input, playlist, i, [{ name, date: utcMs(EPOCH + 2000 * i) }])
  }
}

/** Ten segments of both inputs, of which A loses something on the way; B is 300 ms behind. */
function lived(
  losses: Readonly<Record<number, Loss>>,
  { b = 10, latencyOfB = 0.3, seconds = 2 } = {},
): ChannelRehearsal {
  const r = new ChannelRehearsal()
  for (const input of ['A', 'B'] as const) r.streams(input, variants(...STREAMS))
  r.open(0, seconds)
  for (let i = 0; i < (seconds === 2 ? 10 : 12); i++) {
    r.pass(2 - latencyOfB)
    push(r, 'A', i, 10, losses[i])
    r.pass(latencyOfB)
    push(r, 'B', i, b)
  }
  r.pass(seconds === 2 ? 0 : 9)
  return r
}

const shown = (r: ChannelRehearsal) => r.outputs(0).flatMap((segment) => r.sources(segment, 2))
const breaks = (r: ChannelRehearsal) =>
  r.outputs(0).flatMap(({ number, discontinuity }) => (discontinuity ? number : []))

describe('a slot that lacks streams on one of two locked inputs', () => {
  it('is filled from the other, stream by stream, before it is sealed', () => {
    const r = lived({ 4: { unput: ['b'] } })
    assert.deepEqual(shown(r), [...Array(4).fill('AA'), 'AB', ...Array(5).fill('AA')])
    assert.deepEqual([breaks(r), r.switches], [[], []])
    assert.ok(r.outputs(0).every(({ period }) => period?.number === 1))
  })

  it('is there whole when the input had nothing for it, listed or not', () => {
    for (const loss of [{ unput: STREAMS }, { unlisted: true }] as const) {
      const r = lived({ 4: loss })
      assert.deepEqual(shown(r), [...Array(4).fill('AA'), 'BB', ...Array(5).fill('AA')])
      assert.deepEqual([breaks(r), r.switches], [[], []])
    }
  })

  it('is there with its neighbours, however many the input had nothing for', () => {
    for (const loss of [{ unput: STREAMS }, { unlisted: true }] as const) {
      for (const many of [2, 4]) {
        const lost = Array.from({ length: many }, (_, i) => [3 + i, loss] as const)
        const r = lived(Object.fromEntries(lost), { seconds: 6 })
        const after = Array(12 - 3 - many).fill('AA')
        assert.deepEqual(shown(r), [...Array(3).fill('AA'), ...Array(many).fill('BB'), ...after], `${many}`)
        assert.deepEqual([breaks(r), r.switches], [[], []])
        assert.deepEqual(new Set(r.outputs(0).map(({ era }) => era)), new Set([1]))
      }
    }
  })

  it('stays a break where the other input has not all of what is missing', () => {
    const r = new ChannelRehearsal()
    for (const input of ['A', 'B'] as const) r.streams(input, variants(...STREAMS))
    r.open(0, 6)
    for (let i = 0; i < 9; i++) {
      r.pass(1.7)
      if (i < 3 || i > 5) push(r, 'A', i, 10)
      r.pass(0.3)
      if (i !== 4) push(r, 'B', i, 10)
    }
    assert.deepEqual(breaks(r).length, 1)
  })

  it('has its times on the timeline of the input that lacked them', () => {
    const r = new ChannelRehearsal()
    for (const input of ['A', 'B'] as const) r.streams(input, variants(...STREAMS))
    r.open(0, 2)
    // A is there since before the timestamps wrapped.
    for (let i = 0; i < 8; i++) {
      r.pass(2)
      push(r, 'A', i, TURN - 6, i === 6 ? { unput: ['a'] } : {})
      if (i > 3) push(r, 'B', i, TURN - 6)
    }
    r.pass(2)
    const filled = r.outputs(0)[6]!
    assert.deepEqual(r.sources(filled, 2), ['BA'])
    assert.equal(filled.slots[0]!.objects[1]!.times![0]!.first, filled.start)
    assert.ok(filled.start > PTS_MODULUS)
  })

  it('is taken once, however short it is', () => {
    for (const seconds of [0, 0.04]) {
      const r = new ChannelRehearsal()
      for (const input of ['A', 'B'] as const) r.streams(input, variants('a'))
      r.open(0, 2)
      // Both cut a few pictures off at 18 s, and A has not that segment, nor the next.
      const cuts = [10, 12, 14, 16, 18, ...[18, 20, 22, 24].map((at) => at + seconds)]
      cuts.forEach((at, i) => {
        r.pass(2)
        const listed = { name: `a-${i}.ts`, seconds: i === 4 ? seconds : 2, date: utcMs(EPOCH + 1000 * at) }
        for (const input of ['B', 'A'] as const) {
          const isLost = input === 'A' && (i === 4 || i === 5)
          if (isLost && seconds === 0) continue
          if (!isLost) r.put(input, listed.name, probeAt(at, 640, Math.max(listed.seconds, 0.04)))
          r.list(input, 'a', i, [listed])
        }
      })
      r.pass(2)
      const names = r.outputs(0).flatMap(({ slots }) => slots.map(({ objects }) => r.puts.get(objects[1]!.key)!.name))
      assert.deepEqual(names, [...new Set(names)], `${seconds} s`)
      assert.ok(seconds === 0 || names.includes('a-5.ts'), names.join())
    }
  })

  it('is a gap where the inputs are on timelines of their own', () => {
    const r = lived({ 4: { unput: ['b'] } }, { b: 500 })
    assert.deepEqual(shown(r), [...Array(4).fill('AA'), 'A-', ...Array(5).fill('AA')])
  })

  it('stays as it was published when the other input is late', () => {
    const r = new ChannelRehearsal()
    for (const input of ['A', 'B'] as const) r.streams(input, variants(...STREAMS))
    r.open(0, 2)
    for (let i = 0; i < 8; i++) {
      r.pass(2)
      push(r, 'A', i, 10, i === 4 ? { unput: ['b'] } : {})
      if (i >= 3) push(r, 'B', i - 3, 10)
    }
    const before = JSON.stringify(r.outputs(0)[4])
    assert.match(shown(r)[4]!, /^A-$/)
    for (let i = 5; i < 8; i++) push(r, 'B', i, 10)
    r.pass(1)
    assert.equal(JSON.stringify(r.outputs(0)[4]), before)
  })
})
