import { ticks, type UtcMs } from '../../media/time.ts'
import { type AdEvent, type AdEventEnd, laterEvent } from '../../model/ad-events/ad-event.ts'
import { endUtcOf, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import { mayHaveAds } from '../../model/segment-summary.ts'
import { isWithin } from '../cuts.ts'

/** What becomes of ad events with the beginning of an output segment, in the order of their beginnings. */
export type EventsAtSegment = {
  readonly begins: readonly AdEvent[]
  readonly ends: readonly EndedEvent[]
  /** Those that have begun before; in the first segment of a window, perhaps before that. */
  readonly goesOn: readonly AdEvent[]
}

export type EndedEvent = { readonly event: AdEvent } & Omit<AdEventEnd, 'number'>

/** By which an event is the same in eras and inputs that tell of it each for itself. */
const SAME_START_MS = 500

/**
 * The ad events of a window, segment by segment, on the timeline on which these are shown; nothing for segments at
 * which none begins, ends or goes on. What is open ends with an era that does not go on with it.
 */
export function* shownEvents(
  window: Pick<SummaryWindow, 'segments' | 'adEvents'>,
): Generator<readonly [SegmentSummary, EventsAtSegment]> {
  let open = new Map<string, AdEvent>()
  let before: SegmentSummary | undefined
  for (const segment of window.segments) {
    const found = open.size > 0 || mayHaveAds(segment) ? at(segment, before, open, window) : undefined
    before = segment
    if (!found) continue
    open = found.open
    const { begins, ends, goesOn } = found
    if (begins.length > 0 || ends.length > 0 || goesOn.length > 0) yield [segment, { begins, ends, goesOn }]
  }
}

function at(
  segment: SegmentSummary,
  before: SegmentSummary | undefined,
  known: ReadonlyMap<string, AdEvent>,
  { adEvents = [] }: Pick<SummaryWindow, 'adEvents'>,
) {
  const begins: AdEvent[] = []
  const ends: EndedEvent[] = []
  const goesOn = new Map<string, AdEvent>()
  let open = new Map(known)
  for (const [i, { ads }] of segment.slots.entries()) {
    const now = new Map<string, AdEvent>()
    const keyOf = (number: number) => `${ads?.era}.${number}`
    const told = (number: number) => {
      const row = adEvents.find(({ era, event, within }) => {
        return era === ads?.era && event.number === number && (!within || isWithin(within, segment))
      })?.event
      return row && laterEvent(row, segment.shift ?? { ticks: 0, ms: 0 })
    }
    for (const number of ads?.goesOn ?? []) {
      const event = open.get(keyOf(number)) ?? told(number)
      if (event) now.set(keyOf(number), event)
    }
    for (const event of ads?.begins ?? []) now.set(keyOf(event.number), event)
    const ended = new Map((ads?.ends ?? []).map((end) => [keyOf(end.number), end]))
    for (const { number, ...end } of ads?.ends ?? []) {
      const event = open.has(keyOf(number)) ? undefined : told(number)
      if (event) ends.push({ event, ...end })
    }
    for (const [key, event] of open) {
      if (now.has(key)) continue
      const [again] = [...now].find(([other, each]) => !open.has(other) && isSame(each, event)) ?? []
      if (again !== undefined) {
        // Another era, or input, goes on with it: its first description stays.
        now.set(again, { ...event, number: now.get(again)!.number })
        continue
      }
      const end = ended.get(key)
      ends.push({ event, ...(end ? { end: end.end, endUtc: end.endUtc, ...closer(end) } : endBefore(segment, before)) })
    }
    for (const [key, event] of now) {
      if (open.has(key) || [...open.values()].some((each) => isSame(each, event))) {
        if (i === 0) goesOn.set(key, event)
      } else if (ads?.goesOn?.includes(event.number)) goesOn.set(key, event)
      else begins.push(event)
    }
    open = now
  }
  return { begins, ends, goesOn: [...goesOn.values()], open }
}

const closer = ({ closer }: AdEventEnd) => (closer === undefined ? {} : { closer })

/** An event that nothing tells of any more ends with what was shown of its era. */
function endBefore(segment: SegmentSummary, before: SegmentSummary | undefined) {
  const last = before && before.era === segment.era ? ticks(before.start + before.duration) : segment.start
  const endUtc: UtcMs = before ? endUtcOf(before) : segment.startUtc
  return { end: last, endUtc }
}

function isSame(a: AdEvent, b: AdEvent): boolean {
  const isAlike = a.kind === b.kind && a.id === b.id && a.typeId === b.typeId
  return isAlike && Math.abs(a.startUtc - b.startUtc) <= SAME_START_MS
}
