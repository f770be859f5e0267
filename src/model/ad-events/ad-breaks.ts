import { type Ticks, ticks } from '../../media/time.ts'
import { AD_TRIGGERS, type AdTrigger } from '../manifest.ts'
import type { SegmentSummary } from '../output-segment.ts'
import type { OpenAdEvent } from './ad-event.ts'
import { triggerOf } from './ad-trigger.ts'
import type { AdName } from './segment-ads.ts'

/**
 * An output segment, by its place among those of its output timeline: so many segments before the one that tells of it,
 * whatever numbers they have. Its start is on the timeline of its era.
 */
export type SegmentBefore = { readonly ago: number; readonly start: Ticks }

/** An ad event that counts as an ad break for some endpoints, as output segments show it. */
export type AdBreak = {
  readonly trigger: AdTrigger
  readonly isRestricted?: true
  /** The era and the number by which segments name the event. */
  readonly era: number
  readonly event: number
  /** The first output segment in it. */
  readonly begins: SegmentBefore
  /** The first behind it; absent while it goes on. */
  readonly ends?: SegmentBefore
}

/**
 * A break as a segment is kept with it, in as few letters as may be, since nearly all of a day may have one: the place
 * of its trigger in AD_TRIGGERS, 1 where it is restricted, the era and the number of its event, and how many segments
 * ago and how many ticks before the segment it began, and ended.
 */
export type KeptAdBreak = readonly [
  trigger: number,
  restricted: 0 | 1,
  era: number,
  event: number,
  begunAgo: number,
  begunBefore: number,
  endedAgo?: number,
  endedBefore?: number,
]

/** Breaks as a segment that begins at `start` is kept with them. */
export function keptAdBreaks(breaks: readonly AdBreak[], start: Ticks): readonly KeptAdBreak[] {
  return breaks.map(({ trigger, isRestricted, era, event, begins, ends }): KeptAdBreak => {
    const what = [AD_TRIGGERS.indexOf(trigger), isRestricted ? 1 : 0, era, event] as const
    const begun = [begins.ago, start - begins.start] as const
    return ends ? [...what, ...begun, ends.ago, start - ends.start] : [...what, ...begun]
  })
}

/** The breaks of a segment that is kept with them. */
export function adBreaksOf({ adBreaks = [], start }: Pick<SegmentSummary, 'adBreaks' | 'start'>): readonly AdBreak[] {
  const place = (ago: number, ticksBefore: number): SegmentBefore => ({ ago, start: ticks(start - ticksBefore) })
  return adBreaks.map(([trigger, restricted, era, event, begun, begunBefore, ended, endedBefore = 0]) => ({
    trigger: AD_TRIGGERS[trigger]!,
    ...(restricted && { isRestricted: true }),
    era,
    event,
    begins: place(begun, begunBefore),
    ...(ended !== undefined && { ends: place(ended, endedBefore) }),
  }))
}

/** What an output segment shows of ad events that the one before it does not. */
export type AdChanges = {
  readonly begun: readonly (AdName & Pick<OpenAdEvent, 'kind' | 'typeId' | 'isRestricted'>)[]
  readonly ended: readonly AdName[]
  readonly renamed: readonly { readonly from: AdName; readonly to: AdName }[]
}

/** Of each kind: more than streams have, which nest a few. */
const MOST_OF_A_KIND = 16

/**
 * The breaks that an output segment tells of: those in which it lies, and of those that are over, what the beginning of
 * a DASH Period may still depend on, whichever triggers an endpoint has. `before` is what the segment before it told.
 */
export function adBreaksAt(
  before: readonly AdBreak[],
  { begun, ended, renamed }: AdChanges,
  { start, isNewPeriod }: { readonly start: Ticks; readonly isNewPeriod: boolean },
): readonly AdBreak[] {
  const here = { ago: 0, start }
  const known = before.map(({ begins, ends, ...each }): AdBreak => {
    const to = renamed.find(({ from }) => isOf(from, each))?.to
    const isOver = !ends && ended.some((name) => isOf(name, to ? { era: to.era, event: to.number } : each))
    const end = ends ? earlier(ends) : isOver ? here : undefined
    return {
      ...each,
      ...(to && { era: to.era, event: to.number }),
      begins: earlier(begins),
      ...(end && { ends: end }),
    }
  })
  const now = begun.flatMap(({ era, number, isRestricted, ...event }): AdBreak[] => {
    const trigger = triggerOf(event)
    return trigger ? [{ trigger, ...(isRestricted && { isRestricted }), era, event: number, begins: here }] : []
  })
  return neededOf([...(isNewPeriod ? known.filter(({ ends }) => !ends) : known), ...now])
}

function earlier({ ago, start }: SegmentBefore): SegmentBefore {
  return { ago: ago + 1, start }
}

function isOf({ era, number }: AdName, adBreak: Pick<AdBreak, 'era' | 'event'>): boolean {
  return era === adBreak.era && number === adBreak.event
}

/**
 * Those that go on, those that overlap the beginning of one of these, and so on, and those that ended last, of each
 * kind. Of too many, those are left out that begin last: without one that began before, the Period of what follows
 * would begin elsewhere, amid segments of another.
 */
function neededOf(breaks: readonly AdBreak[]): readonly AdBreak[] {
  const needed = new Set<AdBreak>()
  const kinds = new Map<string, AdBreak>()
  for (const each of breaks.toSorted((a, b) => a.begins.ago - b.begins.ago)) {
    const { begins, ends } = each
    if (!ends || [...needed].some((later) => ends.ago < later.begins.ago && later.begins.ago < begins.ago)) {
      needed.add(each)
    }
    if (!ends) continue
    if (ends.ago < (kinds.get(kindOf(each))?.ends?.ago ?? Infinity)) kinds.set(kindOf(each), each)
  }
  const last = new Set(kinds.values())
  const all = breaks.filter((each) => needed.has(each) || last.has(each))
  const byKind = Object.values(Object.groupBy(all, kindOf))
  const kept = new Set(byKind.flatMap((alike = []) => alike.slice(0, MOST_OF_A_KIND)))
  return all.filter((each) => kept.has(each))
}

function kindOf({ trigger, isRestricted }: AdBreak): string {
  return `${trigger} ${isRestricted}`
}
