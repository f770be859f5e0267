import { type AdBreak, adBreaksOf, type SegmentBefore } from '../../model/ad-events/ad-breaks.ts'
import type { AdSettings } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { qualifies } from './qualifying.ts'

/** Where the newest ad boundary up to an output segment is: the segment is in a break from there on, or behind one. */
export type AdBoundary = SegmentBefore & {
  /** The break that begins there. */
  readonly opens?: Pick<AdBreak, 'era' | 'event'>
}

/**
 * The ad boundary from which an output segment is in one break, or in none; undefined where its period had none before.
 * Breaks that overlap are one, which is that of the event that began first. It is the same in all windows.
 */
export function adBoundaryOf(segment: Pick<SegmentSummary, 'adBreaks' | 'start'>, settings: AdSettings) {
  const breaks = adBreaksOf(segment).filter((each) => qualifies(each, settings))
  const isOpen = ({ ends }: AdBreak) => ends === undefined
  const ended = breaks.flatMap(({ ends }) => ends ?? [])
  let outer = earliest(breaks.filter(isOpen))
  if (!outer) return ended.reduce<AdBoundary | undefined>((a, b) => (a && a.ago <= b.ago ? a : b), undefined)
  for (let wider: AdBreak | undefined = outer; wider; ) {
    outer = wider
    const { ago } = wider.begins
    wider = earliest(breaks.filter(({ begins, ends }) => begins.ago > ago && ends && ends.ago < ago))
  }
  const { begins, era, event } = outer
  const boundary: AdBoundary = { ...begins, opens: { era, event } }
  return boundary
}

/** Of those that begin with one segment, the first. */
function earliest(breaks: readonly AdBreak[]): AdBreak | undefined {
  return breaks.reduce<AdBreak | undefined>((a, b) => (a && a.begins.ago >= b.begins.ago ? a : b), undefined)
}
