import { msFromTicks, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import { makesSlots, utcAt } from '../eras/era.ts'
import { LOCK_TOLERANCE } from '../eras/lock.ts'
import type { Slot, SlotObject, SourceStream } from '../output-segment.ts'
import { adMarksAt } from './ad-events.ts'
import { sealedAdTags } from './ad-tags.ts'
import type { ServerDate } from './dates.ts'
import type { Donor } from './donor.ts'
import { splitEra } from './eras.ts'
import { fromFirstKeyFrame } from './first-pictures.ts'
import { fillGaps, slotBefore } from './gap-filling.ts'
import { noteHabit } from './habits.ts'
import { asCut, isContinued, noteReach } from './slots.ts'
import {
  followedListings,
  isDone,
  isSilent,
  leadStream,
  type OpenEra,
  type OpenSlot,
  SILENT_TARGET_DURATIONS,
  type StreamListing,
  silenceMs,
  type TimelineState,
} from './state.ts'

/** Sound is cut where its packets end: a few frames from where pictures are. */
const ALIGNED_TOLERANCE: Ticks = ticks((3 * TICKS_PER_SECOND) / 20)

/** The most by which the clock of a new era is ahead of the server's date: those of its source and players differ. */
const MOST_AHEAD_MS = 10_000

/** Sound ends where its last frame does, and encoders that stop put what is left of it into a segment of its own. */
const LONGEST_REMAINDER: Ticks = ticks(TICKS_PER_SECOND / 4)

/**
 * How long an input that begins waits for a playlist that has never come, in ms: some encoders write it with the
 * stream's first segment, which may be longer than those of the others.
 */
const FIRST_PLAYLIST_MS = 15_000

export type Sealed = {
  /** The moment of sealing, by the server's clock. */
  readonly now: UtcMs
  /** The server's date then. */
  readonly date: UtcMs
  readonly slots: Slot[]
  /** Eras whose first slot is among `slots`. */
  readonly begun: OpenEra[]
  /** Eras that are new, or have got another id. */
  readonly renamed: Set<OpenEra>
  readonly closedEras: OpenEra[]
}

/** Seals every slot that no stream can add to any more, oldest first, and drops eras that are over. */
export function sealSlots(
  state: TimelineState,
  { now, serverDate }: { readonly now: UtcMs; readonly serverDate: ServerDate },
  donor?: Donor,
): Sealed {
  const sealed: Sealed = {
    now,
    date: utcMs(now + serverDate.believed),
    slots: [],
    begun: [],
    renamed: new Set(),
    closedEras: [],
  }
  for (;;) {
    const era = state.eras[0]
    if (!era) break
    const head = era.slots[0]
    if (head) {
      noteSettled(state, era, now)
      if (!isSettled(state, era, head, now)) {
        delete head.settledAt
        break
      }
      if (textIsAwaited(state, era, head, now)) break
      forgoText(state, era, head, now)
      if (isBreak(era, head)) {
        delete head.breaks
        splitEra(state, era, now)
        for (const later of state.eras.slice(1)) sealed.renamed.add(later)
        continue
      }
      const before = donor && slotBefore(era, head, donor, now)
      if (before) {
        seal(state, era, before, sealed)
        continue
      }
      era.slots.shift()
      if (donor) fillGaps(era, head, donor)
      seal(state, era, head, sealed)
    } else if (state.eras.length > 1 && isOver(state, era, now)) {
      state.eras.shift()
      sealed.closedEras.push(era)
    } else break
  }
  if (state.eras.length > 1) settleDispute(state, now)
  return sealed
}

/**
 * Seals a slot of an era. An interval in which no stream has media, listed or skipped, takes an index and leaves no
 * slot, so that a discontinuity follows.
 */
function seal(state: TimelineState, era: OpenEra, open: OpenSlot, { now, date, slots, begun }: Sealed): void {
  const { start, duration, startUtc } = open
  const isAfterHole = era.nextIndex > 0 && start - era.sealedUntil > Math.max(duration / 2, LOCK_TOLERANCE)
  if (isAfterHole) era.nextIndex++
  const index = era.nextIndex++
  era.sealedFrom = start
  era.sealedUntil = ticks(start + duration)
  era.sealedAt = now
  const continued = era.streams.flatMap((stream) => (isContinued(era, open, stream.index) ? stream.index : []))
  noteReach(era, open)
  const adTags = sealedAdTags(state, era, open)
  const isHole = !era.streams.some((stream) => makesSlots(stream) && open.entries[stream.index])
  if (isHole && continued.length === 0) {
    if (adTags) state.withoutMedia = adTags
    return
  }
  if (isRemainder(era, open)) {
    if (adTags) state.withoutMedia = adTags
    noteHabit(state, 'sound-outlasts-pictures', `${duration / TICKS_PER_MS} ms`)
    return
  }
  const objects: Record<number, SlotObject> = {}
  for (const stream of era.streams) {
    const entry = open.entries[stream.index]
    const object = entry && asCut(open, entry)
    if (makesSlots(stream) && (object?.start !== undefined || continued.includes(stream.index)))
      noteHabit(state, 'cut-otherwise', stream.playlist)
    if (object) objects[stream.index] = index === 0 ? fromFirstKeyFrame(object, stream) : object
  }
  if (!era.hasShown) {
    // By the clock players ask for segments, so that it must not run ahead of theirs.
    const latest = date + MOST_AHEAD_MS - msFromTicks(duration)
    const begins = Math.max(Math.min(utcAt(era.clock, start), latest), state.clockEnd ?? 0)
    era.clock = { ...era.clock, utc: utcMs(era.clock.utc + begins - utcAt(era.clock, start)) }
    era.hasShown = true
    begun.push(era)
  }
  state.clockEnd = utcAt(era.clock, era.sealedUntil)
  const ads = adMarksAt(state, era, { index, start, startUtc }, objects)
  const slot: Slot = { era: era.id, index, start, duration, isMeasured: true, startUtc, sealedAt: now, objects }
  slots.push({ ...slot, ...(continued.length > 0 && { continued }), ...(adTags && { adTags }), ...(ads && { ads }) })
}

/** True of the last slot of an era when the first stream has nothing in it and the others have next to nothing. */
function isRemainder(era: OpenEra, { entries, duration }: OpenSlot): boolean {
  const lead = leadStream(era)
  const hasLead = lead !== undefined && lead.tracks.length > 0
  return (
    hasLead && !entries[lead.index] && duration < LONGEST_REMAINDER && era.hasShown === true && era.slots.length === 0
  )
}

/** True when all streams with media in the slot begin anew there. A break in only some streams is ignored. */
function isBreak(era: OpenEra, { breaks = [], entries }: OpenSlot): boolean {
  if (breaks.length === 0 || (era.nextIndex === 0 && !era.hasShown)) return false
  return era.streams.every((stream) => !makesSlots(stream) || !entries[stream.index] || breaks.includes(stream.index))
}

/** Notes the moment from which a slot waits for nothing but subtitles. */
function noteSettled(state: TimelineState, era: OpenEra, now: UtcMs): void {
  for (const slot of era.slots) {
    if (slot.settledAt !== undefined) continue
    if (!isSettled(state, era, slot, now)) return
    slot.settledAt = now
  }
}

/**
 * True while a slot waits for subtitles: for one target duration, from when it waits for nothing else. Images are not
 * waited for. Subtitles without a playlist, or that ended in an older era, are waited for during a slot's duration
 * after an era begins.
 */
export function textIsAwaited(state: TimelineState, era: OpenEra, slot: OpenSlot, now: UtcMs): boolean {
  return era.streams.some((stream) => {
    if (stream.role.kind !== 'subtitles') return false
    const listing = state.listings[stream.playlist]
    const isElsewhere = !listing || (isDone(listing) && (listing.era ?? 0) < era.id)
    if (isElsewhere) return now - era.openedAt < msFromTicks(slot.duration)
    const waited = now - (slot.settledAt ?? now)
    const isWaiting = !listing.isLate && waited < msFromTicks(listing.targetDuration)
    return isWaiting && isMissingText(state, { era, slot, stream, now })
  })
}

function isMissingText(
  state: TimelineState,
  { era, slot, stream, now }: { era: OpenEra; slot: OpenSlot; stream: SourceStream; now: UtcMs },
): boolean {
  const { playlist, index } = stream
  const listing = state.listings[playlist]
  if (!listing || slot.entries[index] !== undefined) return false
  const isPast = listing.era === era.id && listing.nextStart > slot.start + slot.duration / 2
  return !isPast && (listing.era ?? 0) <= era.id && !isDone(listing) && !isSilent(state, listing, now)
}

/** Marks subtitles that were waited for in vain: they are not waited for again before they are in time. */
function forgoText(state: TimelineState, era: OpenEra, slot: OpenSlot, now: UtcMs): void {
  for (const stream of era.streams) {
    const listing = state.listings[stream.playlist]
    if (listing && stream.role.kind === 'subtitles' && isMissingText(state, { era, slot, stream, now }))
      listing.isLate = true
  }
}

/** True when every stream of audio or video has its entry in the slot, is past it, or is no longer waited for. */
function isSettled(state: TimelineState, era: OpenEra, slot: OpenSlot, now: UtcMs): boolean {
  for (const stream of era.streams) {
    if (!makesSlots(stream)) continue
    const listing = state.listings[stream.playlist]
    const isElsewhere = listing?.era !== era.id || isPast(listing, era, slot)
    if (isElsewhere && slot.entries[stream.index] !== undefined) continue
    const grace = Math.max(
      SILENT_TARGET_DURATIONS * msFromTicks(listing?.targetDuration ?? longestTarget(state, slot)),
      listing || state.clockEnd !== undefined ? 0 : FIRST_PLAYLIST_MS,
    )
    // While the server was away, streams were not missing but unheard.
    const isWithinGrace = now - Math.max(era.openedAt, state.resumedAt ?? 0) <= grace
    if (!listing || listing.era === undefined) {
      // It has nothing in this era yet, and is waited for only while the era is young.
      if (isWithinGrace) return false
      continue
    }
    // Streams come back from a pause one after the other: each when its first segment is complete.
    const wasThere = listing.era < era.id && silenceMs(state, listing, era.openedAt) <= 2 * grace
    const mayCome = wasThere && isWithinGrace
    const isGone = isSilent(state, listing, now) && !mayCome
    if (listing.era > era.id || isPast(listing, era, slot) || isGone) continue
    // It ended in an older era: when the others begin a new one, so may it.
    if (!isDone(listing) || (listing.era < era.id && isWithinGrace)) return false
  }
  return true
}

/** What a stream's target duration will be: all of a presentation have the same, RFC 8216 §6.2.4. */
function longestTarget(state: TimelineState, slot: OpenSlot): Ticks {
  return ticks(Math.max(slot.duration, ...followedListings(state).map(({ targetDuration }) => targetDuration)))
}

/**
 * True when the stream's next segment does not begin in the slot. Where the stream is cut otherwise, that is certain
 * only when the next slot is there.
 */
function isPast(listing: StreamListing, era: OpenEra, slot: OpenSlot): boolean {
  const half = Math.min(slot.duration, listing.duration ?? slot.duration) / 2
  const tolerance = slot === era.slots.at(-1) ? Math.min(half, ALIGNED_TOLERANCE) : half
  return listing.era === era.id && listing.nextStart > slot.start + slot.duration - tolerance
}

/** True when no live stream is still in the era. */
function isOver(state: TimelineState, era: OpenEra, now: UtcMs): boolean {
  if (era.streamsRevision !== state.streamsRevision) return true
  return era.streams.every((stream) => {
    const listing = makesSlots(stream) ? state.listings[stream.playlist] : undefined
    if (listing?.era === undefined || listing.era > era.id) return true
    return isSilent(state, listing, now) || isDone(listing)
  })
}

/**
 * Decides between two eras when streams stay in different ones for longer than any is waited for. The era that most
 * streams follow goes on, or that of the first stream when there are as many on either side. Streams of the other era
 * have a gap, and may join again.
 */
function settleDispute(state: TimelineState, now: UtcMs): void {
  const [older, newer] = state.eras
  if (!older || !newer || older.streamsRevision !== newer.streamsRevision) return
  const votes = followedListings(state).filter((listing) => !isSilent(state, listing, now))
  // A stream may have a segment of the newer era that waits for its next one to tell how long it lasts.
  const targets = votes.map(({ targetDuration }) => targetDuration)
  const longest = Math.max(...newer.slots.map((slot) => slot.duration), ...targets, 0)
  const waited = now - newer.openedAt
  if (waited <= SILENT_TARGET_DURATIONS * msFromTicks(ticks(longest)) || isOver(state, older, now)) return
  const following = (era: OpenEra) => votes.filter((listing) => listing.era === era.id)
  const lead = following(newer).length - following(older).length
  const first = votes.find(({ era }) => era === older.id || era === newer.id)
  const losing = lead > 0 || (lead === 0 && first?.era === newer.id) ? older : newer
  for (const listing of following(losing)) {
    delete listing.era
    listing.leastEra = losing === older ? newer.id : older.id
  }
  if (losing === newer) state.eras.splice(1, 1)
}
