import { type FrameGrid, lastAtOrBefore, nearestFrame } from './frame-grid.ts'

/** Moments at which one would cut, other than pictures. */
export type MarkKind = 'content' | 'gap' | 'ad break' | 'programme' | 'input switch' | 'playhead' | 'in' | 'out'

export type Mark = { readonly time: number; readonly kind: MarkKind }

export type SnapPoints = {
  readonly marks: readonly Mark[]
  /** Where pictures are known. */
  readonly grid?: FrameGrid | undefined
}

export type Snapped = { readonly time: number; readonly to: MarkKind | 'key frame' | 'frame' | 'nothing' }

/**
 * The moment that is meant by one that was pointed at: the nearest mark within `reachMs`, else the nearest key frame
 * within it, else the nearest frame, else the moment itself.
 */
export function snapped(moment: number, { marks, grid }: SnapPoints, reachMs: number): Snapped {
  const mark = nearestMark(moment, marks, reachMs)
  if (mark) return { time: mark.time, to: mark.kind }
  const keyFrame = grid && nearestOf(grid.keyFrames, moment)
  if (keyFrame !== undefined && Math.abs(keyFrame - moment) <= reachMs) return { time: keyFrame, to: 'key frame' }
  if (!grid || grid.keyFrames.length === 0) return { time: moment, to: 'nothing' }
  return { time: nearestFrame(grid, moment), to: 'frame' }
}

function nearestMark(moment: number, marks: readonly Mark[], reachMs: number): Mark | undefined {
  let best: Mark | undefined
  for (const mark of marks) {
    const distance = Math.abs(mark.time - moment)
    if (distance <= reachMs && (!best || distance < Math.abs(best.time - moment))) best = mark
  }
  return best
}

function nearestOf(ascending: readonly number[], value: number): number | undefined {
  const at = lastAtOrBefore(ascending, value)
  const [before, after] = [ascending[at], ascending[at + 1]]
  if (before === undefined) return after
  if (after === undefined) return before
  return value - before <= after - value ? before : after
}
