import type { EraAdEvent, SegmentSummary } from '../output-segment.ts'
import { mayHaveAds } from '../segment-summary.ts'
import { laterEvent } from './ad-event.ts'

/** The numbers of ad events of an era. */
export type EraNumbers = { readonly era: number; readonly numbers: readonly number[] }

/** The most events that one window asks for: those that go on where it begins, and where it comes to other inputs. */
export const MOST_AD_EVENTS = 1000

/** The ad events that go on or end in consecutive segments and begin in none of them: they have begun before. */
export function begunBefore(segments: readonly SegmentSummary[]): readonly EraNumbers[] {
  const begun = new Set<string>()
  const before = new Map<number, Set<number>>()
  let count = 0
  for (const segment of segments) {
    if (!mayHaveAds(segment)) continue
    for (const { ads } of segment.slots) {
      if (!ads) continue
      const { era, begins = [], ends = [], goesOn = [] } = ads
      for (const number of [...ends.map((end) => end.number), ...goesOn]) {
        const own = before.get(era) ?? new Set<number>()
        if (begun.has(`${era}.${number}`) || own.has(number) || count >= MOST_AD_EVENTS) continue
        before.set(era, own.add(number))
        count++
      }
      for (const { number } of begins) begun.add(`${era}.${number}`)
    }
  }
  return [...before].map(([era, numbers]) => ({ era, numbers: [...numbers] }))
}

/** The ad events that begin in segments, on the timelines of their own eras. */
export function* beginningIn(segments: readonly SegmentSummary[]): Generator<EraAdEvent> {
  for (const segment of segments) {
    if (!mayHaveAds(segment)) continue
    const { slots, shift = { ticks: 0, ms: 0 } } = segment
    const back = { ticks: 0 - shift.ticks, ms: 0 - shift.ms }
    for (const { ads } of slots) {
      for (const event of ads?.begins ?? []) yield { era: ads!.era, event: laterEvent(event, back) }
    }
  }
}

/** Those of known events that have begun before consecutive segments and go on or end there. */
export function amongBegunBefore(
  known: readonly EraAdEvent[],
  segments: readonly SegmentSummary[],
): readonly EraAdEvent[] {
  if (known.length === 0) return known
  const wanted = new Map(begunBefore(segments).map(({ era, numbers }) => [era, new Set(numbers)]))
  return known.filter(({ era, event }) => wanted.get(era)?.has(event.number))
}
