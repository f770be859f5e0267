import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, EPOCH, probeAt, push, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import { utcMs } from '../../media/time.ts'
import type { MediaProbe, VideoDescription } from '../../media/track.ts'

describe('a timeline whose encoder restarts', () => {
  it('begins an era when the media sequence goes back, with equal discontinuities for all streams', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 4)
    for (let i = 0; i < 3; i++) push(r, ['a', 'b'], i)
    r.pass(5)
    for (let i = 0; i < 4; i++) push(r, ['a', 'b'], i, 10)
    assert.deepEqual(
      r.outputs(1).map(({ number, era, slots }) => [number, era, slots.length]),
      [
        [1, 1, 2],
        [2, 1, 1],
        [3, 2, 2],
        [4, 2, 2],
      ],
    )
    assert.deepEqual(
      r.outputs(1).map(({ discontinuity }) => discontinuity),
      [false, false, true, false],
    )
    assert.ok(r.slots.every(({ objects }) => Object.keys(objects).length === 2))
  })

  it('ignores a stale playlist that was overtaken', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a'], i)
    r.list('a', 0, [{ name: 'a-0.ts' }, { name: 'a-1.ts' }])
    push(r, ['a'], 3)
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 1, 1, 1],
    )
  })

  /** Puts segments of two seconds, whose bytes follow from their numbers, and lists the newest six. */
  const sendAgain = (r: Rehearsal, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      r.pass(2)
      r.put(`a-${i}.ts`, probeAt(10 + 2 * i), `segment ${i}`)
      listUpTo(r, i)
    }
  }
  const listUpTo = (r: Rehearsal, last: number) => {
    const first = Math.max(0, last - 5)
    const listed = Array.from({ length: last - first + 1 }, (_, i) => ({ name: `a-${first + i}.ts` }))
    r.list('a', first, listed)
  }

  it('ignores playlists that are late by any number, also after segments were put again', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    sendAgain(r, 0, 12)
    // What a node was sent that stood still, and what was sent to the next one in its place.
    r.put('a-8.ts', probeAt(26), 'segment 8')
    for (const last of [8, 6, 10]) listUpTo(r, last)
    r.put('a-9.ts', probeAt(28), 'segment 9')
    listUpTo(r, 9)
    sendAgain(r, 12, 14)
    assert.deepEqual(
      r.slots.map(({ era, start }) => `${era} ${start / 90_000}`),
      Array.from({ length: 14 }, (_, i) => `1 ${10 + 2 * i}`),
    )
    assert.deepEqual(r.gaps, [])
  })

  // GStreamer's hlssink counts one too far up to its last playlist.
  for (const shift of [-1, 1, 5]) {
    it(`goes on with a playlist that lists what it has listed under other media sequences: ${shift}`, () => {
      const r = new Rehearsal()
      r.parent('a')
      r.open(1, 2)
      for (let i = 0; i < 12; i++) {
        r.pass(2)
        r.put(`a-${i}.ts`, probeAt(10 + 2 * i), `segment ${i}`)
        const first = Math.max(0, i - 4)
        const listed = Array.from({ length: i - first + 1 }, (_, n) => ({ name: `a-${first + n}.ts` }))
        r.list('a', first + 10 + (i < 8 ? 0 : shift), listed)
      }
      assert.deepEqual(
        r.slots.map(({ era, start }) => `${era} ${start / 90_000}`),
        Array.from({ length: 12 }, (_, i) => `1 ${10 + 2 * i}`),
      )
      assert.deepEqual(r.gaps, [])
    })
  }

  it('knows a restarted encoder that sends the same bytes as before', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    sendAgain(r, 0, 8)
    sendAgain(r, 0, 3)
    assert.deepEqual(
      r.slots.map(({ era, start }) => `${era} ${start / 90_000}`),
      [...Array.from({ length: 8 }, (_, i) => `1 ${10 + 2 * i}`), '2 10', '2 12', '2 14'],
    )
    assert.deepEqual(r.gaps, [])
  })

  it('knows by its dates an encoder that restarts at once with the same bytes', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (const life of [0, 1]) {
      for (let i = 0; i < 8; i++) {
        r.put(`a-${i}.ts`, probeAt(10 + 2 * i), `segment ${i}`)
        r.list('a', i, [{ name: `a-${i}.ts`, date: utcMs(EPOCH + 16_000 * life + 2000 * i) }])
      }
    }
    assert.deepEqual(
      r.slots.map(({ era, start }) => `${era} ${start / 90_000}`),
      [1, 2].flatMap((era) => Array.from({ length: 8 }, (_, i) => `${era} ${10 + 2 * i}`)),
    )
    assert.deepEqual(r.gaps, [])
  })

  it('serves every life of an encoder that dies after its first segment', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let life = 0; life < 3; life++) {
      push(r, ['a', 'b'], 0)
      r.pass(3)
    }
    assert.deepEqual(
      r.slots.map(({ era, objects }) => [era, Object.keys(objects).length]),
      [
        [1, 2],
        [2, 2],
        [3, 2],
      ],
    )
  })

  it('knows a restarted encoder by other bytes under the first name, however far its playlist has come', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    r.pass(3)
    for (let i = 0; i < 3; i++) r.put(`a-${i}.ts`, probeAt(10 + 2 * i))
    r.list('a', 0, [{ name: 'a-0.ts' }, { name: 'a-1.ts' }, { name: 'a-2.ts' }])
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 2, 2, 2],
    )
  })

  it('knows a restarted encoder by other bytes, whatever EXTINF told of their length', () => {
    for (const seconds of [0, 1, 2, 6]) {
      const r = new Rehearsal()
      r.parent('a')
      const list = (count: number) => {
        const listed = Array.from({ length: count }, (_, i) => ({ name: `a-${i}.ts`, seconds }))
        r.list('a', 0, listed, false, 6)
      }
      for (const first of [10, 50]) {
        for (const [i, at] of [first, first + 2].entries()) {
          r.pass(2.5)
          r.put(`a-${i}.ts`, audioAt(at))
          // Its first playlist got lost.
          if (first === 10 || i === 1) list(i + 1)
        }
      }
      r.pass(30)
      assert.deepEqual(
        r.slots.map(({ start }) => start / 90_000),
        [10, 12, 50, 52],
        `EXTINF ${seconds}`,
      )
    }
  })

  it('knows a restarted encoder by another name under a sequence it has listed', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    push(r, ['a'], 0)
    for (let i = 0; i < 3; i++) r.put(`new-${i}`, probeAt(10 + 2 * i))
    r.list('a', 0, [{ name: 'new-0' }, { name: 'new-1' }, { name: 'new-2' }])
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 2, 2, 2],
    )
  })

  it('takes a repeated PUT of the same bytes for what it is', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    r.put('s0', probeAt(10), 'same')
    r.list('a', 0, [{ name: 's0' }])
    r.put('s0', probeAt(10), 'same')
    r.put('s1', probeAt(12))
    r.list('a', 0, [{ name: 's0' }, { name: 's1' }])
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 1],
    )
  })

  it('ignores an overtaken playlist that is longer than what it remembers', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    const all = Array.from({ length: 200 }, (_, i) => ({ name: `s${i}` }))
    for (let i = 0; i < 200; i++) {
      r.put(`s${i}`, probeAt(10 + 2 * i))
      r.list('a', 0, all.slice(0, i + 1))
    }
    r.list('a', 0, all.slice(0, 199))
    r.pass(3)
    assert.equal(r.state.eras.length, 1)
    assert.equal(r.numbers(1).length, 200)
    assert.deepEqual(r.gaps, [])
  })

  it('recognises a media sequence that goes back a long way, with a long playlist', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a'], i, 10, 1_000_000 + i)
    for (let i = 0; i < 3; i++) push(r, ['a'], i, 10, i)
    assert.deepEqual(
      r.outputs(1).map(({ era }) => era),
      [1, 1, 1, 2, 2, 2],
    )
  })

  it('waits for all streams when they begin anew after EXT-X-ENDLIST', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) push(r, ['a', 'b'], i)
    for (const s of ['a', 'b']) r.list(s, 2, [{ name: `${s}-2.ts` }], true)
    assert.equal(r.state.ended, true)
    for (let i = 0; i < 3; i++) push(r, ['a', 'b'], i)
    assert.equal(r.state.ended, false)
    assert.deepEqual(
      r.slots.map(({ era, objects }) => [era, Object.keys(objects).length]),
      [...Array(3).fill([1, 2]), ...Array(3).fill([2, 2])],
    )
  })

  it('gives everyone time to come back when the server itself was away', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    push(r, ['a'], 1)
    r.list('b', 1, [{ name: 'b-1.ts' }])
    r.restart(60)
    r.pass(1)
    r.put('b-1.ts', probeAt(12))
    assert.deepEqual(r.gaps, [])
    assert.deepEqual(Object.keys(r.slots[1]!.objects), ['1', '2'])
  })

  it('waits for all streams again when they come back from silence together', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    push(r, ['a', 'b'], 0)
    r.pass(60)
    push(r, ['a'], 1)
    push(r, ['b'], 1)
    assert.deepEqual(
      r.slots.map(({ objects }) => Object.keys(objects).length),
      [2, 2],
    )
  })

  it('begins an era where timestamps go back to before the last segment, however little that is', () => {
    const r = new Rehearsal()
    r.parent('a')
    const put = (n: number, seconds: number, length: number) => {
      r.pass(length)
      r.put(`a-${n}`, probeAt(seconds, 640, length))
      r.list('a', n, [{ name: `a-${n}`, seconds: length }])
    }
    put(0, 10, 2)
    put(1, 12, 1)
    put(2, 11, 4)
    put(3, 15, 2)
    assert.deepEqual(
      r.slots.map(({ era, start }) => `${era} ${start / 90_000}`),
      ['1 10', '1 12', '2 11', '2 15'],
    )
    assert.deepEqual(r.gaps, [])
  })

  it('begins an era where timestamps go back into the last segment, and none where that was only told too long', () => {
    for (const [from, eras] of [
      [10.9, 2],
      [12, 1],
    ] as const) {
      const r = new Rehearsal()
      r.parent('a')
      for (const [n, seconds] of [10, from, from + 2].entries()) {
        r.pass(2)
        r.put(`a-${n}`, probeAt(seconds))
        r.list('a', n, [{ name: `a-${n}`, seconds: 3.5 }])
      }
      assert.equal(r.slots.at(-1)!.era, eras)
      assert.deepEqual(r.gaps, [])
    }
  })

  it('begins an era for segments of all lengths where timestamps go on after a pause', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    const put = (playlist: string, n: number, seconds: number, length: number) => {
      r.put(`${playlist}-${n}`, probeAt(seconds, 640, length))
      r.list(playlist, n, [{ name: `${playlist}-${n}`, seconds: length }])
    }
    for (const [n, from] of [10, 12].entries()) {
      r.pass(2)
      for (const half of [0, 1]) put('a', 2 * n + half, from + half, 1)
      put('b', n, from, 2)
    }
    r.pass(3.5)
    for (const half of [0, 1]) put('a', 4 + half, 15.5 + half, 1)
    put('b', 2, 15.5, 2)
    r.pass(2)
    for (const half of [0, 1]) put('a', 6 + half, 17.5 + half, 1)
    put('b', 3, 17.5, 2)
    assert.deepEqual(
      r.slots.filter(({ objects }) => objects[2]).map(({ era, objects }) => `${era} ${Object.keys(objects)}`),
      ['1 1,2', '1 1,2', '2 1,2', '2 1,2'],
    )
    assert.deepEqual(r.gaps, [])
  })

  it('does not take a pause for the length of the picture before it, where sound has begun an era behind it', () => {
    const r = restartedWithSound(3, 25)
    r.list('a', 3, [{ name: 'a-3', seconds: 2 }], true, 4)
    assert.deepEqual(
      r.slots.map(({ era, duration, objects }) => `${era} ${duration / 90_000} ${Object.keys(objects)}`),
      ['1 4 1,2', '1 4 1,2', '1 4 1,2', '2 4 1,2'],
    )
    assert.deepEqual(r.gaps, [])
  })

  it('shows a segment that waits for the next one, though another is put under its name meanwhile', () => {
    const r = new Rehearsal()
    r.parent('a')
    const put = (n: number, seconds: number) => {
      r.pass(2)
      r.put(`a-${n}`, pictures(seconds, 2))
    }
    const list = (sequence: number, count: number, ended = false) => {
      const listed = Array.from({ length: count }, (_, i) => ({ name: `a-${sequence + i}`, seconds: 1 }))
      r.list('a', sequence, listed, ended, 2)
    }
    for (const n of [0, 1]) {
      put(n, 10 + 2 * n)
      list(0, n + 1)
    }
    // The encoder begins again, and its first segments have the names of the first and of the one that waits.
    put(0, 50)
    r.put('a-1', pictures(52, 2))
    list(0, 2, true)
    assert.deepEqual(
      r.slots.map(({ start }) => start / 90_000),
      [10, 12, 50, 52],
    )
  })

  it('waits for pictures that wait for their next segment, though sound has begun an era already', () => {
    const r = restartedWithSound()
    r.list('a', 3, [{ name: 'a-3', seconds: 1 }], false, 4)
    for (let passed = 0; passed < 7; passed += 0.5) r.pass(0.5)
    r.put('a-4', pictures(104, 4))
    r.list('a', 4, [{ name: 'a-4', seconds: 4 }], true, 4)
    assert.deepEqual(shared(r), [0])
    assert.deepEqual(r.gaps, [])
  })

  it('waits for a stream that comes back from a pause later than another', () => {
    const r = restartedWithSound(10.5)
    for (let passed = 0; passed < 3; passed += 0.5) r.pass(0.5)
    r.list('a', 3, [{ name: 'a-3', seconds: 4 }], true, 4)
    assert.deepEqual(shared(r), [0])
    assert.deepEqual(r.gaps, [])
  })
})

/** Pictures at a steady rate without sound, which do not prove how long the last of them lasts. */
function pictures(seconds: number, length: number): MediaProbe {
  const { tracks, times, ...probe } = probeAt(seconds, 640, length)
  const [track] = tracks as [VideoDescription]
  return { ...probe, tracks: [{ ...track, frameRate: { numerator: 25, denominator: 1 } }], times: times.slice(0, 1) }
}

/** Pictures and sound in segments of four seconds, and a restart after which the sound is there first. */
function restartedWithSound(pause = 0.5, from = 100): Rehearsal {
  const r = new Rehearsal()
  const role = { kind: 'audio', groupId: 'a', name: 'b', isDefault: true, autoselect: true } as const
  r.streams([variants('a')[0]!, { index: 2, playlist: 'b', role }])
  for (const n of [0, 1, 2]) {
    r.pass(4)
    r.put(`a-${n}`, pictures(10 + 4 * n, 4))
    r.put(`b-${n}`, audioAt(10 + 4 * n, 'packed-audio', 4))
    for (const playlist of ['a', 'b']) {
      r.list(playlist, n, [{ name: `${playlist}-${n}`, seconds: playlist === 'a' ? 2 : 4 }], false, 4)
    }
  }
  for (let passed = 0; passed < pause; passed += 0.5) r.pass(0.5)
  r.put('b-3', audioAt(from, 'packed-audio', 1))
  r.list('b', 3, [{ name: 'b-3', seconds: 1 }], true, 4)
  r.put('a-3', pictures(from, 4))
  return r
}

/** The slots of the second era in which both streams have media. */
function shared(r: Rehearsal): number[] {
  const slots = r.slots.filter(({ start }) => start >= 100 * 90_000)
  return slots.flatMap(({ objects }, i) => (objects[1] && objects[2] ? [i] : []))
}
