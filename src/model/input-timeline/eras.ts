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
import { utcAt } from '../eras/era.ts'
import { LOCK_TOLERANCE } from '../eras/lock.ts'
import { believableDate, datedBy, redate } from './dates.ts'
import type { Donor } from './donor.ts'
import type { MediaObject, Placing } from './placing.ts'
import type { OpenEra, TimelineState } from './state.ts'

/** The most by which a stream may be behind the others and still be in their era. */
const MOST_LATE = ticks(60 * TICKS_PER_SECOND)

/** Streams that begin anew together do so within a second. */
const MOST_APART = ticks(TICKS_PER_SECOND)

/**
 * The least time at which an era begins, in ticks: sound, other streams and decoding times that lie before its first
 * picture must not be negative.
 */
const ROOM_BEFORE = 10 * TICKS_PER_SECOND

/**
 * The place of a stream's next segment. A mismatched segment has other tracks than its stream has in the era, and comes
 * too late to begin an era of its own.
 */
export type EraPosition = {
  readonly era: OpenEra
  readonly start: Ticks
  readonly standing: 'known' | 'new era' | 'mismatched'
  /** True when the stream begins anew but its timestamps go on. When all streams do so, an era begins there. */
  readonly breaks?: true
}

/** Finds the era that a segment belongs to, and opens it where there is none. */
export function eraFor(placing: Placing, object: MediaObject): EraPosition {
  const { state, listing, streamIndex, entry, now, donor, serverDate } = placing
  const { firstPts, tracks } = object.probe
  const { duration } = entry
  const within = (era: OpenEra, start: Ticks): EraPosition | undefined => {
    if (agrees(tracksIn(era, streamIndex), tracks)) {
      const stepsBack = redate(placing, era, start, believableDate(placing, object))
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
    const runsOn = Math.abs(start - listing.nextStart) <= LOCK_TOLERANCE || breaksAt(era, start)
    const staysOn = runsOn && !eraBegunAt(state, era, firstPts, duration) && agrees(tracksIn(era, streamIndex), tracks)
    if (staysOn) return { era, start, standing: 'known', breaks: true }
  }
  const mayStay = current?.streamsRevision === state.streamsRevision && !entry.breaks
  if (current && mayStay) {
    const start = unwrapPts(firstPts, listing.nextStart)
    // A segment that begins before the one before it has ended is of another timeline.
    const from = Math.min(listing.gapFrom ?? listing.nextStart, listing.nextStart)
    const before = from - (listing.duration ?? duration)
    const span = listing.span ?? 0
    const isLater = start > before + Math.max(span / 2, span - LOCK_TOLERANCE)
    const runsOn = isLater && start >= from - duration && start <= listing.nextStart + duration
    const begun =
      Math.abs(start - listing.nextStart) > LOCK_TOLERANCE ? eraBegunAt(state, current, firstPts, duration) : undefined
    const position = runsOn && !begun ? within(eraAt(state, current, start, duration), start) : undefined
    if (position) return position
    const followed = begun && within(begun, unwrapPts(firstPts, begun.firstStart))
    if (followed) return followed
  }
  // A stream may have skipped ahead with the others, or follow them into an era that one of them began.
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
  const date = believableDate(placing, object)
  const utc = date ?? utcMs(object.receivedAt + serverDate.believed - msFromTicks(duration))
  const anchor = { time: start, utc, ...(date !== undefined && datedBy(state, streamIndex)) }
  return { era: openEra(state, anchor, { time: start, utc }, now), start, standing: 'new era' }
}

/** True when another stream begins anew there, and its timestamps go on: after a short pause, they may not for all. */
function breaksAt(era: OpenEra, start: Ticks): boolean {
  return era.slots.some((slot) => slot.breaks && Math.abs(slot.start - start) <= MOST_APART)
}

/**
 * The era that another stream has begun since, if a segment with these timestamps begins it too: a jump that is too far
 * for a short segment to run on is so for a long one.
 */
export function eraBegunAt(
  state: TimelineState,
  current: OpenEra,
  firstPts: number,
  duration: Ticks,
): OpenEra | undefined {
  return state.eras.findLast(({ id, streamsRevision, firstStart }) => {
    const isNewer = id > current.id && streamsRevision === state.streamsRevision
    return isNewer && Math.abs(unwrapPts(firstPts, firstStart) - firstStart) <= duration
  })
}

/**
 * Ends an era before the slot it would seal next, and goes on in a new era with the same timestamps: all streams begin
 * anew there.
 */
export function splitEra(state: TimelineState, before: OpenEra, now: UtcMs): OpenEra {
  const [head] = before.slots
  const start = head?.start ?? before.sealedUntil
  const anchor = { ...before.anchor, time: start, utc: head?.startUtc ?? utcAt(before.anchor, start) }
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
 * Gives an era an id in the middle and raises the ids from there on by one, because eras are sealed in the order of
 * their ids. None of the others has a sealed slot yet, so their ids are not known outside.
 */
function renumber(state: TimelineState, era: OpenEra, id: number): void {
  const moved = (old: number) => (old >= id ? old + 1 : old)
  for (const other of state.eras) {
    if (other !== era) other.id = moved(other.id)
    if (other.continues !== undefined) other.continues = moved(other.continues)
  }
  era.id = id
  for (const listing of Object.values(state.listings)) {
    // A stream between two eras may go on in the new one.
    if (listing.era !== undefined) listing.leastEra = moved(listing.leastEra)
    if (listing.era !== undefined) listing.era = moved(listing.era)
    for (const place of listing.places ?? []) place.era = moved(place.era)
  }
}

/** The era that contains a time: this one, or one of those that continue its timestamps. */
export function eraAt(state: TimelineState, era: OpenEra, start: Ticks, duration: Ticks): OpenEra {
  const next = state.eras.find(({ continues }) => continues === era.id)
  return next && start >= next.firstStart - duration / 2 ? eraAt(state, next, start, duration) : era
}

/** True when the slots there are sealed, so that a segment that begins at `start` comes too late. */
export function isSealed(era: OpenEra, start: Ticks, duration: Ticks): boolean {
  return era.nextIndex > 0 && start < era.sealedUntil - duration / 2
}

/** The end of the newest slot of an era, sealed or open. */
export function endOf(era: OpenEra): Ticks {
  const last = era.slots.at(-1)
  return last ? ticks(last.start + last.duration) : era.sealedUntil
}

function openEra(state: TimelineState, anchor: OpenEra['anchor'], clock: OpenEra['clock'], now: UtcMs): OpenEra {
  const era: OpenEra = {
    id: state.nextEra++,
    origin: { kind: 'input', input: state.input },
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
 * Opens an era at `start` with the same timestamps, because the tracks of a stream change there, or its dates go back.
 * Slots from there on move to the new era, with what other streams have in them.
 */
function runOn(
  { state, streamIndex, entry: { duration }, now }: Placing,
  before: OpenEra,
  start: Ticks,
  date?: UtcMs,
): OpenEra {
  const anchor = {
    ...before.anchor,
    time: start,
    utc: date ?? utcAt(before.anchor, start),
    ...(date !== undefined && datedBy(state, streamIndex)),
  }
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
 * True when a segment at `start` belongs to an era: it lies in the newest part of it, sealed or not, or follows its
 * end, or the end it will have once the other input has filled a gap.
 */
function fits(era: OpenEra, start: Ticks, duration: Ticks, donor: Donor | undefined): boolean {
  if (start < Math.max(era.firstStart, era.sealedUntil - MOST_LATE) - duration) return false
  const end = endOf(era)
  return start <= end + duration || start <= reachOf(era, end, start, donor) + duration
}

/** The end that an era will have on the way to `time`, once media of the other input have filled what it lacks. */
function reachOf(era: OpenEra, from: Ticks, time: Ticks, donor: Donor | undefined): Ticks {
  let end = from
  while (donor && time - end > LOCK_TOLERANCE) {
    const donation = donor(era, end, utcAt(era.anchor, end))
    if (!donation || donation.end > time + LOCK_TOLERANCE) break
    end = donation.end
  }
  return end
}
