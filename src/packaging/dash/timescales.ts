import type { DashPackage } from '../../model/origin-endpoint.ts'
import type { Era } from '../../model/output-segment.ts'
import { type SingleTrack, type SingleVideo, trackSetOf } from '../tracks/track-set.ts'

/** Two rates one of which is double the other, as units per second: a compact manifest counts both in the higher. */
const PAIRS = [
  [24_000, 48_000],
  [25_000, 50_000],
  [30_000, 60_000],
] as const

/**
 * Units per second of a track's segment template in manifests and `$Time$` names; its media keep their own. It follows
 * from the era and not from what a window holds, for names are to stay what they are.
 */
export function templateTimescales(era: Era, settings: DashPackage): (track: SingleTrack) => number {
  const merged = mergedTimescale(era, settings)
  return (track) => (track.kind === 'video' && merged !== undefined ? merged : track.timescale)
}

/** One timescale for all pictures of the era: their own, or that of the higher rate. Undefined when there is none. */
function mergedTimescale(era: Era, { manifestLayout, streamSelection }: DashPackage): number | undefined {
  if (manifestLayout === 'FULL') return undefined
  const { video } = trackSetOf(era, streamSelection)
  const rates = [...new Map(video.map((track) => [rateOf(track), track])).values()]
  const [low, high, ...more] = rates.map(({ timescale }) => timescale).toSorted((a, b) => a - b)
  if (low === undefined || more.length > 0) return undefined
  if (high === undefined) return low
  const isPair = PAIRS.some(([half, whole]) => low === half && high === whole)
  // 29.97 is no half of 60, though their timescales are.
  const areAlike = new Set(rates.map(({ description }) => description.frameRate?.denominator)).size === 1
  return isPair && areAlike ? high : undefined
}

function rateOf({ description: { frameRate } }: SingleVideo): string {
  return frameRate ? `${frameRate.numerator}/${frameRate.denominator}` : ''
}
