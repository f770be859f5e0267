import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type FrameGrid, frameAfter, frameRate, nearestFrame } from '../../../console/src/timeline/model/frame-grid.ts'
import { BINDINGS, type Command, commandOf, keyName } from '../../../console/src/timeline/model/keys.ts'
import { dragged, withMovedRange, withoutRange, withRange } from '../../../console/src/timeline/model/selection.ts'
import { shuttled } from '../../../console/src/timeline/model/shuttle.ts'
import { type Mark, snapped } from '../../../console/src/timeline/model/snapping.ts'
import {
  type Action,
  boundsOf,
  firstState,
  step,
  type TimelineState,
} from '../../../console/src/timeline/model/state.ts'
import { ARCHIVE, anyView } from './arbitraries.ts'

const grid: FrameGrid = {
  rate: frameRate(25),
  keyFrames: [ARCHIVE.end - 10_000, ARCHIVE.end - 8000, ARCHIVE.end - 6000],
}
const anyMoment = fc.integer({ min: ARCHIVE.start - 60_000, max: ARCHIVE.end + 60_000 })
const anyMark: fc.Arbitrary<Mark> = fc.record({ time: anyMoment, kind: fc.constantFrom('gap', 'ad break', 'content') })
const COMMANDS = BINDINGS.map(({ command }) => command)

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom(...COMMANDS).map((command): Action => ({ type: 'command', command })),
  fc.record({ type: fc.constant('move' as const), moment: anyMoment }),
  fc.record({ type: fc.constant('drag' as const), point: fc.constantFrom('in', 'out', 'playhead'), moment: anyMoment }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5000 }) }),
  fc.record({
    type: fc.constant('zoom' as const),
    factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
    x: fc.integer({ min: 0, max: 1000 }),
  }),
  fc
    .integer({ min: 0, max: 60_000 })
    .map((ms): Action => ({ type: 'archive', archive: { start: ARCHIVE.start + ms, end: ARCHIVE.end + ms } })),
  fc.array(anyMark, { maxLength: 5 }).map((marks): Action => ({ type: 'content', marks, grid })),
)

const first = firstState(ARCHIVE, { selection: {}, ranges: [] })
const after = (state: TimelineState, ...commands: readonly Command[]) =>
  commands.reduce((each, command) => step(each, { type: 'command', command }), state)

describe('the state of a timeline', () => {
  it('has the view within its bounds, the playhead in the archive, and the in point before the out point, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 30 }), (actions) => {
        let state = first
        for (const action of actions) {
          state = step(state, action)
          const bounds = boundsOf(state.archive)
          assert.ok(state.view.start >= bounds.start && state.view.end <= bounds.end, action.type)
          assert.ok(state.playhead >= state.archive.start && state.playhead <= state.archive.end, action.type)
          const { in: start, out: end } = state.selection
          assert.ok(start === undefined || end === undefined || start < end, JSON.stringify(action))
          for (const moment of [state.view.start, state.view.end, state.playhead, start, end]) {
            assert.ok(moment === undefined || Number.isInteger(moment), action.type)
          }
        }
      }),
    )
  })

  it('shows where the playhead went by a key, unless all is shown already', () => {
    fc.assert(
      fc.property(anyView, anyMoment, (view, moment) => {
        const { view: shown, playhead } = step({ ...first, view, isWhole: false }, { type: 'move', moment })
        assert.ok(shown.start <= playhead && playhead <= shown.end)
      }),
    )
  })

  it('follows the live edge until the playhead leaves it', () => {
    const view = { start: ARCHIVE.end - 60_000, end: ARCHIVE.end + 5000 }
    const live = firstState(ARCHIVE, { view, selection: {}, ranges: [] })
    const archive = { start: ARCHIVE.start, end: ARCHIVE.end + 4000 }
    const followed = step(live, { type: 'archive', archive })
    assert.equal(followed.playhead, archive.end)
    assert.equal(followed.view.end - archive.end, live.view.end - ARCHIVE.end)
    const left = step(after(live, 'second back'), { type: 'archive', archive })
    assert.equal(left.playhead, ARCHIVE.end - 1000)
    assert.deepEqual(left.view, live.view)
  })

  it('grows with the archive while all of it is shown', () => {
    const archive = { start: ARCHIVE.start + 4000, end: ARCHIVE.end + 4000 }
    const { view } = step(first, { type: 'archive', archive })
    assert.deepEqual({ start: view.start, end: view.end }, boundsOf(archive))
  })

  it('marks in and out at the playhead, by keys alone, to the frame', () => {
    const at = grid.keyFrames[1]!
    const playing = { ...first, grid, playhead: at, isLive: false }
    const marked = after(
      playing,
      'set in',
      'second forward',
      'frame forward',
      'frame forward',
      'set out',
      'add to list',
    )
    assert.deepEqual(marked.selection, { in: at, out: at + 1080 })
    assert.deepEqual(marked.ranges, [{ start: at, end: at + 1080 }])
    assert.equal(after(marked, 'go to in').playhead, at)
    assert.deepEqual(after(marked, 'clear selection').selection, {})
  })

  it('takes an out point away that a later in point overtakes, and does not when one is dragged', () => {
    const selection = { in: ARCHIVE.end - 9000, out: ARCHIVE.end - 8000 }
    const state = { ...first, selection, playhead: ARCHIVE.end - 5000 }
    assert.deepEqual(after(state, 'set in').selection, { in: ARCHIVE.end - 5000 })
    assert.deepEqual(dragged(selection, 'in', ARCHIVE.end, 40), { in: selection.out - 40, out: selection.out })
    assert.deepEqual(dragged(selection, 'out', 0, 40), { in: selection.in, out: selection.in + 40 })
  })

  it('passes time at the rate of the keys J, K and L, and stops at either end', () => {
    const rates = (['L', 'L', 'J', 'J', 'J', 'K'] as const).map(
      (
        (rate) => (key: 'J' | 'K' | 'L') =>
          (rate = shuttled(rate, key))
      )(0 as ReturnType<typeof shuttled>),
    )
    assert.deepEqual(rates, [1, 2, -1, -2, -4, 0])
    const state = { ...first, playhead: ARCHIVE.end - 5000, isLive: false, rate: 2 as const }
    assert.equal(step(state, { type: 'pass', ms: 1000 }).playhead, ARCHIVE.end - 3000)
    const ended = step(state, { type: 'pass', ms: 60_000 })
    assert.deepEqual([ended.playhead, ended.rate], [ARCHIVE.end, 0])
  })
})

describe('snapping', () => {
  it('gives one of what is within reach, the nearest mark first, else the nearest frame', () => {
    fc.assert(
      fc.property(
        anyMoment,
        fc.array(anyMark, { maxLength: 20 }),
        fc.integer({ min: 0, max: 5000 }),
        (moment, marks, reach) => {
          const found = snapped(moment, { marks, grid }, reach)
          const distances = marks.map(({ time }) => Math.abs(time - moment))
          const near = Math.min(...distances)
          if (near <= reach) assert.equal(Math.abs(found.time - moment), near)
          else if (found.to === 'key frame')
            assert.ok(grid.keyFrames.includes(found.time) && Math.abs(found.time - moment) <= reach)
          else assert.deepEqual(found, { time: nearestFrame(grid, moment), to: 'frame' })
        },
      ),
    )
  })

  it('leaves a moment as it is where no picture is known', () => {
    assert.deepEqual(snapped(1234, { marks: [] }, 100), { time: 1234, to: 'nothing' })
  })

  it('that is off leaves pictures to be found all the same', () => {
    const marks: readonly Mark[] = [{ time: grid.keyFrames[0]! + 130, kind: 'gap' }]
    const state = { ...first, grid, marks, isSnapping: false }
    const { selection } = step(state, { type: 'drag', point: 'in', moment: grid.keyFrames[0]! + 125 })
    assert.equal(selection.in, frameAfter(grid, grid.keyFrames[0]! + 90))
  })
})

describe('the list of ranges', () => {
  const ranges = [1, 2, 3].map((n) => ({ start: n, end: n + 10 }))

  it('keeps every range when they are moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1, max: 4 }), fc.integer({ min: -1, max: 4 }), (from, to) => {
        const moved = withMovedRange(ranges, from, to)
        assert.deepEqual(
          moved.toSorted((a, b) => a.start - b.start),
          ranges,
        )
        if (ranges[from] && ranges[to]) assert.equal(moved[to], ranges[from])
      }),
    )
  })

  it('has no more ranges than a harvest job takes', () => {
    let many: ReturnType<typeof withRange> = []
    for (let n = 0; n < 120; n++) many = withRange(many, { start: n, end: n + 1 })
    assert.equal(many.length, 100)
    assert.equal(withoutRange(many, 0).length, 99)
  })
})

describe('the keys of the timeline', () => {
  const press = (key: string, shiftKey = false) => ({ key, shiftKey, ctrlKey: false, altKey: false, metaKey: false })

  it('each do what the help says of them, and nothing twice', () => {
    for (const { command, keys, shift = false } of BINDINGS) {
      for (const key of keys) assert.equal(commandOf(press(key, shift)), command, key)
    }
    const names = BINDINGS.map(keyName)
    assert.equal(new Set(names).size, names.length)
  })

  it('leave those of the browser alone', () => {
    assert.equal(commandOf({ ...press('l'), ctrlKey: true }), undefined)
    assert.equal(commandOf(press('Tab')), undefined)
    assert.equal(commandOf(press('F5')), undefined)
  })
})
