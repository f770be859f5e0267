/** Frames per second, as a fraction of whole numbers: 30000/1001. */
export type FrameRate = { readonly numerator: number; readonly denominator: number }

/**
 * When pictures are shown. From each key frame whose time is known they are counted to the next one, so that
 * milliseconds that are rounded never add up; where no key frame is known, pictures are not either.
 */
export type FrameGrid = {
  readonly rate: FrameRate
  /** Times of key frames in whole milliseconds, ascending. */
  readonly keyFrames: readonly number[]
}

const RATES: readonly FrameRate[] = [
  ...[24000, 30000, 60000, 120000].map((numerator) => ({ numerator, denominator: 1001 })),
  ...[24, 25, 30, 48, 50, 60, 100, 120].map((numerator) => ({ numerator, denominator: 1 })),
]

/** The fraction that a number of frames per second stands for. */
export function frameRate(perSecond: number): FrameRate {
  const known = RATES.find(({ numerator, denominator }) => Math.abs(numerator / denominator - perSecond) < 0.002)
  return known ?? { numerator: Math.round(perSecond * 1000), denominator: 1000 }
}

/** The length of a frame, which may have a fraction of a millisecond. */
export const frameMs = ({ numerator, denominator }: FrameRate): number => (1000 * denominator) / numerator

/**
 * The time of the frame that is nearest to a moment; the earlier one halfway; the moment itself where none is known.
 */
export function nearestFrame(grid: FrameGrid, moment: number): number {
  const before = frameAtOrBefore(grid, moment)
  if (before === moment || before === undefined) return moment
  const after = frameAfter(grid, before)
  return moment - before <= after - moment ? before : after
}

/** The time of the next frame after a moment. Where no key frame is known, a frame's length later. */
export function frameAfter(grid: FrameGrid, moment: number): number {
  const run = runAt(grid, moment)
  if (!run) return moment + Math.round(frameMs(grid.rate))
  const ms = frameMs(grid.rate)
  for (let n = Math.floor((moment - run.first) / ms) - 1; n <= run.last; n++) {
    const time = run.first + Math.round(n * ms)
    if (time > moment) return time
  }
  return run.next
}

/** The time of the last frame before a moment. Where no key frame is known, a frame's length earlier. */
export function frameBefore(grid: FrameGrid, moment: number): number {
  return frameAtOrBefore(grid, moment - 1) ?? moment - Math.round(frameMs(grid.rate))
}

/** How many frames begin in the second of a moment (UTC) before it: the last part of a time with frames. */
export function frameOfSecond(grid: FrameGrid, moment: number): number {
  const second = Math.floor(moment / 1000) * 1000
  let count = 0
  for (let time = firstFrameFrom(grid, second); time < moment; time = frameAfter(grid, time)) count++
  return count
}

/** The time of a frame by its number in a second, which begins at `second`. Undefined where that has fewer. */
export function frameInSecond(grid: FrameGrid, second: number, number: number): number | undefined {
  let time = firstFrameFrom(grid, second)
  for (let n = 0; n < number && time < second + 1000; n++) time = frameAfter(grid, time)
  return time < second + 1000 ? time : undefined
}

const firstFrameFrom = (grid: FrameGrid, moment: number) => frameAfter(grid, moment - 1)

function frameAtOrBefore(grid: FrameGrid, moment: number): number | undefined {
  const run = runAt(grid, moment)
  if (!run) return undefined
  const ms = frameMs(grid.rate)
  for (let n = Math.min(run.last, Math.floor((moment - run.first) / ms) + 1); ; n--) {
    const time = run.first + Math.round(n * ms)
    if (time <= moment) return time
  }
}

/** Frames that are counted from one key frame. */
type Run = {
  /** The key frame; frames before the first one that is known have negative numbers. */
  readonly first: number
  /** The number of its last frame. */
  readonly last: number
  /** The key frame after it. */
  readonly next: number
}

/** Farther from a key frame than this, pictures are not known: there may be a gap in between. */
const REACH_MS = 30_000

function runAt({ rate, keyFrames }: FrameGrid, moment: number): Run | undefined {
  const at = Math.max(0, lastAtOrBefore(keyFrames, moment))
  const first = keyFrames[at]
  if (first === undefined || Math.abs(moment - first) > REACH_MS) return undefined
  const next = keyFrames[at + 1] ?? Number.POSITIVE_INFINITY
  // A frame that would be less than half a frame before the next key frame is that one.
  return { first, next, last: Math.ceil((next - first) / frameMs(rate) - 0.5) - 1 }
}

/** The index of the last number of an ascending list that is not above `value`; -1 where there is none. */
export function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
