import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks } from '../../media/time.ts'
import { UnknownRecordVersion } from '../record-version.ts'
import { openOutputTimelineState, readOutputTimeline } from './state.ts'

describe('the saved state of an output timeline', () => {
  const state = openOutputTimelineState(ticks(540_000), 7, 'a')

  it('of the first versions is told its version', () => {
    const { version: _, ...saved } = state
    assert.deepEqual(readOutputTimeline(JSON.stringify(saved)), state)
    assert.deepEqual(readOutputTimeline(JSON.stringify(state)), state)
  })

  it('is not guessed at when a newer version saved it', () => {
    assert.throws(() => readOutputTimeline(JSON.stringify({ ...state, version: 2 })), UnknownRecordVersion)
  })
})
