import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { segmentsWith } from '../../test/timeline/ad-marks.ts'
import { ticks, utcMs } from '../media/time.ts'
import type { AdEvent } from '../model/ad-events/ad-event.ts'
import { toldEvents } from './ads/told-events.ts'
import { ShownWindow } from './shown-window.ts'

const NOON = Date.UTC(2026, 5, 1, 12)

describe('a window of which segments are left out', () => {
  it('has the ad events that begin in these and go on', () => {
    const at = (seconds: number) => ({ start: ticks(seconds * 90_000), startUtc: utcMs(NOON + seconds * 1000) })
    const event = (number: number, seconds: number): AdEvent => {
      return { number, kind: 'splice', id: number, ...at(seconds), opener: 'fc' }
    }
    const marks = { 1: { begins: [event(1, 2), event(2, 2)] }, 2: { goesOn: [1] }, 3: { goesOn: [1] } }
    const segments = segmentsWith(marks, 4, NOON)
    const leftOut = new Map([0, 1].map((number) => [number, undefined]))
    const edges = { segments: leftOut, eras: new Map(), close: async () => {} }
    const shown = ShownWindow.ofEdges({ version: 1, eras: [], segments, ended: false }, edges)
    assert.deepEqual(
      toldEvents(shown.summary, 9).map(({ id, start }) => [id, start]),
      [[1, NOON + 2000]],
    )
  })
})
