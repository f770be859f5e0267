import {
  msFromTicks,
  PTS_MODULUS,
  TICKS_PER_SECOND,
  type Ticks,
  ticks,
  type UtcMs,
  unwrapPts,
  utcMs,
} from '../../media/time.ts'
import { agrees, tracksIn } from '../eras/description.ts'
import { makesSlots, utcAt } from '../eras/era.ts'
import { LOCK_TOLERANCE } from '../eras/lock.ts'
import type { MediaProbe, SourceObject } from '../source-segment.ts'
import type { Donor } from './donor.ts'
import type { Placing } from './placing.ts'
import type { OpenEra, QueuedEntry, TimelineState } from './state.ts'

/** Source dates further than this from the server's clock are not believed. */
const BELIEVABLE_DATE_MS = 24 * 3600 * 1000

/** A stream that is behind the others by no more has not left their era. */
const MOST_LATE = ticks(60 * TICKS_PER_SECOND)

/** Sound, other streams and decoding times may lie before an era's first picture: none of them is negative. */
const ROOM_BEFORE = 10 * TICKS_PER_SECOND

export type MediaObject = SourceObject & { readonly probe: MediaProbe }

/**
 * Where a stream's next segment stands, and in which era. A mismatched segment is made of something else than the era
 * says of its stream, and comes too late to begin an era for it.
 */
export type EraPosition = {
  readonly era: OpenEra
  readonly start: Ticks
  readonly standing: 'known' | 'new era' | 'mismatched'
  /** The stream begins anew, and its timestamps run on: if all do, so does the era. */
  readonly breaks?: true
}

/** The era a segment belongs to, opened as needed. */
export function eraFor(placing: Placing, object: MediaObject): EraPosition {
  const { state, listing, streamIndex, entry, now, donor } = placing
  const { firstPts, tracks } = object.probe
  const { duration } = entry
  const within = (era: OpenEra, start: Ticks): EraPosition | undefined => {
    if (agrees(tracksIn(era, streamIndex), tracks)) {
      const stepsBack = redate(placing, era, start, believableDate(entry, object))
      if (!stepsBack || era !== state.eras.at(-1) || isSealed(era, start, duration))
        return { era, start, standing: 'known' }
      return { era: runOn(placing, era, start, stepsBack), start, standing: 'new era' }
    }
    if (era !== state.eras.at(-1)) return undefined
    if (isSealed(era, start, duration)) return { era, start, standing: 'mismatched' }
    return { era: runOn(placing, era, start), start, standing: 'new era' }
  }

  const current = state.eras.find(({ id }) => id === listing.era)
  if (current && entry.breaks && current.streamsRevision === state.streamsRevision) {
    const start = unwrapPts(firstPts, listing.nextStart)
    const era = eraAt(state, current, start, duration)
    const runsOn = Math.abs(start - listing.nextStart) <= LOCK_TOLERANCE && agrees(tracksIn(era, streamIndex), tracks)
    if (runsOn) return { era, start, standing: 'known', breaks: true }
  }
  const mayStay = current?.streamsRevision === state.streamsRevision && !entry.breaks
  if (current && mayStay) {
    const start = unwrapPts(firstPts, listing.nextStart)
    const runsOn = Math.abs(start - listing.nextStart) <= duration
    const position = runsOn ? within(eraAt(state, current, start, duration), start) : undefined
    if (position) return position
  }
  // A stream may have skipped ahead with the others, or follow them into an era one of them began.
  for (const era of state.eras) {
    if (era.id < listing.leastEra || era.streamsRevision !== state.streamsRevision) continue
    const start = unwrapPts(firstPts, era.slots[0]?.start ?? era.sealedUntil)
    if (era === current && !(mayStay && start > listing.nextStart)) continue
    if (!fits(era, start, duration, donor)) continue
    const isOther = entry.breaks && !agrees(tracksIn(era, streamIndex), tracks)
    const position = isOther ? undefined : within(era, start)
    if (position) return position
  }
  const start = ticks(firstPts + (firstPts < Math.max(ROOM_BEFORE, 2 * duration) ? PTS_MODULUS : 0))
  const date = believableDate(entry, object)
  const utc = date ?? utcMs(object.receivedAt - msFromTicks(duration))
  const anchor = { time: start, utc, ...(date !== undefined && { isDated: true as const }) }
  return { era: openEra(state, anchor, { time: start, utc }, now), start, standing: 'new era' }
}

/**
 * Follows the date of the stream that tells dates: the first one, or whichever has any where that has none. Dates do
 * not step back in an era: by no more than two segments they stand still instead; by more is for another era, which the
 * date is returned for.
 */
function redate(
  { state, streamIndex, entry: { duration } }: Placing,
  era: OpenEra,
  start: Ticks,
  date: UtcMs | undefined,
): UtcMs | undefined {
  const expected = utcAt(era.anchor, start)
  const ms = msFromTicks(duration)
  const first = state.streams?.find(makesSlots)
  if (date === undefined || Math.abs(date - expected) <= ms) return undefined
  if (era.anchor.isDated && streamIndex !== first?.index) return undefined
  const hasBefore = era.nextIndex > 0 || era.slots.some((slot) => slot.start < start - duration / 2)
  if (hasBefore && expected - date > 2 * ms) return date
  era.anchor = { time: start, utc: hasBefore ? utcMs(Math.max(date, expected - ms)) : date, isDated: true }
  for (const slot of era.slots) if (slot.start > start - duration / 2) slot.startUtc = utcAt(era.anchor, slot.start)
  return undefined
}

/**
 * All streams begin anew with the slot this era would seal next, and their timestamps run on: so do they in another
 * era.
 */
export function splitEra(state: TimelineState, before: OpenEra, now: UtcMs): OpenEra {
  const [head] = before.slots
  const start = head?.start ?? before.sealedUntil
  const { isDated } = before.anchor
  const anchor = { time: start, utc: head?.startUtc ?? utcAt(before.anchor, start), ...(isDated && { isDated }) }
  const era = openEra(state, anchor, { time: start, utc: utcAt(before.clock, start) }, now)
  const later = state.eras.filter((one) => one !== era && one.id > before.id)
  state.eras = [...state.eras.filter((one) => one !== era && one.id <= before.id), era, ...later]
  const [next] = later
  if (next) renumber(state, era, next.id)
  for (const one of later) if (one.continues === before.id) one.continues = era.id
  era.continues = before.id
  era.streams = before.streams
  era.slots = before.slots.splice(0)
  for (const listing of Object.values(state.listings)) {
    if (listing.era !== before.id || listing.nextStart <= start) continue
    listing.era = era.id
    listing.leastEra = era.id
  }
  return era
}

/**
 * Gives an era an id in the middle, and each of those that had one from there on the next: ids tell the order in which
 * eras are sealed. Nothing of those was sealed yet, so nobody was told their ids.
 */
function renumber(state: TimelineState, era: OpenEra, id: number): void {
  const moved = (old: number) => (old >= id ? old + 1 : old)
  for (const other of state.eras) {
    if (other !== era) other.id = moved(other.id)
    if (other.continues !== undefined) other.continues = moved(other.continues)
  }
  era.id = id
  for (const listing of Object.values(state.listings)) {
    // Who is between two eras may go on in the one that is new.
    if (listing.era !== undefined) listing.leastEra = moved(listing.leastEra)
    if (listing.era !== undefined) listing.era = moved(listing.era)
    for (const place of listing.places ?? []) place.era = moved(place.era)
  }
}

/** Of this era and those that continue it, the one that holds this moment. */
export function eraAt(state: TimelineState, era: OpenEra, start: Ticks, duration: Ticks): OpenEra {
  const next = state.eras.find(({ continues }) => continues === era.id)
  return next && start >= next.firstStart - duration / 2 ? eraAt(state, next, start, duration) : era
}

export function believableDate(entry: QueuedEntry, object: SourceObject): UtcMs | undefined {
  const date = entry.programDateTime
  return date !== undefined && Math.abs(date - object.receivedAt) <= BELIEVABLE_DATE_MS ? date : undefined
}

/** True when slots up to there are sealed: what begins at `start` comes too late. */
export function isSealed(era: OpenEra, start: Ticks, duration: Ticks): boolean {
  return era.nextIndex > 0 && start < era.sealedUntil - duration / 2
}

/** End of what the era has, sealed or open. */
export function endOf(era: OpenEra): Ticks {
  const last = era.slots.at(-1)
  return last ? ticks(last.start + last.duration) : era.sealedUntil
}

function openEra(state: TimelineState, anchor: OpenEra['anchor'], clock: OpenEra['clock'], now: UtcMs): OpenEra {
  const era: OpenEra = {
    id: state.nextEra++,
    streamsRevision: state.streamsRevision,
    streams: (state.streams ?? []).map((stream) => ({ ...stream, tracks: [] })),
    anchor,
    clock,
    openedAt: now,
    nextIndex: 0,
    firstStart: anchor.time,
    sealedUntil: anchor.time,
    slots: [],
  }
  state.eras.push(era)
  return era
}

/**
 * A stream is made of something else from `start` on, or its dates step back, and its timestamps run on: so does the
 * timeline, in an era of its own. What other streams have in slots from there goes with it.
 */
function runOn(
  { state, streamIndex, entry: { duration }, now }: Placing,
  before: OpenEra,
  start: Ticks,
  date?: UtcMs,
): OpenEra {
  const isDated = before.anchor.isDated || date !== undefined
  const anchor = { time: start, utc: date ?? utcAt(before.anchor, start), ...(isDated && { isDated: true as const }) }
  const era = openEra(state, anchor, { time: start, utc: utcAt(before.clock, start) }, now)
  era.continues = before.id
  const own = before.slots.findLastIndex(({ entries }) => entries[streamIndex] !== undefined)
  const from = before.slots.findIndex(
    (slot, i) => i > own && slot.start >= start - Math.min(slot.duration, duration) / 2,
  )
  if (from >= 0) era.slots = before.slots.splice(from)
  if (date !== undefined) for (const slot of era.slots) slot.startUtc = utcAt(anchor, slot.start)
  era.firstStart = ticks(Math.min(start, era.slots[0]?.start ?? start))
  era.sealedUntil = era.firstStart
  era.streams = era.streams.map((stream) => {
    const isThere = era.slots.some(({ entries }) => entries[stream.index])
    return (isThere && before.streams.find(({ index }) => index === stream.index)) || stream
  })
  for (const listing of Object.values(state.listings)) {
    if (listing.era !== before.id || listing.nextStart <= start + duration / 2) continue
    listing.era = era.id
    listing.leastEra = era.id
  }
  return era
}

/**
 * True when `start` lies in the newest part of the era, be it too late for the slots there, or continues where it ends,
 * or where it will end when the other input has filled what is missing.
 */
function fits(era: OpenEra, start: Ticks, duration: Ticks, donor: Donor | undefined): boolean {
  if (start < Math.max(era.firstStart, era.sealedUntil - MOST_LATE) - duration) return false
  const end = endOf(era)
  return start <= end + duration || start <= reachOf(era, end, start, donor) + duration
}

/** How far an era reaches on the way to a time of it, with what the other input has for what it lacks. */
function reachOf(era: OpenEra, from: Ticks, time: Ticks, donor: Donor | undefined): Ticks {
  let end = from
  while (donor && time - end > LOCK_TOLERANCE) {
    const donation = donor(era, end, utcAt(era.anchor, end))
    if (!donation || donation.end > time + LOCK_TOLERANCE) break
    end = donation.end
  }
  return end
}
