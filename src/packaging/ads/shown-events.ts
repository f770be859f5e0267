import { type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import { type AdEvent, type AdEventEnd, type AdMarks, laterEvent } from '../../model/ad-events/ad-event.ts'
import { type EraAdEvent, endUtcOf, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import { mayHaveAds } from '../../model/segment-summary.ts'
import { isWithin, rangeOf } from '../cuts.ts'

/** What becomes of ad events with the beginning of an output segment, in the order of their beginnings. */
export type EventsAtSegment = {
  /** Those that begin with it, or have begun within the segment before. */
  readonly begins: readonly AdEvent[]
  readonly ends: readonly EndedEvent[]
  /** Those that have begun before. */
  readonly goesOn: readonly AdEvent[]
  /** Those of `goesOn` of which no earlier segment tells: in the first segment of a window, all. */
  readonly newlyTold: readonly AdEvent[]
}

export type EndedEvent = { readonly event: AdEvent } & Omit<AdEventEnd, 'number'>

/** What is read of a window. */
export type EventsWindow = Pick<SummaryWindow, 'segments' | 'adEvents' | 'ranges'>

/**
 * The ad events of a window, segment by segment, on the timeline on which these are shown; nothing for segments at
 * which none begins, ends or goes on. What begins or ends within a segment does so with the next one, and what does
 * both is left out. What is open ends with a range, and with an era that does not go on with it.
 */
export function* shownEvents(window: EventsWindow): Generator<readonly [SegmentSummary, EventsAtSegment]> {
  let events = new ShownEvents(window.adEvents)
  let before: SegmentSummary | undefined
  for (const segment of window.segments) {
    const last = before && rangeOf(window.ranges, segment) !== rangeOf(window.ranges, before) ? before : undefined
    const ended = last ? events.endAll(segment, last) : []
    if (last) events = new ShownEvents(window.adEvents)
    const found = events.isIdle && !mayHaveAds(segment) ? NONE : events.enter(segment, before, before === undefined)
    before = segment
    const all = { ...found, ends: [...ended, ...found.ends] }
    if (all.begins.length + all.ends.length + all.goesOn.length > 0) yield [segment, all]
  }
}

const NONE: EventsAtSegment = { begins: [], ends: [], goesOn: [], newlyTold: [] }

/** The events of one range, by their eras and numbers. */
class ShownEvents {
  /** What is known of events: those that have begun before the window, and those that have begun in it. */
  private readonly rows = new Map<string, EraAdEvent[]>()
  private readonly begun = new Map<string, AdEvent>()
  private readonly ended = new Map<string, Omit<AdEventEnd, 'number'>>()
  /** Those that are open at the beginning of the newest segment. */
  private open = new Map<string, AdEvent>()

  constructor(adEvents: readonly EraAdEvent[] = []) {
    for (const row of adEvents) {
      const key = keyOf(row.era, row.event.number)
      this.rows.set(key, [...(this.rows.get(key) ?? []), row])
    }
  }

  /** True where nothing is open, nor has begun since: a segment without marks changes nothing. */
  get isIdle(): boolean {
    return this.open.size === 0 && this.begun.size === 0
  }

  enter(segment: SegmentSummary, before: SegmentSummary | undefined, isFirst: boolean): EventsAtSegment {
    const [head, ...others] = segment.slots
    this.learn(head?.ads)
    const now = this.openAt(segment, head?.ads)
    const [was, ends] = [this.open, isFirst ? this.endedBefore(segment, head?.ads) : []]
    for (const [key, event] of was) {
      if (now.has(key)) continue
      const again = [...now].find(([other, each]) => !was.has(other) && isSame(each, event))
      // Another era, or input, goes on with it.
      if (again) was.set(again[0], event)
      else ends.push({ event, ...(this.ended.get(key) ?? endBefore(segment, before)) })
    }
    const begins: AdEvent[] = []
    const goesOn: AdEvent[] = []
    const newlyTold: AdEvent[] = []
    for (const [key, event] of now) {
      if (was.has(key)) goesOn.push(event)
      else if (this.begun.has(key)) begins.push(event)
      else {
        goesOn.push(event)
        newlyTold.push(event)
      }
    }
    this.open = now
    this.begun.clear()
    this.ended.clear()
    for (const { ads } of others) this.learn(ads)
    return { begins, ends, goesOn, newlyTold }
  }

  endAll(segment: SegmentSummary, before: SegmentSummary): EndedEvent[] {
    return [...this.open].map(([key, event]) => ({ event, ...(this.ended.get(key) ?? endBefore(segment, before)) }))
  }

  private learn(ads: AdMarks | undefined): void {
    if (!ads) return
    for (const event of ads.begins ?? []) this.begun.set(keyOf(ads.era, event.number), event)
    for (const { number, ...end } of ads.ends ?? []) this.ended.set(keyOf(ads.era, number), end)
  }

  private openAt(segment: SegmentSummary, ads: AdMarks | undefined): Map<string, AdEvent> {
    const now = new Map<string, AdEvent>()
    const numbers = [...(ads?.goesOn ?? []), ...(ads?.begins ?? []).map(({ number }) => number)]
    for (const number of numbers) {
      const key = keyOf(ads!.era, number)
      const event = this.open.get(key) ?? this.begun.get(key) ?? this.told(key, segment)
      if (event) now.set(key, event)
    }
    return now
  }

  /** What ends with the first segment of a window, which an earlier window tells there too. */
  private endedBefore(segment: SegmentSummary, ads: AdMarks | undefined): EndedEvent[] {
    return (ads?.ends ?? []).flatMap(({ number, ...end }) => {
      const event = this.told(keyOf(ads!.era, number), segment)
      return event ? { event, ...end } : []
    })
  }

  /** What a row tells of an event, as the segment shows it. */
  private told(key: string, segment: SegmentSummary): AdEvent | undefined {
    return eventIn(segment, this.rows.get(key) ?? [])
  }
}

/** Of rows that tell of one event, that of the segment's range, on the timeline on which the segment is shown. */
export function eventIn(segment: SegmentSummary, rows: readonly EraAdEvent[]): AdEvent | undefined {
  const row = rows.find(({ within }) => !within || isWithin(within, segment))
  return row && laterEvent(row.event, segment.shift ?? { ticks: 0, ms: 0 })
}

const keyOf = (era: number, number: number) => `${era}.${number}`

/** An event that nothing tells of any more ends with what was shown of its era. */
function endBefore(segment: SegmentSummary, before: SegmentSummary | undefined): { end: Ticks; endUtc: UtcMs } {
  if (!before) return { end: segment.start, endUtc: segment.startUtc }
  const isOnTimeline = before.era === segment.era
  return { end: isOnTimeline ? ticks(before.start + before.duration) : segment.start, endUtc: endUtcOf(before) }
}

/** True where the same is told of both, so that it does not matter which is shown. */
function isSame(a: AdEvent, b: AdEvent): boolean {
  return (
    a.kind === b.kind &&
    a.id === b.id &&
    a.isReused === b.isReused &&
    a.typeId === b.typeId &&
    a.startUtc === b.startUtc
  )
}
