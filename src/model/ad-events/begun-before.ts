import type { EraAdEvent, SegmentSummary } from '../output-segment.ts'
import { mayBeginAds } from '../segment-summary.ts'
import { type AdName, AdsWalk, beginningIn, keyOf } from './segment-ads.ts'

/** The numbers of ad events of an era. */
export type EraNumbers = { readonly era: number; readonly numbers: readonly number[] }

/** The most events that one window asks for: those that go on where it begins, and where it comes to other inputs. */
export const MOST_AD_EVENTS = 1000

/** The ad events that consecutive segments show and that begin in none of their slots: they have begun before. */
export function begunBefore(segments: readonly SegmentSummary[]): readonly EraNumbers[] {
  const begun = new Set<string>()
  const before = new Map<number, Set<number>>()
  let count = 0
  const walk = new AdsWalk()
  const ask = (name: AdName) => {
    const numbers = before.get(name.era) ?? new Set<number>()
    if (begun.has(keyOf(name)) || numbers.has(name.number) || count >= MOST_AD_EVENTS) return
    before.set(name.era, numbers.add(name.number))
    count++
  }
  for (const segment of segments) {
    if (mayBeginAds(segment))
      for (const { era, event } of beginningIn(segment)) begun.add(keyOf({ era, number: event.number }))
    const { joins, begins, ends } = walk.enter(segment)
    for (const name of [...joins, ...begins, ...ends]) ask(name)
  }
  return [...before].map(([era, numbers]) => ({ era, numbers: [...numbers] }))
}

/** Those of known events that have begun before consecutive segments and that these show. */
export function amongBegunBefore(
  known: readonly EraAdEvent[],
  segments: readonly SegmentSummary[],
): readonly EraAdEvent[] {
  if (known.length === 0) return known
  const wanted = new Map(begunBefore(segments).map(({ era, numbers }) => [era, new Set(numbers)]))
  return known.filter(({ era, event }) => wanted.get(era)?.has(event.number))
}
