import { greatestCommonDivisor } from '../divisor.ts'
import type { PictureList } from './picture-list.ts'

/**
 * Gives times to the samples of PES packets that have one PTS for several: they are decoded one frame duration apart,
 * and shown in picture order. The first sample has times. `frameDuration` is in ticks, 0 when the stream does not
 * state it.
 * @returns how many samples have times now; samples after the last known time may stay without
 */
export function fillTimes(pictures: PictureList, frameDuration: number): number {
  const { count, dts } = pictures
  if (!dts.subarray(0, count).some(Number.isNaN)) return count
  let frame = 0
  let known = 0
  for (let i = 1; i <= count; i++) {
    if (i < count && Number.isNaN(dts[i])) continue
    if (i - known > 1) {
      frame = i < count ? frameBetween(dts, known, i, frameDuration) : frameAfter(dts, known, frameDuration)
      if (i === count && frame === 0) break
      for (let n = known + 1; n < i; n++) dts[n] = dts[known]! + Math.floor((n - known) * frame)
    }
    known = i
  }
  const timed = known === count ? count : known + 1
  fillPresentation(pictures, timed, frame)
  return timed
}

/** Ticks between samples: the stated duration, limited so that the next known time is not passed. */
function frameBetween(dts: Float64Array, from: number, to: number, frameDuration: number): number {
  const available = (dts[to]! - dts[from]!) / (to - from)
  return frameDuration > 0 ? Math.min(frameDuration, available) : available
}

/** Ticks after a sample: the stated duration, or that of the sample before. */
function frameAfter(dts: Float64Array, last: number, frameDuration: number): number {
  return frameDuration > 0 || last === 0 ? frameDuration : dts[last]! - dts[last - 1]!
}

function fillPresentation({ pts, dts, orders, epochs }: PictureList, count: number, frame: number): void {
  const ticksPerOrder = frame / orderUnit(orders, epochs, count)
  let anchor = 0
  let epochStart = 0
  for (let i = 0; i < count; i++) {
    if (epochs[i] !== epochs[epochStart]) {
      // Where no time of the new epoch is known, it begins with the delay of the epoch before.
      const known = nextKnown(pts, epochs, count, i)
      if (known < 0) pts[i] = dts[i]! + pts[epochStart]! - dts[epochStart]!
      anchor = known < 0 ? i : known
      epochStart = i
    }
    if (!Number.isNaN(pts[i])) {
      anchor = i
      continue
    }
    const later = (orders[i]! - orders[anchor]!) * ticksPerOrder
    pts[i] = Number.isNaN(later) ? dts[i]! + pts[anchor]! - dts[anchor]! : Math.round(pts[anchor]! + later)
  }
}

/** The first sample at or after `from`, in the same epoch, that has a PTS; -1 when there is none. */
function nextKnown(pts: Float64Array, epochs: Uint32Array, count: number, from: number): number {
  for (let i = from; i < count && epochs[i] === epochs[from]; i++) if (!Number.isNaN(pts[i])) return i
  return -1
}

/** The step of the order from one picture to the next one shown: 1 or 2 in practice. */
function orderUnit(orders: Float64Array, epochs: Uint32Array, count: number): number {
  let unit = 0
  for (let i = 1; i < count; i++) {
    const step = Math.abs(orders[i]! - orders[i - 1]!)
    if (epochs[i] === epochs[i - 1] && step > 0) unit = greatestCommonDivisor(unit, step)
  }
  return unit === 0 ? 1 : unit
}
