import { type FrameGrid, frameAfter, frameBefore, frameMs } from './frame-grid.ts'
import type { Command } from './keys.ts'
import { dragged, rangeOf, type Selection, withIn, withOut, withRange } from './selection.ts'
import { type Rate, shuttled } from './shuttle.ts'
import { type Mark, type Snapped, snapped } from './snapping.ts'
import { lengthOf, nearestIn, type Span } from './span.ts'
import { fitted, msPerPixel, panned, resized, showing, type View, viewWithin, zoomed } from './view.ts'

export type TimelineState = {
  /** From the oldest content to the newest, which is the live edge while the channel is live. */
  readonly archive: Span
  readonly view: View
  /** True while the view is the whole archive, and grows with it. */
  readonly isWhole: boolean
  readonly playhead: number
  /** True while the playhead moves on with the live edge. */
  readonly isLive: boolean
  readonly rate: Rate
  readonly selection: Selection
  readonly ranges: readonly Span[]
  readonly isSnapping: boolean
  readonly marks: readonly Mark[]
  readonly grid: FrameGrid | undefined
}

export type Action =
  | { readonly type: 'archive'; readonly archive: Span }
  | { readonly type: 'content'; readonly marks: readonly Mark[]; readonly grid: FrameGrid | undefined }
  | { readonly type: 'width'; readonly width: number }
  | { readonly type: 'zoom'; readonly factor: number; readonly x: number }
  | { readonly type: 'pan'; readonly pixels: number }
  | { readonly type: 'view'; readonly span: Span }
  | { readonly type: 'move'; readonly moment: number; readonly isShown?: boolean }
  | { readonly type: 'drag'; readonly point: 'in' | 'out' | 'playhead'; readonly moment: number }
  | { readonly type: 'select'; readonly selection: Selection }
  | { readonly type: 'ranges'; readonly ranges: readonly Span[] }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'rate'; readonly rate: Rate }
  | { readonly type: 'command'; readonly command: Command }

/** What is pointed at within so many pixels of a mark is that mark. */
const SNAP_PIXELS = 8
/** How much more than the archive a view may show: jobs may end in the future. */
const AHEAD_MS = 600_000
const ZOOM_STEP = 1.6
/** A frame where none is known. */
const FRAME_MS = 40

export function firstState(archive: Span, { view, playhead, ...chosen }: FirstState): TimelineState {
  const whole = boundsOf(archive)
  return {
    archive,
    view: viewWithin({ ...(view ?? whole), width: 1000 }, whole),
    isWhole: view === undefined,
    playhead: playhead ?? archive.end,
    isLive: playhead === undefined,
    rate: 0,
    isSnapping: true,
    marks: [],
    grid: undefined,
    ...chosen,
  }
}

type FirstState = Pick<TimelineState, 'selection' | 'ranges'> & { readonly view?: Span; readonly playhead?: number }

/** The range that a view may show. */
export function boundsOf(archive: Span): Span {
  const ahead = Math.min(AHEAD_MS, Math.max(2000, Math.round(lengthOf(archive) / 50)))
  return { start: archive.start - Math.round(ahead / 4), end: archive.end + ahead }
}

/** The moment that is meant where something was pointed at: as snapping finds it, unless that is off. */
export function pointedAt({ isSnapping, marks, grid, view }: TimelineState, moment: number): Snapped {
  const reach = isSnapping ? SNAP_PIXELS * msPerPixel(view) : 0
  return snapped(moment, { marks: isSnapping ? marks : [], grid }, reach)
}

/** The next state. */
export function step(state: TimelineState, action: Action): TimelineState {
  const bounds = boundsOf(state.archive)
  switch (action.type) {
    case 'archive':
      return grown(state, action.archive)
    case 'content':
      return { ...state, marks: action.marks, grid: action.grid }
    case 'width':
      return { ...state, view: resized(state.view, action.width) }
    case 'zoom':
      return viewed(state, zoomed(state.view, action.factor, action.x, bounds))
    case 'pan':
      return viewed(state, panned(state.view, action.pixels, bounds))
    case 'view':
      return viewed(state, viewWithin({ ...action.span, width: state.view.width }, bounds))
    case 'move':
      return movedTo(state, action.moment, action.isShown)
    case 'drag':
      return draggedTo(state, action.point, action.moment)
    case 'select':
      return { ...state, selection: action.selection }
    case 'ranges':
      return { ...state, ranges: action.ranges }
    case 'rate':
      return { ...state, rate: action.rate }
    case 'pass':
      return passed(state, action.ms)
    case 'command':
      return commanded(state, action.command)
  }
}

function viewed(state: TimelineState, view: View): TimelineState {
  return { ...state, view, isWhole: lengthOf(view) >= lengthOf(boundsOf(state.archive)) }
}

/** The archive has grown at its end, and may have lost what was oldest. */
function grown(state: TimelineState, archive: Span): TimelineState {
  const bounds = boundsOf(archive)
  const { view, isLive, isWhole } = state
  const growth = archive.end - state.archive.end
  const followsEdge = isLive && view.start <= state.archive.end && state.archive.end <= view.end
  const shift = followsEdge ? growth : 0
  const next = isWhole
    ? { ...bounds, width: view.width }
    : { ...view, start: view.start + shift, end: view.end + shift }
  return {
    ...state,
    archive,
    view: viewWithin(next, bounds),
    playhead: isLive ? archive.end : nearestIn(archive, state.playhead),
  }
}

function movedTo(state: TimelineState, moment: number, isShown = true): TimelineState {
  const playhead = nearestIn(state.archive, moment)
  return {
    ...state,
    playhead,
    isLive: playhead === state.archive.end,
    ...(isShown && !state.isWhole && { view: showing(state.view, playhead, boundsOf(state.archive)) }),
  }
}

function draggedTo(state: TimelineState, point: 'in' | 'out' | 'playhead', moment: number): TimelineState {
  const marks = state.marks.filter(({ kind }) => kind !== point)
  const { time } = pointedAt({ ...state, marks: [...marks, ...ownMarks(state, point)] }, moment)
  if (point === 'playhead') return movedTo(state, time, false)
  const shortest = Math.round(state.grid ? frameMs(state.grid.rate) : FRAME_MS)
  return { ...state, selection: dragged(state.selection, point, time, shortest) }
}

/** The playhead and the points of the selection, for one another. */
function ownMarks({ playhead, selection }: TimelineState, dragging: 'in' | 'out' | 'playhead'): readonly Mark[] {
  const all = [
    { kind: 'playhead', time: playhead },
    { kind: 'in', time: selection.in },
    { kind: 'out', time: selection.out },
  ] as const
  return all.flatMap(({ kind, time }) => (kind === dragging || time === undefined ? [] : [{ kind, time }]))
}

/** Time passes at the playhead: it stops at either end. */
function passed(state: TimelineState, ms: number): TimelineState {
  if (state.rate === 0) return state
  const moment = state.playhead + Math.round(ms * state.rate)
  const moved = movedTo({ ...state, isLive: false }, moment)
  const isAtEnd = moved.playhead === (state.rate > 0 ? state.archive.end : state.archive.start)
  return isAtEnd ? { ...moved, rate: 0 } : moved
}

/** Where a command moves what is at a moment, be it the playhead or a point; undefined for one that does not. */
export function movedByCommand({ grid, archive }: TimelineState, moment: number, command: Command): number | undefined {
  const moves: Partial<Record<Command, number>> = {
    'frame back': grid ? frameBefore(grid, moment) : moment - FRAME_MS,
    'frame forward': grid ? frameAfter(grid, moment) : moment + FRAME_MS,
    'second back': moment - 1000,
    'second forward': moment + 1000,
    'ten seconds back': moment - 10_000,
    'ten seconds forward': moment + 10_000,
    'archive start': archive.start,
    'live edge': archive.end,
  }
  return moves[command]
}

function commanded(state: TimelineState, command: Command): TimelineState {
  const { playhead, selection, archive, view, marks } = state
  const move = (moment: number | undefined) => (moment === undefined ? state : movedTo({ ...state, rate: 0 }, moment))
  const zoom = (factor: number) => {
    const x = ((nearestIn(view, playhead) - view.start) * view.width) / lengthOf(view)
    return viewed(state, zoomed(view, factor, x, boundsOf(archive)))
  }
  switch (command) {
    case 'back':
      return { ...state, rate: shuttled(state.rate, 'J') }
    case 'forward':
      return { ...state, rate: shuttled(state.rate, 'L') }
    case 'stop':
      return { ...state, rate: 0 }
    case 'play or stop':
      return { ...state, rate: state.rate === 0 ? 1 : 0 }
    case 'set in':
      return { ...state, selection: withIn(selection, playhead) }
    case 'set out':
      return { ...state, selection: withOut(selection, playhead) }
    case 'go to in':
      return move(selection.in)
    case 'go to out':
      return move(selection.out)
    case 'clear selection':
      return { ...state, selection: {} }
    case 'add to list': {
      const range = rangeOf(selection)
      return range ? { ...state, ranges: withRange(state.ranges, range) } : state
    }
    case 'frame back':
    case 'frame forward':
    case 'second back':
    case 'second forward':
    case 'ten seconds back':
    case 'ten seconds forward':
    case 'archive start':
    case 'live edge':
      return move(movedByCommand(state, playhead, command))
    case 'mark back':
      return move(Math.max(...marks.filter(({ time }) => time < playhead).map(({ time }) => time), archive.start))
    case 'mark forward':
      return move(Math.min(...marks.filter(({ time }) => time > playhead).map(({ time }) => time), archive.end))
    case 'page back':
      return viewed(state, panned(view, -view.width * 0.9, boundsOf(archive)))
    case 'page forward':
      return viewed(state, panned(view, view.width * 0.9, boundsOf(archive)))
    case 'zoom in':
      return zoom(1 / ZOOM_STEP)
    case 'zoom out':
      return zoom(ZOOM_STEP)
    case 'zoom to selection': {
      const range = rangeOf(selection)
      return range ? viewed(state, fitted(view, range, boundsOf(archive))) : state
    }
    case 'zoom to all':
      return viewed(state, { ...boundsOf(archive), width: view.width })
    case 'snapping':
      return { ...state, isSnapping: !state.isSnapping }
    case 'help':
      return state
  }
}
