import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  audioAt,
  EPOCH,
  probeAt,
  push,
  Rehearsal,
  subtitles,
  TEXT,
  variants,
} from '../../../test/timeline/rehearsal.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'

type Text = { seconds?: number; sequence?: number; date?: UtcMs; breaks?: boolean }

/** An input of two variants and subtitles in stream 3, with an output timeline of two seconds. */
function withSubtitles(): Rehearsal {
  const r = new Rehearsal()
  r.streams([...variants('a', 'b'), subtitles(3, 'sub')])
  r.open(1, 2)
  return r
}

function text(r: Rehearsal, i: number, { seconds = 2, sequence = i, ...more }: Text = {}): void {
  r.put(`sub-${i}`, TEXT)
  r.list('sub', sequence, [{ name: `sub-${i}`, seconds, ...more }], false, seconds)
}

/** For each slot the number of the text PUT in it, or nothing. */
function texts(r: Rehearsal): string[] {
  return r.slots.map(({ objects }) => {
    const { [3]: object } = objects
    return object ? [object, ...(object.more ?? [])].map(({ sha256 }) => r.names.get(sha256)).join('+') : ''
  })
}
const wholeSlots = (r: Rehearsal) => r.slots.every(({ objects }) => objects[1] && objects[2])

describe('subtitles', () => {
  for (const [when, order] of [
    ['after the pictures', ['av', 'sub']],
    ['before the pictures', ['sub', 'av']],
  ] as const) {
    it(`stand beside the pictures of the same media sequence when they come ${when}`, () => {
      const r = withSubtitles()
      for (let i = 0; i < 5; i++) {
        for (const what of order) {
          if (what === 'sub') text(r, i)
          else push(r, ['a', 'b'], i)
        }
        r.pass(2)
      }
      r.pass(5)
      assert.deepEqual(texts(r), ['sub-0', 'sub-1', 'sub-2', 'sub-3', 'sub-4'])
      assert.deepEqual(r.gaps, [])
      const [stream] = r.eras.get(1)!.streams.slice(2)
      assert.deepEqual([stream?.container, stream?.tracks], ['webvtt', TEXT.tracks])
    })
  }

  it('stand where their dates say, whatever their sequence and however the source’s clock drifts', () => {
    const r = withSubtitles()
    const date = (i: number) => utcMs(EPOCH + 2000 * i + 150 * i)
    for (let i = 0; i < 20; i++) {
      for (const s of ['a', 'b']) {
        r.put(`${s}-${i}`, probeAt(10 + 2 * i))
        r.list(s, i, [{ name: `${s}-${i}`, date: date(i) }])
      }
      text(r, i, { sequence: 700 + i, date: date(i) })
      r.pass(2)
    }
    assert.deepEqual(
      texts(r),
      Array.from({ length: 20 }, (_, i) => `sub-${i}`),
    )
  })

  it('stand by the date the era began with when only its first segment had one', () => {
    const r = withSubtitles()
    for (let i = 0; i < 30; i++) {
      for (const s of ['a', 'b']) {
        r.put(`${s}-${i}`, probeAt(10 + 2 * i))
        r.list(s, i, [{ name: `${s}-${i}`, ...(i === 0 && { date: EPOCH }) }])
      }
      if (i >= 20) text(r, i, { sequence: 700 + i, date: utcMs(EPOCH + 2000 * i) })
      r.pass(2)
    }
    // The first comes when its slot is sealed: nobody knew that there would be any.
    assert.deepEqual(
      texts(r).slice(20),
      Array.from({ length: 10 }, (_, i) => (i === 0 ? '' : `sub-${20 + i}`)),
    )
  })

  for (const [when, delay] of [
    ['just after', 0.3],
    ['just before', 1.7],
  ] as const) {
    it(`without a date, and numbered otherwise, stand by when they came first, and go on from there: ${when}`, () => {
      const r = withSubtitles()
      for (let i = 0; i < 10; i++) {
        push(r, ['a', 'b'], i)
        r.pass(delay)
        const n = delay < 1 ? i : i + 1
        if (n >= 4) text(r, n, { sequence: 700 + n })
        r.pass(2 - delay)
      }
      assert.deepEqual(texts(r).slice(5), ['sub-5', 'sub-6', 'sub-7', 'sub-8', 'sub-9'])
    })
  }

  it('that are longer than pictures stand where they begin, and say how long they are shown', () => {
    const r = withSubtitles()
    for (let i = 0; i < 15; i++) {
      if (i === 0) r.list('sub', 0, [], false, 10)
      push(r, ['a', 'b'], i)
      if (i % 5 === 4) text(r, (i - 4) / 5, { seconds: 10 })
      r.pass(2)
    }
    const shownFrom = r.slots.flatMap(({ index, objects }) => (objects[3] ? [[index, objects[3].duration]] : []))
    assert.deepEqual(shownFrom, [
      [0, 900_000],
      [5, 900_000],
      [10, 900_000],
    ])
    assert.ok(r.outputs(1).every(({ discontinuity, slots }) => !discontinuity && slots.length === 1))
  })

  it('that are shorter share a slot, in their order', () => {
    const r = withSubtitles()
    for (let i = 0; i < 4; i++) {
      for (const half of [0, 1]) {
        text(r, 2 * i + half, {
          seconds: 1,
          sequence: 50 + 2 * i + half,
          date: utcMs(EPOCH - 2000 + 2000 * i + 1000 * half),
        })
      }
      for (const s of ['a', 'b']) {
        r.put(`${s}-${i}`, probeAt(10 + 2 * i))
        r.list(s, i, [{ name: `${s}-${i}`, ...(i === 0 && { date: utcMs(EPOCH - 2000) }) }])
      }
      r.pass(2)
    }
    r.pass(5)
    assert.deepEqual(texts(r), ['sub-0+sub-1', 'sub-2+sub-3', 'sub-4+sub-5', 'sub-6+sub-7'])
    assert.deepEqual(r.slots[1]?.objects[3]?.duration, 90_000)
    assert.deepEqual(r.slots[1]?.objects[3]?.more?.[0]?.duration, undefined, 'it ends with the slot')
  })

  it('hold the live edge back for one target duration, once, and again when they are in time', () => {
    const r = withSubtitles()
    push(r, ['a', 'b'], 0)
    text(r, 0)
    assert.deepEqual(r.numbers(1).length, 1)
    r.pass(2)
    push(r, ['a', 'b'], 1)
    r.pass(1.9)
    assert.equal(r.numbers(1).length, 1, 'waits')
    r.pass(0.2)
    assert.equal(r.numbers(1).length, 2, 'in vain')
    push(r, ['a', 'b'], 2)
    assert.equal(r.numbers(1).length, 3, 'and not again')
    text(r, 2)
    push(r, ['a', 'b'], 3)
    assert.equal(r.numbers(1).length, 3, 'it was late by little')
    text(r, 3)
    assert.equal(r.numbers(1).length, 4)
    assert.deepEqual(texts(r), ['sub-0', '', '', 'sub-3'])
  })

  it('that are always too late cost one wait in all', () => {
    const r = withSubtitles()
    let waited = 0
    for (let i = 0; i < 30; i++) {
      push(r, ['a', 'b'], i)
      if (r.numbers(1).length <= i) waited++
      r.pass(1)
      if (i >= 3) text(r, i - 3)
      r.pass(1)
    }
    assert.ok(waited <= 2, `${waited}`)
    assert.equal(r.numbers(1).length, 30)
    assert.ok(wholeSlots(r))
  })

  it('that fall silent, or never come, cost nothing', () => {
    const r = withSubtitles()
    for (let i = 0; i < 10; i++) {
      push(r, ['a', 'b'], i)
      if (i < 3) text(r, i)
      if (i > 4) assert.equal(r.numbers(1).length, i + 1)
      r.pass(2)
      assert.equal(r.isDue() && i > 4, false)
    }
    assert.ok(r.outputs(1).every(({ discontinuity }) => !discontinuity))
  })

  it('are no gap where they are missing: output segments stay whole', () => {
    const r = new Rehearsal()
    r.streams([...variants('a', 'b'), subtitles(3, 'sub')])
    r.open(3, 6)
    for (let i = 0; i < 9; i++) {
      push(r, ['a', 'b'], i)
      if (i % 2 === 0) text(r, i)
      r.pass(4)
    }
    assert.deepEqual(
      r.outputs(3).map(({ slots }) => slots.length),
      [3, 3, 3],
    )
  })

  it('that are listed, and never put, or are no text, are waited for as any segment is', () => {
    const r = withSubtitles()
    push(r, ['a', 'b'], 0)
    text(r, 0)
    r.list('sub', 1, [{ name: 'lost' }])
    push(r, ['a', 'b'], 1)
    r.pass(2.1)
    r.put('sub-2', 'not MPEG-TS, packed audio, WebVTT or JPEG')
    r.list('sub', 2, [{ name: 'sub-2' }])
    push(r, ['a', 'b'], 2)
    r.put('sub-3', probeAt(16))
    r.list('sub', 3, [{ name: 'sub-3' }])
    push(r, ['a', 'b'], 3)
    push(r, ['a', 'b'], 4)
    text(r, 4)
    assert.deepEqual(texts(r), ['sub-0', '', '', '', 'sub-4'])
    assert.deepEqual(r.gaps, [
      'lost: listed, but never put',
      'sub-2: not MPEG-TS, packed audio, WebVTT or JPEG',
      'sub-3: not WebVTT, in a stream of subtitles',
    ])
  })

  it('have no place among audio and video', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    r.put('text', TEXT)
    r.list('a', 1, [{ name: 'text' }])
    push(r, ['a'], 2)
    assert.equal(r.slots.length, 2)
    assert.deepEqual(r.gaps, ['text: WebVTT, in a stream of audio or video'])
  })

  for (const first of ['the text', 'the pictures'] as const) {
    it(`follow EXT-X-DISCONTINUITY into the era it begins when ${first} come first`, () => {
      const r = withSubtitles()
      for (let i = 0; i < 6; i++) {
        const breaks = i === 3
        if (first === 'the text') text(r, i, { breaks })
        for (const s of ['a', 'b']) {
          r.put(`${s}-${i}`, probeAt(i < 3 ? 10 + 2 * i : 500 + 2 * i))
          r.list(s, i, [{ name: `${s}-${i}`, breaks }])
        }
        if (first === 'the pictures') text(r, i, { breaks })
        r.pass(2)
      }
      r.pass(5)
      assert.deepEqual(
        r.slots.map(({ era }) => era),
        [1, 1, 1, 2, 2, 2],
      )
      assert.deepEqual(texts(r), ['sub-0', 'sub-1', 'sub-2', 'sub-3', 'sub-4', 'sub-5'])
    })
  }

  it('of an encoder that restarts go with its pictures', () => {
    const r = withSubtitles()
    for (let life = 0; life < 3; life++) {
      for (let i = 0; i < 5; i++) {
        text(r, i)
        push(r, ['a', 'b'], i, 10)
        r.pass(2)
      }
      r.pass(5)
    }
    assert.deepEqual(texts(r), Array(3).fill(['sub-0', 'sub-1', 'sub-2', 'sub-3', 'sub-4']).flat())
    assert.equal(r.state.nextEra, 4)
  })

  it('that begin anew alone find their place again', () => {
    const r = withSubtitles()
    for (let i = 0; i < 12; i++) {
      push(r, ['a', 'b'], i)
      text(r, i < 6 ? i : i - 6, { sequence: i < 6 ? i : i - 6 })
      r.pass(2)
    }
    r.pass(5)
    assert.ok(
      texts(r)
        .slice(8)
        .every((name) => name !== ''),
      `${texts(r)}`,
    )
    assert.equal(r.state.nextEra, 2)
  })

  it('tell no slot’s time, and make none: not those that come first either', () => {
    const r = new Rehearsal()
    r.streams([...variants('a'), subtitles(2, 'sub'), { ...variants('x', 'y', 'z')[2]!, playlist: 'b' }])
    for (let i = 0; i < 3; i++) {
      r.put(`sub-${i}`, TEXT)
      r.list('sub', i, [{ name: `sub-${i}` }])
      r.list('a', i, [{ name: `lost-${i}` }])
      r.put(`b-${i}`, audioAt(10.4 + 2 * i))
      r.list('b', i, [{ name: `b-${i}` }])
      r.pass(2.1)
    }
    assert.deepEqual(
      r.slots.map(({ start }) => start / 90_000),
      [10.4, 12.4, 14.4],
    )
    const alone = withSubtitles()
    for (let i = 0; i < 200; i++) {
      text(alone, i)
      alone.pass(2)
    }
    assert.deepEqual(alone.slots, [])
    assert.equal(alone.state.nextEra, 1)
    assert.ok(JSON.stringify(alone.state).length < 20_000)
  })

  it('that wait for their slots let the time pass idly, and not for ever', () => {
    const r = withSubtitles()
    push(r, ['a', 'b'], 0)
    text(r, 0)
    text(r, 1)
    r.pass(10)
    assert.equal(r.isDue(), false)
    assert.equal(r.state.listings['sub']?.queue.length, 1)
    r.pass(60)
    assert.equal(r.state.listings['sub']?.queue.length, 0)
  })
})
