import { ticks, type UtcMs } from '../../media/time.ts'
import { type AdEvent, type AdEventEnd, laterEvent } from '../../model/ad-events/ad-event.ts'
import { type AdName, AdsWalk, beginningIn, keyOf, type ShownAd } from '../../model/ad-events/segment-ads.ts'
import { type EraAdEvent, endUtcOf, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import { isWithin, rangeOf } from '../cuts.ts'

/** An ad event as an output timeline shows it. */
export type ShownEvent = AdEvent & {
  /** Where its id was shown before of another event: the start of the first segment that shows this one. */
  readonly reused?: UtcMs
}

/** What becomes of ad events with the beginning of an output segment, in the order of their beginnings. */
export type EventsAtSegment = {
  /** Those that begin with it, or have begun within the segment before. */
  readonly begins: readonly ShownEvent[]
  readonly ends: readonly EndedEvent[]
  /** Those that have begun before. */
  readonly goesOn: readonly ShownEvent[]
  /** Those of `goesOn` of which no earlier segment of the window tells: in its first segment, all. */
  readonly newlyTold: readonly ShownEvent[]
}

export type EndedEvent = { readonly event: ShownEvent } & Pick<AdEventEnd, 'end' | 'endUtc' | 'closer'> & {
    /** True where the window has nothing of its end, only what is behind it, or more of it in another range. */
    readonly isCut?: true
  }

/** What is read of a window. */
export type EventsWindow = Pick<SummaryWindow, 'segments' | 'adEvents' | 'ranges'>

/**
 * The ad events of a window, segment by segment, on the timeline on which these are shown; nothing for segments at
 * which none begins, ends or goes on. What is open is cut where a range ends, or where what ends it is left out.
 */
export function* shownEvents(window: EventsWindow): Generator<readonly [SegmentSummary, EventsAtSegment]> {
  let events = new ShownEvents(window.adEvents)
  let before: SegmentSummary | undefined
  for (const segment of window.segments) {
    const isNewRange = before && rangeOf(window.ranges, segment) !== rangeOf(window.ranges, before)
    const ended = isNewRange ? events.allCut() : []
    if (isNewRange) events = new ShownEvents(window.adEvents)
    const found = events.enter(segment)
    // What ends where a range begins belongs to what was before it in the archive.
    const all = isNewRange ? { ...found, ends: ended } : found
    before = segment
    if (all.begins.length + all.ends.length + all.goesOn.length > 0) yield [segment, all]
  }
}

/** The events of one range. */
class ShownEvents {
  /** What is known of events, by their names: those that have begun before the range, and in it. */
  private readonly known = new Map<string, EraAdEvent[]>()
  /** Those that are open, in the order in which they were shown. */
  private readonly open = new Map<string, ShownEvent>()
  private before: SegmentSummary | undefined
  private readonly walk = new AdsWalk()

  constructor(adEvents: readonly EraAdEvent[] = []) {
    for (const row of adEvents) this.learn(row)
  }

  enter(segment: SegmentSummary): EventsAtSegment {
    for (const row of beginningIn(segment)) this.learn(row)
    const changes = this.walk.enter(segment)
    const passed = this.cut(changes.passed)
    this.before = segment
    for (const { from, to } of segment.shownAds?.renamed ?? []) this.rename(from, to)
    const ends = changes.ends.flatMap(({ end, endUtc, closer, ...ad }) => {
      const event = this.open.get(keyOf(ad)) ?? this.shown(ad, segment)
      this.open.delete(keyOf(ad))
      return event ? { event, end, endUtc, ...(closer !== undefined && { closer }) } : []
    })
    const newlyTold = changes.joins.flatMap((ad) => this.opened(ad, segment))
    const goesOn = [...this.open.values()]
    const begins = changes.begins.flatMap((ad) => this.opened(ad, segment))
    return { begins, ends: [...passed, ...ends], goesOn, newlyTold }
  }

  /** All that is open, cut where the segment ends that was entered last. */
  allCut(): EndedEvent[] {
    return this.cut([...this.open.keys()])
  }

  private cut(keys: readonly string[]): EndedEvent[] {
    const { before } = this
    if (!before) return []
    const end = { end: ticks(before.start + before.duration), endUtc: endUtcOf(before), isCut: true } as const
    return keys.flatMap((key) => {
      const event = this.open.get(key)
      this.open.delete(key)
      return event ? { event, ...end } : []
    })
  }

  private learn(row: EraAdEvent): void {
    const key = keyOf({ era: row.era, number: row.event.number })
    this.known.set(key, [...(this.known.get(key) ?? []), row])
  }

  private rename(from: AdName, to: AdName): void {
    const event = this.open.get(keyOf(from))
    this.open.delete(keyOf(from))
    if (event) this.open.set(keyOf(to), event)
  }

  private opened(ad: ShownAd, segment: SegmentSummary): ShownEvent[] {
    const event = this.shown(ad, segment)
    if (!event) return []
    this.open.set(keyOf(ad), event)
    return [event]
  }

  private shown(ad: ShownAd, segment: SegmentSummary): ShownEvent | undefined {
    return eventShown(ad, segment, this.known.get(keyOf(ad)) ?? [])
  }
}

/** The event that a segment names, by rows that tell of it; those of other ranges may have the same name. */
export function eventShown(ad: ShownAd, segment: SegmentSummary, rows: readonly EraAdEvent[]): ShownEvent | undefined {
  const row = rows.find(({ within }) => !within || isWithin(within, segment))
  const event = row && (ad.shift ? laterEvent(row.event, ad.shift) : row.event)
  return event && { ...event, ...(ad.reused !== undefined && { reused: ad.reused }) }
}
