import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeAt, push, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'

describe('a timeline of several streams', () => {
  it('goes on without a stream that falls silent, and takes it back when it returns', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    for (let i = 1; i <= 5; i++) {
      r.pass(2)
      push(r, ['a'], i)
    }
    assert.ok(r.numbers(1).length >= 4, `held back: ${r.numbers(1)}`)
    push(r, ['b'], 6)
    push(r, ['a'], 6)
    assert.deepEqual(Object.keys(r.slots.at(-1)!.objects), ['1', '2'])
  })

  it('ends with its last stream when another went away before, or never came', () => {
    for (const came of [0, 4]) {
      const r = new Rehearsal()
      r.parent('a', 'b')
      for (let i = 0; i < 8; i++) {
        r.pass(2)
        push(r, i < came ? ['a', 'b'] : ['a'], i)
      }
      r.list('a', 7, [{ name: 'a-7.ts' }], true)
      r.pass(10)
      assert.equal(r.state.ended, false, 'it may yet come')
      r.pass(55)
      assert.equal(r.state.ended, true)
      r.restart(10)
      r.pass(1)
      assert.equal(r.state.ended, true)
      push(r, ['b'], 8)
      assert.equal(r.state.ended, false)
    }
  })

  it('is not held back by a stream of segments nobody can use', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 6; i++) {
      r.pass(2)
      r.put(`b-${i}.aac`, 'not MPEG-TS')
      r.list('b', i, [{ name: `b-${i}.aac` }])
      push(r, ['a'], i)
    }
    assert.deepEqual(r.numbers(1), [1, 2, 3, 4, 5, 6])
  })

  it('leaves out what a stream lists too late for the slots, and stays in the era', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 10; i++) {
      push(r, ['a'], i)
      r.pass(2)
    }
    assert.ok(r.slots.length >= 3)
    for (let i = 0; i < 10; i++) push(r, ['b'], i)
    for (let i = 10; i < 13; i++) push(r, ['a', 'b'], i)
    assert.equal(r.state.nextEra, 2)
    assert.deepEqual(r.numbers(1), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    assert.deepEqual(Object.keys(r.slots.at(-1)!.objects), ['1', '2'])
  })

  it('takes back into the era a stream that skipped what it missed, and is still late', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    for (let i = 1; i < 10; i++) {
      r.pass(2)
      push(r, ['a'], i)
    }
    for (let i = 5; i < 10; i++) push(r, ['b'], i)
    push(r, ['a', 'b'], 10)
    assert.equal(r.state.nextEra, 2)
    assert.deepEqual(Object.keys(r.slots.at(-1)!.objects), ['1', '2'])
  })

  it('follows the first stream when two never agree about time', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 60; i++) {
      push(r, ['a'], i, 10)
      push(r, ['b'], i, 5000)
      r.pass(2)
    }
    const withFirst = r.slots.filter(({ objects }) => objects[1]).length
    assert.equal(withFirst, r.slots.length)
    assert.ok(withFirst > 50, `${withFirst}`)
  })

  for (const [streams, order] of [
    ['long segments first', 'va'],
    ['short segments first', 'av'],
  ] as const) {
    it(`keeps slots apart when streams are cut otherwise: ${streams}`, () => {
      const r = new Rehearsal()
      r.parent('v', 'a')
      r.open(1, 6)
      for (let i = 0; i < 5; i++) {
        for (const stream of order) {
          const parts = stream === 'v' ? 1 : 3
          for (let part = 0; part < parts; part++) {
            const sequence = parts * i + part
            r.put(`${stream}-${sequence}`, probeAt(10 + 6 * i + 2 * part))
            r.list(stream, sequence, [{ name: `${stream}-${sequence}`, seconds: 6 / parts }])
          }
        }
        r.pass(6)
      }
      r.pass(30)
      r.slots.forEach((slot, i) => {
        const before = r.slots[i - 1]
        assert.ok(!before || slot.start >= before.start + before.duration)
      })
      assert.equal(r.state.nextEra, 2)
      assert.equal(r.slots.filter(({ objects }) => objects[1]).length, 5, 'the first stream is shown whole')
    })
  }

  it('times slots by the first stream, whichever comes first', () => {
    for (const order of ['ab', 'ba']) {
      const r = new Rehearsal()
      r.parent('a', 'b')
      for (let i = 0; i < 3; i++) {
        for (const s of order) {
          r.put(`${s}-${i}`, probeAt(10 + 2 * i + (s === 'b' ? 0.3 : 0), 640, s === 'b' ? 1.9 : 2))
          r.list(s, i, [{ name: `${s}-${i}`, seconds: s === 'b' ? 1.9 : 2 }])
        }
      }
      assert.deepEqual(
        r.slots.map(({ start, duration }) => [start / 90_000, duration / 90_000]),
        [
          [10, 2],
          [12, 2],
          [14, 2],
        ],
      )
    }
  })

  it('does not pile up what nobody will take: subtitles, and playlists no parent names', () => {
    const r = new Rehearsal()
    r.take({
      kind: 'parent playlist',
      streams: [
        ...variants('a'),
        {
          index: 2,
          playlist: 'sub',
          role: { kind: 'subtitles', groupId: 's', name: 'en', isDefault: false, autoselect: false },
        },
      ],
    })
    r.open(1, 2)
    for (let i = 0; i < 500; i++) {
      r.put(`sub-${i}`, 'not MPEG-TS')
      push(r, ['a', 'junk'], i)
      r.list('sub', i, [{ name: `sub-${i}` }])
      r.pass(2)
    }
    assert.equal(r.numbers(1).length, 500)
    assert.equal(r.state.listings['sub']?.queue.length, 0)
    assert.ok(JSON.stringify(r.state).length < 20_000, `${JSON.stringify(r.state).length}`)
    assert.equal(r.isDue(), false)
  })

  it('keeps a bounded number of entries while no parent playlist comes', () => {
    const r = new Rehearsal()
    for (let i = 0; i < 1000; i++) push(r, ['a', 'b'], i)
    assert.ok(JSON.stringify(r.state).length < 40_000)
    r.parent('a', 'b')
    assert.ok(r.slots.length >= 64)
  })

  it('follows new playlists after many others have come and gone', () => {
    const r = new Rehearsal()
    r.open(1, 2)
    for (let life = 0; life < 100; life++) r.list(`old-${life}`, 0, [{ name: 'x' }])
    r.parent('a')
    push(r, ['a'], 0)
    assert.deepEqual(r.numbers(1), [1])
  })

  it('begins an era when the parent playlist names other streams', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    r.parent('a', 'b')
    push(r, ['a', 'b'], 1)
    assert.deepEqual(
      r.outputs(1).map(({ era, slots }) => [era, Object.keys(slots[0]!.objects).length]),
      [
        [1, 1],
        [2, 2],
      ],
    )
  })

  it('begins an era when a stream is in another language from now on, and loses nothing', () => {
    const r = new Rehearsal()
    const sound = (language: string): ListedStream => ({
      index: 2,
      playlist: 'b',
      role: { kind: 'audio', groupId: 'sound', name: language, language, isDefault: true, autoselect: true },
    })
    r.streams([...variants('a'), sound('en')])
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a', 'b'], i)
    r.streams([...variants('a'), sound('en')])
    push(r, ['a', 'b'], 3)
    r.streams([...variants('a'), sound('fr')])
    for (let i = 4; i < 6; i++) push(r, ['a', 'b'], i)
    assert.deepEqual(
      r.outputs(1).map(({ era, discontinuity, slots }) => [era, discontinuity, Object.keys(slots[0]!.objects).length]),
      [...Array(4).fill([1, false, 2]), [2, true, 2], [2, false, 2]],
    )
    const languageOf = (era: number) => {
      const role = r.eras.get(era)?.streams[1]?.role
      return role?.kind === 'audio' ? role.language : undefined
    }
    assert.deepEqual([languageOf(1), languageOf(2)], ['en', 'fr'])
  })

  it('begins another era when the sound in a variant is called something else, and not when it is said anew', () => {
    const r = new Rehearsal()
    r.open(1, 2)
    const names = ['English', 'English', 'English', 'Commentary']
    names.forEach((name, i) => {
      const muxedAudio = [{ name, language: 'en', isDefault: i === 0, autoselect: true }]
      const role = { kind: 'variant', bandwidth: 1_000_000 + i, audioGroup: 'a', muxedAudio } as const
      const playlist = 'a'
      r.streams([{ index: 1, playlist, role }])
      push(r, [playlist], i)
    })
    assert.deepEqual(
      r.outputs(1).map(({ era, discontinuity }) => [era, discontinuity]),
      [...Array(3).fill([1, false]), [2, true]],
    )
  })

  it('costs nothing when some streams break, and all others and all timestamps go on', () => {
    const r = new Rehearsal()
    r.parent('a', 'b', 'c')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a', 'b', 'c'], i)
    for (const [i, broken] of [
      [3, ['a']],
      [4, []],
      [5, ['b', 'c']],
      [6, []],
      [7, ['a', 'b', 'c']],
      [8, []],
    ] as const) {
      for (const playlist of ['a', 'b', 'c']) {
        r.put(`${playlist}-${i}.ts`, probeAt(10 + 2 * i))
        const breaks = (broken as readonly string[]).includes(playlist)
        r.list(playlist, i, [{ name: `${playlist}-${i}.ts`, breaks }])
      }
    }
    assert.deepEqual(
      r.outputs(1).map(({ era, discontinuity, slots }) => [era, discontinuity, Object.keys(slots[0]!.objects).length]),
      [...Array(7).fill([1, false, 3]), [2, true, 3], [2, false, 3]],
    )
  })

  it('breaks before an era that one stream has begun already, and numbers eras in the order they are sealed', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    const put = (playlist: string, i: number, at: number, breaks = false) => {
      r.put(`${playlist}-${i}.ts`, probeAt(at))
      r.list(playlist, i, [{ name: `${playlist}-${i}.ts`, breaks }])
    }
    for (let i = 0; i < 3; i++) {
      r.pass(2)
      for (const playlist of ['a', 'b']) put(playlist, i, 10 + 2 * i)
    }
    r.pass(2)
    put('a', 3, 16, true)
    put('a', 4, 18)
    put('a', 5, 500)
    put('b', 3, 16, true)
    put('b', 4, 18)
    put('b', 5, 500)
    for (let i = 6; i < 9; i++) {
      r.pass(2)
      for (const playlist of ['a', 'b']) put(playlist, i, 500 + 2 * (i - 5))
    }
    assert.deepEqual(
      r.slots.map(({ era, index, start }) => `${era} ${index} ${start / 90_000}`),
      ['1 0 10', '1 1 12', '1 2 14', '2 0 16', '2 1 18', '3 0 500', '3 1 502', '3 2 504', '3 3 506'],
    )
    assert.ok(r.slots.every(({ objects }) => objects[1] && objects[2]))
    assert.deepEqual(
      r.outputs(1).flatMap(({ number, discontinuity }) => (discontinuity ? number : [])),
      [4, 6],
    )
    assert.deepEqual(
      r.state.eras.map(({ id }) => [id, r.eras.get(id)?.id]),
      [[3, 3]],
    )
  })

  it('waits as long as a segment lasts when the target duration is wrong', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 8)
    for (let i = 0; i < 4; i++) {
      r.put(`a-${i}`, probeAt(10 + 8 * i, 640, 8))
      r.list('a', i, [{ name: `a-${i}`, seconds: 8 }])
      r.pass(7.5)
      r.put(`b-${i}`, probeAt(10 + 8 * i, 640, 8))
      r.list('b', i, [{ name: `b-${i}`, seconds: 8 }])
      r.pass(0.5)
    }
    assert.deepEqual(
      r.slots.map(({ objects }) => Object.keys(objects).length),
      [2, 2, 2, 2],
    )
  })

  it('waits for the parent playlist: before it nobody knows the streams', () => {
    const r = new Rehearsal()
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    assert.deepEqual(r.numbers(1), [])
    r.parent('a', 'b')
    assert.deepEqual(r.numbers(1), [1])
  })

  it('takes a media playlist named channel.m3u8 for a parent of one', () => {
    const r = new Rehearsal()
    r.open(1, 2)
    push(r, ['channel.m3u8'], 0)
    assert.deepEqual(r.numbers(1), [1])
    assert.equal(
      r.state.eras[0]?.streams[0]?.role.kind === 'variant' && r.state.eras[0].streams[0].role.bandwidth,
      4000,
    )
  })
})
