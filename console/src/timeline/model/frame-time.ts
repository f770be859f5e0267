import { type EnteredMoment, type EntryContext, enteredMoment } from '../../time/moment-entry.ts'
import { clockText, dayText } from '../../time/moment-text.ts'
import { type FrameGrid, frameInSecond, frameOfSecond, nearestFrame } from './frame-grid.ts'

const SECOND_MS = 1000
const WITH_FRAME = /^(.*\d:\d\d:\d\d):(\d{1,3})$/

/**
 * The moment that somebody typed, as `enteredMoment` reads it, at the nearest picture where pictures are known. What
 * follows a second and a colon is the number of a picture in it, from 0.
 */
export function enteredFrame(text: string, context: EntryContext, grid: FrameGrid | undefined): EnteredMoment {
  const [, time = '', number] = WITH_FRAME.exec(text.trim()) ?? []
  if (!grid || grid.keyFrames.length === 0) return enteredMoment(text, context)
  if (number === undefined) {
    const entered = enteredMoment(text, context)
    return 'at' in entered ? { ...entered, at: nearestFrame(grid, entered.at) } : entered
  }
  const entered = enteredMoment(time, context)
  if ('problem' in entered) return entered
  const at = frameInSecond(grid, entered.at, Number(number))
  if (at === undefined) return { problem: `This second has no frame ${Number(number)}: the first one is 0` }
  return { at, understood: `${entered.understood}, frame ${Number(number)}` }
}

/** The time of day with the number of the picture in its second, or with milliseconds between pictures. */
export function frameClockText(moment: number, zone: string, grid: FrameGrid | undefined): string {
  const number = grid && grid.keyFrames.length > 0 ? exactFrame(grid, moment) : undefined
  if (number === undefined) return clockText(moment, zone, 'millisecond')
  return `${clockText(moment, zone)}:${String(number).padStart(2, '0')}`
}

/** As `frameClockText`, behind the day: `enteredFrame` reads it as the same moment. */
export function frameTimeText(moment: number, zone: string, grid: FrameGrid | undefined): string {
  return `${dayText(moment, zone)} ${frameClockText(moment, zone, grid)}`
}

/** The number of the picture in its second; undefined for a moment between pictures. */
function exactFrame(grid: FrameGrid, moment: number): number | undefined {
  const number = frameOfSecond(grid, moment)
  return frameInSecond(grid, Math.floor(moment / SECOND_MS) * SECOND_MS, number) === moment ? number : undefined
}
