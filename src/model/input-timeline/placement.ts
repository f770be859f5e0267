import { msFromTicks, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs, unwrapPts } from '../../media/time.ts'
import { describeStream } from '../eras/description.ts'
import { makesSlots } from '../eras/era.ts'
import type { SlotObject } from '../output-segment.ts'
import { noteListed } from './ad-tags.ts'
import { believableDate } from './dates.ts'
import { eraAt, eraBegunAt, eraFor } from './eras.ts'
import { noteHabit } from './habits.ts'
import { keptMessages } from './kept-messages.ts'
import type { MediaObject, Placing } from './placing.ts'
import { EXTINF_ROUNDING, MOST_UNCONFIRMED, segmentLength } from './segment-length.ts'
import { addGap, addObject, slotFor, takeInterval, tellsTime } from './slots.ts'
import {
  leadStream,
  NEXT_TARGET_DURATIONS,
  type OpenEra,
  type OpenSlot,
  RECENT_PLACES,
  type StreamListing,
} from './state.ts'

/** EXTINF that is off by no more may be rounded. */
const WRONG_BY: Ticks = ticks(TICKS_PER_SECOND / 10)

/** Streams that begin a timeline begin it within half a second. */
const BEGINNING: Ticks = ticks(TICKS_PER_SECOND / 2)

export type Placement = {
  /** The era, if it was opened or its description changed. */
  readonly touched: OpenEra | undefined
  /** False when the object is archived but not shown: its slot is sealed, or has another object of the stream. */
  readonly isShown: boolean
}

/**
 * Puts a listed object of audio or video into its slot, opening era and slot as needed. `waits`: how long it lasts is
 * told by the stream's next segment, which is not there yet.
 */
export function placeObject(placing: Placing, object: MediaObject): Placement | 'waits' {
  const { listing, streamIndex, now } = placing
  const duration = lengthOf(placing, object)
  if (duration === 'waits') return 'waits'
  const entry = { ...placing.entry, duration }
  const { era, start, standing, breaks } = eraFor({ ...placing, entry }, object)
  listing.era = era.id
  listing.leastEra = era.id
  listing.nextStart = ticks(start + duration)
  listing.duration = duration
  listing.span = ticks(object.probe.lastPts - object.probe.firstPts)
  delete listing.gapFrom
  if (standing === 'mismatched') return { touched: undefined, isShown: false }
  const described = describeStream(era, streamIndex, object, {
    duration,
    before: placing.state.eras.findLast(({ id }) => id < era.id),
  })
  noteBadMessages(placing, object)
  const date = believableDate(placing, object)
  notePlace(placing, { ...entry, era: era.id, start, date })
  const slot = slotFor(era, { start, duration }, streamIndex, now)
  const isShown =
    slot !== undefined && addObject(slot, streamIndex, slotObject({ object, start, duration, slot }, placing))
  if (isShown) {
    noteListed(placing, slot)
    if (breaks) slot.breaks = [...(slot.breaks ?? []), streamIndex]
    if (tellsTime(era, slot, streamIndex)) takeInterval(era, slot, streamIndex)
  }
  return { touched: standing === 'new era' || described ? era : undefined, isShown }
}

/**
 * Records that a stream has nothing usable where its next segment should be. If that segment would have begun another
 * timeline, its place is unknown, and the stream's next segment finds it.
 */
export function placeGap(placing: Placing): void {
  const { state, listing, streamIndex, entry, now } = placing
  if (entry.breaks && listing.era !== undefined) {
    listing.leastEra = listing.era + 1
    delete listing.era
  }
  const current = state.eras.find(({ id }) => id === listing.era)
  if (!current) return
  const start = listing.nextStart
  const era = eraAt(state, current, start, entry.duration)
  listing.era = era.id
  listing.leastEra = era.id
  notePlace(placing, { ...entry, era: era.id, start, date: entry.programDateTime })
  const { corrected } = listing
  const isUsual = corrected !== undefined && Math.abs(corrected.told - entry.duration) <= EXTINF_ROUNDING
  const duration = isUsual ? corrected.real : ticks(Math.min(entry.duration, listing.targetDuration))
  listing.gapFrom ??= start
  const slot = slotFor(era, { start, duration }, streamIndex, now)
  if (slot) {
    addGap(slot, streamIndex, duration)
    noteListed(placing, slot)
  }
  listing.nextStart = ticks(start + duration)
}

/** How long the object lasts, noted where that is not what its playlist told. */
function lengthOf({ state, listing, entry, next, now }: Placing, { probe }: MediaObject): Ticks | 'waits' {
  const { duration: told } = entry
  const waitedMs = now - entry.listedAt
  const current = state.eras.find(({ id }) => id === listing.era)
  const begun = current && next && eraBegunAt(state, current, next.probe.firstPts, BEGINNING)
  const isLast = isLastIn(listing) || (begun !== undefined && begun.continues === undefined)
  const length = segmentLength({
    probe,
    told,
    start: unwrapPts(probe.firstPts, listing.nextStart),
    nextPts: isLast ? undefined : next?.probe.firstPts,
    targetDuration: listing.targetDuration,
    corrected: listing.corrected,
    mayWait: !isLast && waitedMs < NEXT_TARGET_DURATIONS * msFromTicks(listing.targetDuration),
  })
  if (length === 'waits') return length
  if (Math.abs(length - told) > WRONG_BY) {
    noteHabit(state, 'extinf-wrong', `${entry.name}: EXTINF:${secondsOf(told)}, ${secondsOf(length)} s of media`)
  }
  if (length === told) delete listing.corrected
  else listing.corrected = { told, real: length }
  return length
}

const secondsOf = (time: Ticks) => (time / TICKS_PER_SECOND).toFixed(3)

/** True of the head of a queue after which nothing of its timeline comes. */
function isLastIn({ queue, ended }: StreamListing): boolean {
  return queue[1] ? queue[1].breaks : ended
}

/** Remembers the place of a segment of the first variant, if there are subtitles to be placed beside it. */
function notePlace(
  { state, listing, streamIndex }: Placing,
  at: { sequence: number; era: number; start: Ticks; duration: Ticks; date: UtcMs | undefined },
): void {
  const { sequence, era, start, duration, date } = at
  const first = leadStream(state)
  if (first?.index !== streamIndex || state.streams?.every(makesSlots)) return
  const place = { sequence, era, start, duration, ...(date !== undefined && { date }) }
  listing.places = [...(listing.places ?? []), place].slice(-RECENT_PLACES)
}

function noteBadMessages({ state, entry }: Placing, { probe: { badMessages } }: MediaObject): void {
  if (!badMessages) return
  const counts = Object.entries(badMessages).map(([problem, count]) => `${count} ${problem}`)
  noteHabit(state, 'ad-messages-unreadable', `${entry.name}: ${counts.join(', ')}`)
}

type Placed = {
  readonly object: MediaObject
  readonly start: Ticks
  readonly duration: Ticks
  readonly slot: OpenSlot
}

/** The object as its slot holds it: the times of its tracks on the era's timeline, near the slot's own. */
function slotObject({ object, start, duration, slot }: Placed, placing: Placing): SlotObject {
  const { key, size, crc32, tag, sha256, probe } = object
  const times = probe.times.map((track) => {
    if (track === null) return null
    const first = unwrapPts(track.first, start)
    const last = first + track.last - track.first
    // Of sound that jumps ahead, manifests list what lies beside the pictures.
    return { ...track, first, last: last > start + duration + MOST_UNCONFIRMED ? start + duration : last }
  })
  const keyFrames = probe.keyFrames.map((picture) => ({ ...picture, pts: unwrapPts(picture.pts, start) }))
  const arrived = (probe.messages ?? []).map((each) => ({ ...each, arrival: unwrapPts(each.arrival, start) }))
  const messages = arrived.length > 0 ? keptMessages(placing, slot, arrived) : arrived
  return {
    key,
    size,
    crc32,
    ...(tag !== undefined && { tag }),
    sha256,
    start,
    duration,
    times,
    ...(keyFrames.length > 0 && { keyFrames }),
    ...(messages.length > 0 && { messages }),
    ...(!probe.startsWithKeyFrame && { startsWithKeyFrame: false as const }),
  }
}
