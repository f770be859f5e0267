import type { Ticks } from '../../media/time.ts'
import type { AdTrigger } from '../manifest.ts'
import type { AdEvent, AdMarks } from './ad-event.ts'
import { triggerOf } from './ad-trigger.ts'

/**
 * An output segment, by its place among those of its output timeline: so many segments before the one that tells of it,
 * whatever numbers they have. Its start is on the timeline of its era.
 */
export type SegmentBefore = { readonly ago: number; readonly start: Ticks }

/** An ad event that counts as an ad break for some endpoints, as output segments show it. */
export type AdBreak = {
  readonly trigger: AdTrigger
  readonly isRestricted?: true
  /** The era and the number by which marks name the event. */
  readonly era: number
  readonly event: number
  /** The first output segment in it. */
  readonly begins: SegmentBefore
  /** The first behind it; absent while it goes on. */
  readonly ends?: SegmentBefore
}

/** More than streams have, which nest a few. */
const MOST_BREAKS = 32
/** In ticks: an event that begins so little before its first slot in an era has not begun in the era before. */
const SAME_START = 45_000

/**
 * The breaks that an output segment tells of: those in which it lies, and of those that are over, what the beginning of
 * a DASH Period may still depend on, whichever triggers an endpoint has. `before` is what the segment before it told,
 * with what its later slots added.
 */
export function adBreaksAt(
  before: readonly AdBreak[],
  { start, ads, isNewPeriod }: { readonly start: Ticks; readonly ads?: AdMarks | undefined; isNewPeriod: boolean },
): readonly AdBreak[] {
  const here = { ago: 0, start }
  const moved = ({ ago, start: begin }: SegmentBefore) => (ago < 0 ? here : { ago: ago + 1, start: begin })
  const known = before.map(({ begins, ends, ...more }) => {
    return { ...more, begins: moved(begins), ...(ends && { ends: moved(ends) }) }
  })
  const told = adBreaksAfter(known, ads, here)
  return neededOf(isNewPeriod ? told.filter(({ ends }) => !ends) : told)
}

/** The same, for a later slot of that output segment: what begins or ends with it does so with the next segment. */
export function adBreaksWithin(before: readonly AdBreak[], start: Ticks, ads: AdMarks | undefined): readonly AdBreak[] {
  return adBreaksAfter(before, ads, { ago: -1, start })
}

function adBreaksAfter(known: readonly AdBreak[], ads: AdMarks | undefined, here: SegmentBefore): readonly AdBreak[] {
  const { era = 0, begins = [], goesOn = [] } = ads ?? {}
  const begun = begins.filter((event) => triggerOf(event) !== undefined)
  const isKnown = (number: number) => known.some((each) => each.era === era && each.event === number)
  const unknown = goesOn.filter((number) => !isKnown(number))
  /** The event of another era, or input, with which a break goes on; what has begun there is only named by number. */
  const successorOf = (open: AdBreak): number | undefined => {
    if (open.era === era) return undefined
    const at = begun.findIndex((event) => isAlike(open, event) && event.start < here.start - SAME_START)
    return at >= 0 ? begun.splice(at, 1)[0]!.number : unknown.pop()
  }
  // What has begun last is hardly a programme.
  const passed = known.toReversed().map((each): AdBreak => {
    if (each.ends || (each.era === era && goesOn.includes(each.event))) return each
    const successor = successorOf(each)
    return successor === undefined ? { ...each, ends: here } : { ...each, era, event: successor }
  })
  return [...passed.toReversed(), ...begun.map((event) => breakOf(event, era, here))]
}

function isAlike({ trigger, isRestricted }: AdBreak, event: AdEvent): boolean {
  return trigger === triggerOf(event) && isRestricted === event.isRestricted
}

function breakOf(event: AdEvent, era: number, begins: SegmentBefore): AdBreak {
  const { number, isRestricted } = event
  return { trigger: triggerOf(event)!, ...(isRestricted && { isRestricted }), era, event: number, begins }
}

/**
 * Those that go on, those that overlap the beginning of one of these, and so on, and those that ended last, of each
 * kind.
 */
function neededOf(breaks: readonly AdBreak[]): readonly AdBreak[] {
  const needed = new Set<AdBreak>()
  const kinds = new Map<string, AdBreak>()
  for (const each of breaks.toSorted((a, b) => a.begins.ago - b.begins.ago)) {
    const { begins, ends, trigger, isRestricted } = each
    if (!ends || [...needed].some((later) => ends.ago < later.begins.ago && later.begins.ago < begins.ago)) {
      needed.add(each)
    }
    if (!ends || ends.ago === begins.ago) continue
    const kind = `${trigger} ${isRestricted}`
    if (ends.ago < (kinds.get(kind)?.ends?.ago ?? Infinity)) kinds.set(kind, each)
  }
  const last = new Set(kinds.values())
  return breaks.filter((each) => needed.has(each) || last.has(each)).slice(-MOST_BREAKS)
}
