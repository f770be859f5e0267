import type { Era } from '../../model/output-segment.ts'
import { type SingleTrack, type SingleVideo, trackSetOf } from '../tracks/track-set.ts'
import type { DashSettings } from './settings.ts'

/** Pairs of timescales, one double the other; a compact manifest uses the higher for both. */
const PAIRS = [
  [24_000, 48_000],
  [25_000, 50_000],
  [30_000, 60_000],
] as const

/**
 * Units per second of a track's segment template, in manifests and in `$Time$` names; the media keep their own. It
 * depends on the era and not on the window, so that names never change.
 */
export function templateTimescales(era: Era, settings: DashSettings): (track: SingleTrack) => number {
  const merged = mergedTimescale(era, settings)
  return (track) => (track.kind === 'video' && merged !== undefined ? merged : track.timescale)
}

/**
 * One timescale for all video tracks of the era: their common one, or that of the higher rate. Undefined when there
 * is none.
 */
function mergedTimescale(era: Era, { manifestLayout, streamSelection }: DashSettings): number | undefined {
  if (manifestLayout === 'FULL') return undefined
  const { video } = trackSetOf(era, streamSelection)
  const rates = [...new Map(video.map((track) => [rateOf(track), track])).values()]
  const [low, high, ...more] = rates.map(({ timescale }) => timescale).toSorted((a, b) => a - b)
  if (low === undefined || more.length > 0) return undefined
  if (high === undefined) return low
  const isPair = PAIRS.some(([half, whole]) => low === half && high === whole)
  // 29.97 is not half of 60, though the timescales are.
  const areAlike = new Set(rates.map(({ description }) => description.frameRate?.denominator)).size === 1
  return isPair && areAlike ? high : undefined
}

function rateOf({ description: { frameRate } }: SingleVideo): string {
  return frameRate ? `${frameRate.numerator}/${frameRate.denominator}` : ''
}
