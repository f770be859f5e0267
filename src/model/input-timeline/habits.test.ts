import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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

  it('leave the state they are counted on untouched', () => {
    const before = step(emptyTimeline(), listed([BLANK]), { unlisted, now: T0 }).state
    const text = JSON.stringify(before)
    step(before, listed([BLANK, ZONE]), { unlisted, now: T0 })
    assert.equal(JSON.stringify(before), text)
  })
})
