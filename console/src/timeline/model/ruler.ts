import { msPerPixel, type View } from './view.ts'
import type { Zone } from './zone.ts'

/** A moment on the ruler. */
export type Tick = {
  readonly time: number
  /** Of a long line; short ones have none. */
  readonly label?: string
  /** Where another day begins than at the tick before. */
  readonly isNewDay?: boolean
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]

/** Distances of labels, each with that of the short lines between them. */
const STEPS: readonly (readonly [number, number])[] = [
  [100, 20],
  [200, 100],
  [500, 100],
  [SECOND, 200],
  [2 * SECOND, 500],
  [5 * SECOND, SECOND],
  [10 * SECOND, 2 * SECOND],
  [15 * SECOND, 5 * SECOND],
  [30 * SECOND, 10 * SECOND],
  [MINUTE, 10 * SECOND],
  [2 * MINUTE, 30 * SECOND],
  [5 * MINUTE, MINUTE],
  [10 * MINUTE, 2 * MINUTE],
  [15 * MINUTE, 5 * MINUTE],
  [30 * MINUTE, 10 * MINUTE],
  [HOUR, 15 * MINUTE],
  [2 * HOUR, 30 * MINUTE],
  [3 * HOUR, HOUR],
  [6 * HOUR, HOUR],
  [12 * HOUR, 3 * HOUR],
  [DAY, 6 * HOUR],
  [2 * DAY, DAY],
  [7 * DAY, DAY],
]

/** The least distance of two labels in pixels. */
const LABEL_PIXELS = 96

/** Lines of a ruler at round local times, ascending. */
export function rulerTicks(view: View, zone: Zone): readonly Tick[] {
  const least = msPerPixel(view) * LABEL_PIXELS
  const [long, short] = STEPS.find(([step]) => step >= least) ?? STEPS.at(-1)!
  const ticks: Tick[] = []
  let day = localDay(view.start - 1, zone)
  for (const time of roundMoments(view.start, view.end, short, zone)) {
    const isLong = mod(time + zone.offsetAt(time), long) === 0
    const own = localDay(time, zone)
    const isNewDay = own !== day
    day = own
    ticks.push({ time, ...(isLong && { label: labelOf(time, long, zone) }), ...(isNewDay && { isNewDay }) })
  }
  return ticks
}

/** Moments whose local time is a multiple of `step`, also where clocks are put forward or back in between. */
function* roundMoments(start: number, end: number, step: number, zone: Zone): Generator<number> {
  let time = start - mod(start + zone.offsetAt(start), step)
  if (time < start) time = nextRound(time, step, zone)
  for (; time <= end; time = nextRound(time, step, zone)) yield time
}

function nextRound(time: number, step: number, zone: Zone): number {
  const next = time + step
  const beyond = mod(next + zone.offsetAt(next), step)
  if (beyond === 0) return next
  return beyond <= step / 2 ? next - beyond : next + step - beyond
}

function labelOf(time: number, step: number, zone: Zone): string {
  const local = new Date(time + zone.offsetAt(time)).toISOString()
  if (step >= DAY || local.slice(11, 23) === '00:00:00.000') return local.slice(5, 10)
  if (step >= MINUTE) return local.slice(11, 16)
  return step >= SECOND ? local.slice(11, 19) : local.slice(11, 23)
}

const localDay = (time: number, zone: Zone) => Math.floor((time + zone.offsetAt(time)) / DAY)

const mod = (value: number, by: number) => ((value % by) + by) % by
