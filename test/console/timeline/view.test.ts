import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lengthOf } from '../../../console/src/timeline/model/span.ts'
import {
  fitted,
  msPerPixel,
  panned,
  SHORTEST_VIEW_MS,
  showing,
  timeAt,
  type View,
  viewWithin,
  xAt,
  zoomed,
} from '../../../console/src/timeline/model/view.ts'
import { ARCHIVE, anyView } from './arbitraries.ts'

const anyX = fc.integer({ min: 0, max: 4000 })
const anyFactor = fc.double({ min: 0.05, max: 20, noNaN: true })

function assertWithin(view: View): void {
  assert.ok(Number.isInteger(view.start) && Number.isInteger(view.end), 'whole milliseconds')
  assert.ok(view.start >= ARCHIVE.start && view.end <= ARCHIVE.end, `${view.start} to ${view.end}`)
  assert.ok(lengthOf(view) >= SHORTEST_VIEW_MS)
}

describe('a view', () => {
  it('has each of its milliseconds at the pixel from which it is found again', () => {
    fc.assert(
      fc.property(anyView, fc.double({ min: 0, max: 1, noNaN: true }), (view, part) => {
        const moment = view.start + Math.round(part * lengthOf(view))
        assert.equal(timeAt(view, xAt(view, moment)), moment)
      }),
    )
  })

  it('stays within the archive, in whole milliseconds, however it is zoomed and moved', () => {
    const change = fc.oneof(
      fc.record({ factor: anyFactor, x: anyX }),
      fc.record({ pixels: fc.integer({ min: -5000, max: 5000 }) }),
    )
    fc.assert(
      fc.property(anyView, fc.array(change, { maxLength: 12 }), (first, changes) => {
        let view = first
        for (const each of changes) {
          view = 'factor' in each ? zoomed(view, each.factor, each.x, ARCHIVE) : panned(view, each.pixels, ARCHIVE)
          assertWithin(view)
        }
      }),
    )
  })

  it('keeps what is under the pointer there when it is zoomed, unless the archive ends', () => {
    fc.assert(
      fc.property(anyView, anyFactor, fc.double({ min: 0, max: 1, noNaN: true }), (view, factor, part) => {
        const x = part * view.width
        const moment = timeAt(view, x)
        const next = zoomed(view, factor, x, ARCHIVE)
        if (next.start === ARCHIVE.start || next.end === ARCHIVE.end) return
        const moved = Math.abs(xAt(next, moment) - x)
        assert.ok(moved <= 1.01 / Math.min(msPerPixel(next), msPerPixel(view)) + 1e-6, `moved by ${moved} px`)
      }),
    )
  })

  it('shows what it did before when zoomed in and out again, to the pixel', () => {
    fc.assert(
      fc.property(anyView, fc.integer({ min: 2, max: 8 }), anyX, (view, factor, at) => {
        const x = Math.min(at, view.width)
        if (lengthOf(view) < SHORTEST_VIEW_MS * factor) return
        const again = zoomed(zoomed(view, 1 / factor, x, ARCHIVE), factor, x, ARCHIVE)
        const reach = factor + msPerPixel(view)
        assert.ok(Math.abs(again.start - view.start) <= reach, `${again.start - view.start} ms`)
        assert.ok(Math.abs(again.end - view.end) <= reach, `${again.end - view.end} ms`)
      }),
    )
  })

  it('shows a moment that is to be seen, as closely as before, and does not move where it already does', () => {
    fc.assert(
      fc.property(anyView, fc.integer({ min: ARCHIVE.start, max: ARCHIVE.end }), (view, moment) => {
        const next = showing(view, moment, ARCHIVE)
        assertWithin(next)
        assert.equal(lengthOf(next), lengthOf(view))
        assert.ok(next.start <= moment && moment <= next.end)
        assert.deepEqual(showing(next, timeAt(next, next.width / 2), ARCHIVE), next)
      }),
    )
  })

  it('shows all of a range that it is fitted to', () => {
    fc.assert(
      fc.property(anyView, anyView, (view, span) => {
        const next = fitted(view, span, ARCHIVE)
        assertWithin(next)
        assert.ok(next.start <= span.start && span.end <= next.end)
      }),
    )
  })

  it('is all of an archive that is shorter than the shortest view', () => {
    const archive = { start: 5000, end: 5040 }
    const view = viewWithin({ start: 0, end: 9000, width: 800 }, archive)
    assert.deepEqual(view, { start: 5000, end: 5000 + SHORTEST_VIEW_MS, width: 800 })
  })
})
