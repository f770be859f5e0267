import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, type Listed, probeAt, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'
import type { HabitName } from './habits.ts'

const OUT = '#EXT-X-CUE-OUT:4'
const IN = '#EXT-X-CUE-IN'
const ASSET = '#EXT-X-ASSET:CAID=0x1'

const sound = (index: number): ListedStream => ({
  index,
  playlist: 'sound',
  role: { kind: 'audio', groupId: 'a', name: 'a', isDefault: true, autoselect: true },
})

function rehearsal(...streams: readonly ListedStream[]): Rehearsal {
  const r = new Rehearsal()
  r.streams(streams.length > 0 ? streams : variants('a'))
  r.open(1, 2)
  return r
}

type Tags = Readonly<Record<number, readonly string[]>>

/** The segments from `first` to `last` of a playlist, with the ad tags that stand before some of them. */
const entries = (playlist: string, first: number, last: number, tags: Tags = {}): Listed[] =>
  Array.from({ length: last - first + 1 }, (_, at) => {
    const adTags = tags[first + at]
    return { name: `${playlist}-${first + at}`, ...(adTags && { adTags }) }
  })

/** Puts a segment and lists it behind the two before it. */
function push(r: Rehearsal, playlist: string, i: number, tags: Tags = {}): void {
  r.put(`${playlist}-${i}`, playlist === 'sound' ? audioAt(10 + 2 * i) : probeAt(10 + 2 * i))
  list(r, playlist, i, tags)
}

function list(r: Rehearsal, playlist: string, i: number, tags: Tags = {}): void {
  const first = Math.max(i - 2, 0)
  r.list(playlist, first, entries(playlist, first, i, tags))
}

const tagsOf = (r: Rehearsal) => r.slots.map(({ adTags }) => adTags ?? [])
const habitsOf = (r: Rehearsal) => (Object.keys(r.state.habits ?? {}) as HabitName[]).sort()

describe('the ad tags of a source', () => {
  it('are in the slot of the segment they stand before, once, however often they are listed', () => {
    const r = rehearsal()
    const tags = { 2: [ASSET, OUT], 4: [IN, OUT], 5: [IN] }
    for (let i = 0; i < 9; i++) {
      push(r, 'a', i, tags)
      list(r, 'a', i, tags)
      r.pass(2)
    }
    assert.deepEqual(tagsOf(r).slice(0, 7), [[], [], [ASSET, OUT], [], [IN, OUT], [IN], []])
    assert.ok(r.slots.every((slot) => 'adTags' in slot === [2, 4, 5].includes(slot.index)))
    assert.deepEqual(habitsOf(r), [])
    assert.ok(!JSON.stringify(r.state).includes('#EXT'), 'the state holds none that is sealed')
  })

  it('go with the slots of an output segment', () => {
    const r = rehearsal()
    r.open(2, 4)
    const tags = { 1: [OUT], 3: [ASSET, IN] }
    for (let i = 0; i < 6; i++) push(r, 'a', i, tags)
    assert.deepEqual(
      r.outputs(2).map(({ slots }) => slots.flatMap(({ adTags = [] }) => adTags)),
      [[OUT], [ASSET, IN], []],
    )
  })

  it('outlast a restart while they wait', () => {
    const r = rehearsal(...variants('a', 'b'))
    r.list('a', 0, entries('a', 0, 1, { 0: [OUT], 1: [IN] }))
    r.put('a-0', probeAt(10))
    r.restart(5)
    r.put('a-1', probeAt(12))
    for (const i of [0, 1]) push(r, 'b', i, { 0: [OUT], 1: [IN] })
    assert.deepEqual(tagsOf(r), [[OUT], [IN]])
  })

  describe('that come with a later playlist', () => {
    it('are taken while their segment has not come', () => {
      const r = rehearsal()
      push(r, 'a', 0)
      list(r, 'a', 1)
      list(r, 'a', 1, { 1: [OUT] })
      list(r, 'a', 1, { 1: [ASSET, OUT] })
      r.put('a-1', probeAt(12))
      assert.deepEqual(tagsOf(r), [[], [ASSET, OUT]])
    })

    it('are taken while their slot waits for other streams', () => {
      const r = rehearsal(...variants('a', 'b'))
      push(r, 'a', 0)
      push(r, 'b', 0)
      push(r, 'a', 1, {})
      list(r, 'a', 1, { 0: [IN], 1: [OUT] })
      push(r, 'b', 1, { 1: [OUT] })
      assert.deepEqual([tagsOf(r), habitsOf(r)], [[[], [OUT]], ['ad-tags-late']])
    })

    it('take nothing away', () => {
      const r = rehearsal()
      push(r, 'a', 0)
      list(r, 'a', 1, { 1: [ASSET] })
      list(r, 'a', 1, { 1: [OUT] })
      list(r, 'a', 1)
      r.put('a-1', probeAt(12))
      assert.deepEqual(tagsOf(r), [[], [ASSET, OUT]])
    })

    it('are too late for a slot that is sealed, and counted', () => {
      const r = rehearsal()
      push(r, 'a', 0)
      for (let n = 0; n < 3; n++) list(r, 'a', 0, { 0: [OUT] })
      push(r, 'a', 1)
      assert.deepEqual(tagsOf(r), [[], []])
      assert.equal(r.state.habits?.['ad-tags-late']?.count, 1)
    })
  })

  it('of a rendition are not looked at', () => {
    const r = rehearsal(...variants('a'), sound(2))
    for (let i = 0; i < 3; i++) {
      push(r, 'a', i)
      push(r, 'sound', i, { 1: [OUT] })
      list(r, 'sound', i, { 0: [IN] })
    }
    assert.deepEqual([tagsOf(r), habitsOf(r)], [[[], [], []], []])
  })

  it('are those of the first variant, whatever the others have', () => {
    for (const [first, second, expected] of [
      [{ 1: [OUT] }, { 1: [OUT, ASSET] }, [OUT]],
      [{ 1: [OUT] }, {}, [OUT]],
      [{}, { 1: [OUT] }, []],
    ] as const) {
      for (const order of ['ab', 'ba']) {
        const r = rehearsal(...variants('a', 'b'))
        for (let i = 0; i < 3; i++) for (const each of order) push(r, each, i, each === 'a' ? first : second)
        assert.deepEqual([tagsOf(r), habitsOf(r)], [[[], expected, []], ['ad-tags-differ']])
      }
    }
  })

  it('are those of the second variant where the first has a gap', () => {
    const r = rehearsal(...variants('a', 'b'))
    const tags = { 1: [OUT], 2: [IN] }
    for (let i = 0; i < 4; i++) {
      if (i === 1) r.list('a', 0, entries('a', 0, 1, tags))
      else push(r, 'a', i, tags)
      push(r, 'b', i, tags)
      r.pass(2)
    }
    r.pass(10)
    assert.deepEqual(tagsOf(r), [[], [OUT], [IN], []])
    assert.deepEqual(
      r.slots.map(({ objects }) => Object.keys(objects).join()),
      ['1,2', '2', '1,2', '1,2'],
    )
  })

  it('are those of a variant without pictures only where there is no other', () => {
    const [a, b] = variants('sound', 'a') as [ListedStream, ListedStream]
    const r = rehearsal(a, b)
    for (let i = 0; i < 3; i++) {
      push(r, 'sound', i, { 1: [ASSET] })
      push(r, 'a', i, { 1: [OUT] })
    }
    assert.deepEqual(tagsOf(r), [[], [OUT], []])
  })

  it('of what nobody has put stand before what comes next', () => {
    const r = rehearsal()
    const tags = { 1: [OUT], 2: [ASSET], 3: [ASSET, IN] }
    for (let i = 0; i < 6; i++) {
      if (i === 1 || i === 2) list(r, 'a', i, tags)
      else push(r, 'a', i, tags)
      r.pass(2)
    }
    r.pass(10)
    assert.deepEqual(tagsOf(r), [[], [OUT, ASSET, IN], [], []])
    assert.deepEqual(
      r.slots.map(({ start }) => (start - r.slots[0]!.start) / 180_000),
      [0, 3, 4, 5],
    )
  })

  it('are together where several segments are in one slot, in their order', () => {
    const r = rehearsal(...variants('sound', 'b'))
    const tags: Tags = { 3: [ASSET], 4: [OUT], 5: [ASSET, IN] }
    for (let i = 0; i < 4; i++) {
      push(r, 'sound', i)
      for (const half of [2 * i, 2 * i + 1]) {
        r.put(`b-${half}`, probeAt(10 + half, 640, 1))
        const listed = entries('b', half, half, tags).map((each) => ({ ...each, seconds: 1 }))
        r.list('b', half, listed, false, 1)
      }
      r.pass(2)
    }
    assert.deepEqual(tagsOf(r), [[], [ASSET], [OUT, ASSET, IN], []])
  })

  it('are as few as the state of an input has room for', () => {
    const r = rehearsal()
    const long = (i: number) => [`${OUT}${i}${'0'.repeat(4000)}`]
    const tags = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i, long(i)]))
    push(r, 'a', 0)
    r.list('a', 0, entries('a', 0, 39, tags))
    assert.ok(JSON.stringify(r.state).length < 80_000)
    assert.deepEqual(habitsOf(r), ['ad-tags-left-out', 'ad-tags-late'].sort())
    for (let i = 1; i < 40; i++) r.put(`a-${i}`, probeAt(10 + 2 * i))
    assert.deepEqual(tagsOf(r).slice(0, 20), [[], ...Array.from({ length: 16 }, (_, i) => long(i + 1)), [], [], []])
  })
})
