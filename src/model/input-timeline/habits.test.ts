import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EPOCH, probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import { ticks, utcMs } from '../../media/time.ts'
import { type FoundHabit, noteHabit } from './habits.ts'
import { emptyTimeline, readTimeline } from './state.ts'
import { step } from './step.ts'

const T0 = utcMs(1_800_000_000_000)
const unlisted = { get: () => undefined }
const BLANK: FoundHabit = { habit: 'needless-blank', example: 'line 2: #EXT-X-VERSION: 3' }
const ZONE: FoundHabit = { habit: 'date-without-zone', example: 'line 5' }

const playlist = (mediaSequence = 0) => ({
  name: 'channel_1.m3u8',
  targetDuration: ticks(180_000),
  mediaSequence,
  ended: false,
  segments: [{ name: `${mediaSequence}.ts`, duration: ticks(180_000), discontinuity: false }],
})

describe('the habits of an input', () => {
  const listed = (habits: readonly FoundHabit[], mediaSequence = 0) =>
    ({ kind: 'media playlist', playlist: playlist(mediaSequence), habits }) as const

  it('are counted, with the first and last time and the first example, and told when they are new', () => {
    const first = step(emptyTimeline(), listed([BLANK]), { unlisted, now: T0 })
    assert.deepEqual(first.newHabits, [BLANK])
    const later = utcMs(T0 + 5000)
    const second = step(first.state, listed([{ ...BLANK, example: 'another' }, ZONE], 1), { unlisted, now: later })
    assert.deepEqual(second.newHabits, [ZONE])
    assert.deepEqual(readTimeline(second.text, '').habits, {
      'needless-blank': { count: 2, first: T0, last: later, example: BLANK.example },
      'date-without-zone': { count: 1, first: later, last: later, example: 'line 5' },
    })
    assert.ok(!second.text.includes('noted'))
  })

  it('are no change when only their counts grow, and one when they are new', () => {
    const { state } = step(emptyTimeline(), listed([BLANK]), { unlisted, now: T0 })
    const repeated = step(state, listed([BLANK]), { unlisted, now: T0 })
    assert.equal(repeated.changed, false)
    assert.equal(repeated.state.habits?.['needless-blank']?.count, 2)
    assert.equal(step(repeated.state, listed([ZONE]), { unlisted, now: T0 }).changed, true)
    assert.equal(step(repeated.state, listed([BLANK], 1), { unlisted, now: T0 }).changed, true)
  })

  it('come with a parent playlist and with an object as well', () => {
    const streams = [{ index: 1, playlist: 'a.m3u8', role: { kind: 'variant', bandwidth: 1 } }] as const
    const parent = step(emptyTimeline(), { kind: 'parent playlist', streams, habits: [BLANK] }, { unlisted, now: T0 })
    const object = step(parent.state, { kind: 'object', habits: [ZONE] }, { unlisted, now: T0 })
    assert.deepEqual(Object.keys(object.state.habits ?? {}), ['needless-blank', 'date-without-zone'])
    assert.equal(object.changed, true)
  })

  it('are counted once in a step, with an example of at most 120 characters', () => {
    const state = emptyTimeline()
    noteHabit(state, 'needless-blank', '😀'.repeat(500))
    noteHabit(state, 'needless-blank', 'again')
    assert.deepEqual(state.noted, [{ habit: 'needless-blank', example: `${'😀'.repeat(119)}…` }])
  })

  it('have no control characters and no half characters in their examples', () => {
    const found = { ...BLANK, example: 'line 1: \u001b[31m\u0085\u009d\ud83d' }
    const { newHabits } = step(emptyTimeline(), listed([found]), { unlisted, now: T0 })
    assert.equal(newHabits[0]?.example, 'line 1: \ufffd[31m\ufffd\ufffd\ufffd')
  })

  it('leave the state they are counted on untouched', () => {
    const before = step(emptyTimeline(), listed([BLANK]), { unlisted, now: T0 }).state
    const text = JSON.stringify(before)
    step(before, listed([BLANK, ZONE]), { unlisted, now: T0 })
    assert.equal(JSON.stringify(before), text)
  })

  it('are noticed by the step where they are about time and segments', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    const date = (i: number, offset = 0) => utcMs(EPOCH + 2000 * i + offset)
    for (let i = 0; i < 4; i++) {
      r.put(`a-${i}`, probeAt(100 + 2 * i))
      r.list('a', i, [{ name: `a-${i}`, date: date(i, i > 0 ? 500 : 0) }])
      r.put(`b-${i}`, probeAt(100 + 1.5 * i, 640, 1.5))
      r.list('b', i, [{ name: `b-${i}`, seconds: 3 }])
    }
    r.put('a-4', 'no sync byte')
    r.list('a', 4, [{ name: 'a-4' }, { name: 'a-5' }])
    r.pass(10)
    r.put('a-6', probeAt(100 + 12))
    r.list('a', 6, [{ name: 'a-6', date: date(6, -60_000) }])
    const found = Object.entries(r.state.habits ?? {}).map(([habit, { example }]) => `${habit}: ${example}`)
    assert.deepEqual(found.toSorted(), [
      'cut-otherwise: b',
      'dates-back: -60500 ms at 2025-12-31T23:59:12.000Z',
      'dates-off: 500 ms at 2026-01-01T00:00:06.500Z',
      'extinf-wrong: b-0: EXTINF:3.000, 1.500 s of media',
      'segment-missing: a-5: listed, but never put',
      'segment-unusable: a-4: no sync byte',
    ])
  })
})

describe('captions in pictures', () => {
  const CAPTION = { name: 'English', isDefault: true, autoselect: true, instreamId: 'CC1' }
  const examples = (captions: readonly (typeof CAPTION)[]) => {
    const r = new Rehearsal()
    r.streams([{ index: 1, playlist: 'a', role: { kind: 'variant', bandwidth: 1, captions } }])
    for (const i of [0, 1]) {
      r.put(`a-${i}`, { ...probeAt(10 + 2 * i), captions: ['CC1', 'SERVICE1'] })
      r.list('a', i, [{ name: `a-${i}` }])
    }
    const { 'captions-undeclared': found } = r.state.habits ?? {}
    return found && [found.count, found.example]
  }

  it('are a habit where the parent playlist does not declare them', () => {
    assert.deepEqual(examples([]), [2, 'a-0: CC1, SERVICE1'])
    assert.deepEqual(examples([CAPTION]), [2, 'a-0: SERVICE1'])
    assert.equal(examples([CAPTION, { ...CAPTION, instreamId: 'SERVICE1' }]), undefined)
  })
})
