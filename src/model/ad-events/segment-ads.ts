import type { Ticks, UtcMs } from '../../media/time.ts'
import type { EraAdEvent, SegmentSummary } from '../output-segment.ts'
import { mayBeginAds } from '../segment-summary.ts'
import { laterEvent, type Shift } from './ad-event.ts'

/** Ad events that an output segment shows: those of one era of an input, by their numbers in it. */
export type ShownAds = {
  readonly era: number
  readonly numbers: readonly number[]
  /** From the timeline and dates of that era to those of the segment; absent where they are the same. */
  readonly shift?: Shift
  /**
   * By number, those whose ids the output timeline has shown before of other events: the start of the first segment
   * that shows the event.
   */
  readonly reused?: Readonly<Record<number, UtcMs>>
}

/** An ad event that is over, on the timeline of the segment with which it ends. */
export type EndedAd = ShownAd & {
  readonly end: Ticks
  readonly endUtc: UtcMs
  /** The section that ended it, in hexadecimal; absent where it ended otherwise. */
  readonly closer?: string
  /** True where nothing says that it ends there, but nothing tells of it any more either. */
  readonly isAssumed?: true
}

/**
 * What becomes of ad events with the beginning of an output segment. What begins or ends within a segment does so with
 * the next one, and what does both is not shown. Events that two inputs, or two eras, have in common are named by where
 * they were shown first.
 */
export type SegmentAds = {
  readonly begins?: readonly ShownAds[]
  /** Those that end with it; the segment before shows them. */
  readonly ends?: readonly EndedAd[]
  /** Those that have begun before, in the order in which they did. */
  readonly goesOn?: readonly ShownAds[]
  /** Those of `goesOn` that the segment before names otherwise: the input has gone on with them in another era. */
  readonly renamed?: readonly { readonly from: AdName; readonly to: AdName }[]
}

/** By that, ad events are found. */
export type AdName = { readonly era: number; readonly number: number }

/** How one segment shows one event. */
export type ShownAd = AdName & { readonly shift?: Shift; readonly reused?: UtcMs }

export function* shownAdsIn(all: readonly ShownAds[] = []): Generator<ShownAd> {
  for (const { era, numbers, shift, reused } of all) {
    for (const number of numbers) {
      const since = reused?.[number]
      yield { era, number, ...(shift && { shift }), ...(since !== undefined && { reused: since }) }
    }
  }
}

/** Groups events by era and shift, in their order. */
export function grouped(all: readonly ShownAd[]): readonly ShownAds[] {
  const groups: { era: number; numbers: number[]; shift?: Shift; reused?: Record<number, UtcMs> }[] = []
  for (const { era, number, shift, reused } of all) {
    let group = groups.at(-1)
    if (group?.era !== era || group.shift?.ticks !== shift?.ticks || group.shift?.ms !== shift?.ms) {
      group = { era, numbers: [], ...(shift && { shift }) }
      groups.push(group)
    }
    group.numbers.push(number)
    if (reused !== undefined) group.reused = { ...group.reused, [number]: reused }
  }
  return groups
}

/** The ad events that begin in the slots of a segment, on the timelines of their own eras. */
export function* beginningIn(segment: SegmentSummary): Generator<EraAdEvent> {
  if (!mayBeginAds(segment)) return
  const { slots, shift } = segment
  const back = shift && { ticks: 0 - shift.ticks, ms: 0 - shift.ms }
  for (const { ads } of slots) {
    for (const event of ads?.begins ?? []) yield { era: ads!.era, event: back ? laterEvent(event, back) : event }
  }
}

/** What is new with a segment of a window, beside what the segments before it show. */
export type AdsAtSegment = {
  readonly begins: readonly ShownAd[]
  readonly ends: readonly EndedAd[]
  /** What goes on there and is shown by no earlier segment of the window. */
  readonly joins: readonly ShownAd[]
  /** The keys of what is over, of which no segment of the window tells. */
  readonly passed: readonly string[]
}

const NOTHING: AdsAtSegment = { begins: [], ends: [], joins: [], passed: [] }

/**
 * Goes through segments of an output timeline, of which some may be left out: dates, by which windows are asked for,
 * may go back. Costs what changes, not what goes on.
 */
export class AdsWalk {
  private readonly open = new Set<string>()
  private number: number | undefined

  enter({ number, shownAds }: Pick<SegmentSummary, 'number' | 'shownAds'>): AdsAtSegment {
    const isNext = this.number === undefined || number === this.number + 1
    this.number = number
    const passed = isNext ? [] : this.leaveOut(shownAds)
    if (!shownAds) return passed.length > 0 ? { ...NOTHING, passed } : NOTHING
    const { begins = [], ends = [], goesOn = [], renamed = [] } = shownAds
    for (const { from, to } of renamed) if (this.open.delete(keyOf(from))) this.open.add(keyOf(to))
    for (const ended of ends) this.open.delete(keyOf(ended))
    const count = goesOn.reduce((sum, { numbers }) => sum + numbers.length, 0)
    const joins: ShownAd[] = []
    if (count > this.open.size) for (const ad of shownAdsIn(goesOn)) if (!this.open.has(keyOf(ad))) joins.push(ad)
    const begun = [...shownAdsIn(begins)]
    for (const ad of [...joins, ...begun]) this.open.add(keyOf(ad))
    const changes = begun.length + ends.length + joins.length + passed.length
    return changes > 0 ? { begins: begun, ends, joins, passed } : NOTHING
  }

  /** Forgets what is not open any more behind segments that were left out. */
  private leaveOut({ ends = [], goesOn = [], renamed = [] }: SegmentAds = {}): readonly string[] {
    const there = new Set([...ends, ...shownAdsIn(goesOn), ...renamed.map(({ from }) => from)].map(keyOf))
    const passed = [...this.open].filter((key) => !there.has(key))
    for (const key of passed) this.open.delete(key)
    return passed
  }
}

export function keyOf({ era, number }: AdName): string {
  return `${era}.${number}`
}
