import { msBetween, TICKS_PER_MS, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import { type AdBreak, adBreaksAt, type KeptAdBreak, keptAdBreaks } from '../ad-events/ad-breaks.ts'
import type { AdEventEnd, AdMarks, OpenAdEvent, Shift } from '../ad-events/ad-event.ts'
import { type AdName, type EndedAd, grouped, keyOf, type SegmentAds, type ShownAd } from '../ad-events/segment-ads.ts'
import type { Slot } from '../output-segment.ts'

/** What an output timeline knows of ad events behind its newest output segment: small, plain data. */
export type OutputAdEvents = {
  /** The era in which that segment is shown, the input it is from, and where it ends. */
  readonly era: number
  readonly input: string
  readonly end: Ticks
  readonly endUtc: UtcMs
  /** Events that it shows as going on, in the order of their beginnings. */
  readonly open: readonly OpenEvent[]
  /** What begins and ends in its later slots, which the next segment shows. */
  readonly begun: readonly OpenEvent[]
  readonly ended: readonly (AdEventEnd & AdName)[]
  /** The ids of the events that were shown last. */
  readonly ids: readonly number[]
  /** The ad breaks that it tells of. */
  readonly breaks: readonly AdBreak[]
}

/** An event under the name by which segments show it, on their dates. */
type OpenEvent = OpenAdEvent &
  ShownAd & {
    /** The name that its input gives it now, and the beginning by the dates of that, where they are others. */
    readonly now?: AdName & Pick<OpenAdEvent, 'startUtc'>
  }

/** An output segment whose ad events are asked for. */
export type AdSegment = {
  readonly era: number
  readonly input: string
  readonly start: Ticks
  readonly startUtc: UtcMs
  readonly duration: Ticks
  /** From the timeline and dates of its slots' own era. */
  readonly shift?: Shift | undefined
  readonly isNewPeriod: boolean
  readonly slots: readonly Pick<Slot, 'ads'>[]
}

/** Ids that are remembered: more than eight bits tell. */
const MOST_IDS = 300
/** The most by which locked inputs differ about the beginning of an event, in milliseconds. */
const SAME_START_MS = 500

/** What becomes of ad events with an output segment, and what is known behind it: nothing where there were none. */
export function enterSegment(
  known: OutputAdEvents | undefined,
  segment: AdSegment,
): { readonly known?: OutputAdEvents; readonly shownAds?: SegmentAds; readonly adBreaks?: readonly KeptAdBreak[] } {
  const { era, input, start, startUtc, duration, slots } = segment
  const [head, ...others] = slots
  if (!known && slots.every(({ ads }) => !ads)) return {}
  const before = known ?? { ...NOTHING, era, input, end: start, endUtc: startUtc }
  const { open, begun, ended, joined, renamed, ids } = changesAt(before, segment, head?.ads)
  const isNew = [...joined, ...begun]
  const breaks = adBreaksAt(before.breaks, { begun: isNew, ended, renamed }, segment)
  const end = ticks(start + duration)
  const shownAds: SegmentAds = {
    ...(begun.length > 0 && { begins: grouped(begun) }),
    ...(ended.length > 0 && { ends: ended }),
    ...(open.length > 0 && { goesOn: grouped(open) }),
    ...(renamed.length > 0 && { renamed }),
  }
  return {
    known: {
      era,
      input,
      end,
      endUtc: utcMs(startUtc + msBetween(start, end)),
      open: [...open, ...begun],
      begun: others.flatMap(({ ads }) => begunBy(ads, segment.shift)),
      ended: others.flatMap(({ ads }) => endedBy(ads)),
      ids,
      breaks,
    },
    ...(Object.keys(shownAds).length > 0 && { shownAds }),
    ...(breaks.length > 0 && { adBreaks: keptAdBreaks(breaks, start) }),
  }
}

const NOTHING = { open: [], begun: [], ended: [], ids: [], breaks: [] } as const

function changesAt(before: OutputAdEvents, segment: AdSegment, marks: AdMarks | undefined) {
  const ending = endingAt(before, segment, marks)
  const ends = new Map([...before.ended, ...ending].map((end) => [keyOf(end), end]))
  const going = (marks?.goesOn ?? []).map((event) => openEvent(event, marks!.era, segment.shift))
  const beginning = begunBy(marks, segment.shift)
  const unclaimed = new Set([...going, ...beginning])
  const open: OpenEvent[] = []
  const begun: OpenEvent[] = []
  const ended: EndedAd[] = []
  const renamed: { from: AdName; to: AdName }[] = []
  for (const event of [...before.open, ...before.begun]) {
    const isShown = before.open.includes(event)
    const same = [...unclaimed].find((other) => goesOnAs(event, other, before, segment))
    if (same) unclaimed.delete(same)
    // Where another input is shown from here on, that may say so.
    const isEnd = (end: AdEventEnd & AdName) => goesOnAs(event, openEvent(end, end.era, segment.shift), before, segment)
    const end = ends.get(keyOf(same ?? event.now ?? event)) ?? ending.find(isEnd)
    if (!same || end) {
      // What nothing tells of any more ends with what was shown.
      const { end: at, endUtc, closer }: AdEnd = end ?? before
      const how = { ...(closer !== undefined && { closer }), ...(!end && { isAssumed: true as const }) }
      if (isShown) ended.push({ ...shownAd(event), end: at, endUtc, ...how })
      continue
    }
    const after = movedOn(event, same, before, segment)
    if (isShown) open.push(after)
    else begun.push(after)
    if (isShown && keyOf(after) !== keyOf(event)) renamed.push({ from: nameOf(event), to: nameOf(after) })
  }
  let { ids } = before
  const identified = (event: OpenEvent): OpenEvent => {
    const isReused = ids.includes(event.id)
    ids = [...ids.filter((id) => id !== event.id).slice(1 - MOST_IDS), event.id]
    return isReused ? { ...event, reused: segment.startUtc } : event
  }
  const isNew = (event: OpenEvent) => unclaimed.has(event) && !ends.has(keyOf(event))
  const joined = going.filter(isNew).map(identified)
  return {
    open: [...open, ...joined],
    joined,
    begun: [...begun, ...beginning.filter(isNew)].map(identified),
    ended,
    renamed,
    ids,
  }
}

/**
 * True where a segment names by `other` an event that is open before it. An input goes on in another era with events
 * that have the same beginning; another input has the same event where both are locked, and hardly differ about it.
 */
function goesOnAs(event: OpenEvent, other: OpenEvent, before: OutputAdEvents, { era, input }: AdSegment): boolean {
  const { now = nowOf(event) } = event
  if (keyOf(now) === keyOf(other)) return true
  if (now.era === other.era || !isAlike(event, other)) return false
  // Only its own dates go on: those by which a segment shows it are moved to those of what is shown before.
  if (before.input === input) return now.startUtc === nowOf(other).startUtc
  return before.era === era && Math.abs(event.startUtc - other.startUtc) <= SAME_START_MS
}

/** The event as a segment shows it that names it by `other`. Its dates never change. */
function movedOn(event: OpenEvent, other: OpenEvent, before: OutputAdEvents, segment: AdSegment): OpenEvent {
  const { now: wasNamed, shift, ...shown } = event
  const isOwn = keyOf(event) === keyOf(other)
  const now = isOwn ? {} : { now: nowOf(other) }
  if (before.era === segment.era) return { ...shown, ...(shift && { shift }), ...now }
  const { ticks: by, ms } = shift ?? NO_SHIFT
  const own = other.shift?.ticks ?? 0
  if (isOwn) return { ...shown, ...shiftOf({ ticks: own, ms }) }
  if (!wasNamed && before.input === segment.input) {
    // The messages are the same, and the older name is forgotten first.
    return { ...shown, ...nameOf(other), ...shiftOf({ ticks: own, ms: shown.startUtc - nowOf(other).startUtc }) }
  }
  const later = segment.start - before.end - (segment.startUtc - before.endUtc) * TICKS_PER_MS
  return { ...shown, ...shiftOf({ ticks: by + later, ms }), ...now }
}

/** The ends at the start of a segment, on the timeline before it. */
function endingAt(before: OutputAdEvents, { era, start }: AdSegment, marks: AdMarks | undefined) {
  const by = before.era === era ? 0 : before.end - start
  return endedBy(marks).map((end) => ({ ...end, end: ticks(end.end + by) }))
}

/** The name that its input gives an event, and when it begins by the dates of that. */
function nowOf({ startUtc, shift, ...name }: OpenEvent): NonNullable<OpenEvent['now']> {
  return { ...nameOf(name), startUtc: utcMs(startUtc - (shift?.ms ?? 0)) }
}

function begunBy(marks: AdMarks | undefined, shift: Shift | undefined): OpenEvent[] {
  return (marks?.begins ?? []).map((event) => openEvent(event, marks!.era, shift))
}

type AdEnd = Pick<AdEventEnd, 'end' | 'endUtc' | 'closer'>

function endedBy(marks: AdMarks | undefined): (AdEventEnd & AdName)[] {
  return (marks?.ends ?? []).map((end) => ({ ...end, era: marks!.era }))
}

function openEvent(
  { number, kind, id, typeId, isRestricted, startUtc }: OpenAdEvent,
  era: number,
  shift: Shift = NO_SHIFT,
): OpenEvent {
  return {
    era,
    number,
    kind,
    id,
    ...(typeId !== undefined && { typeId }),
    ...(isRestricted && { isRestricted }),
    startUtc,
    ...shiftOf(shift),
  }
}

const NO_SHIFT: Shift = { ticks: 0, ms: 0 }

function shiftOf({ ticks: by, ms }: Shift): { readonly shift?: Shift } {
  return by === 0 && ms === 0 ? {} : { shift: { ticks: by, ms } }
}

function shownAd({ era, number, shift, reused }: OpenEvent): ShownAd {
  return { era, number, ...(shift && { shift }), ...(reused !== undefined && { reused }) }
}

function nameOf({ era, number }: AdName): AdName {
  return { era, number }
}

function isAlike(a: OpenAdEvent, b: OpenAdEvent): boolean {
  return a.kind === b.kind && a.id === b.id && a.typeId === b.typeId
}
