import { msFromTicks, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { ImageProbe, TextProbe } from '../../media/track.ts'
import { describeStream } from '../eras/description.ts'
import type { SlotObject } from '../output-segment.ts'
import type { SourceObject } from '../source-segment.ts'
import type { StreamRole } from '../stream-role.ts'
import { believableDate } from './dates.ts'
import { endOf, eraAt } from './eras.ts'
import type { Placement } from './placement.ts'
import type { Placing } from './placing.ts'
import { leadStream, type OpenEra, type OpenSlot, type Place, type TimelineState } from './state.ts'

/**
 * The most by which a text or an image may lie ahead of the newest slot, and the longest that it waits for its own
 * slot.
 */
const MOST_AHEAD = ticks(60 * TICKS_PER_SECOND)
export const MOST_AHEAD_MS = msFromTicks(MOST_AHEAD)

/** The most by which the media sequences of two listings differ that run in step. */
const MOST_OUT_OF_STEP = 3

/**
 * The number of target durations by which a stream may be behind before the place its listing leads to is ignored, and
 * an image before it is not shown.
 */
const MOST_LATE_TARGET_DURATIONS = 3

/** The most texts or images in one slot. */
const MOST_IN_A_SLOT = 16

/** A WebVTT segment, or an image. */
export type ObjectBeside = SourceObject & { readonly probe: TextProbe | ImageProbe }

type Position = { readonly era: number; readonly start: Ticks }

/**
 * Puts a WebVTT segment into the slot in which it begins, or the first open one it still reaches; an image whose slot
 * is sealed goes into the first open one, because nothing waits for images. It opens no slot and moves none. `waits`
 * when its slot has not been opened yet.
 */
export function placeBeside(placing: Placing, object: ObjectBeside, kind: StreamRole['kind']): Placement | 'waits' {
  const { state, listing, streamIndex, entry, now } = placing
  const hasTimedOut = now - entry.listedAt >= MOST_AHEAD_MS
  const position = positionOf(placing, believableDate(placing, object))
  const own = position && slotOf(state, position, entry.duration)
  const found = position && own === 'too late' && kind === 'images' ? firstOpenSlot(placing, position) : own
  if (!position || !found || found === 'later') {
    if (!hasTimedOut) return 'waits'
    delete listing.era
    return { touched: undefined, isShown: false }
  }
  const end = ticks(position.start + entry.duration)
  if (found === 'too late') return missed(placing, position)
  const { era, slot } = found
  listing.era = era.id
  listing.leastEra = era.id
  const isAligned = Math.abs(position.start - slot.start) <= tolerance(slot, entry.duration)
  listing.nextStart = isAligned ? ticks(slot.start + entry.duration) : end
  delete listing.isLate
  const described = describeStream(era, streamIndex, object, { duration: entry.duration })
  const { key, size, crc32, tag, sha256 } = object
  const duration = ticks(listing.nextStart - slot.start)
  const isCutAlike = Math.abs(duration - slot.duration) <= tolerance(slot, duration)
  const isLate = own === 'too late'
  const isShown = addBeside(slot, streamIndex, {
    key,
    size,
    crc32,
    ...(tag !== undefined && { tag }),
    sha256,
    ...(isLate && { start: position.start }),
    ...((isLate || !isCutAlike) && { duration: isLate ? entry.duration : duration }),
  })
  return { touched: described ? era : undefined, isShown }
}

/** Records that a stream has nothing where its next segment should be, so that the slot does not wait for it. */
export function placeGapBeside(placing: Placing): void {
  const { state, listing, streamIndex, entry } = placing
  const position = positionOf(placing, entry.programDateTime)
  const found = position && slotOf(state, position, entry.duration)
  if (typeof found === 'object') {
    found.slot.entries[streamIndex] ??= null
    listing.era = found.era.id
    listing.leastEra = found.era.id
  }
  if (position?.era === listing.era) listing.nextStart = ticks((position?.start ?? 0) + entry.duration)
}

/** The first open slot of the era, for an image that is late by no more than a few target durations. */
function firstOpenSlot({ state, listing, entry }: Placing, { era: id, start }: Position): ReturnType<typeof slotOf> {
  const era = state.eras.find((open) => open.id === id)
  const late = era ? era.sealedUntil - (start + entry.duration) : Number.POSITIVE_INFINITY
  if (!era || late > MOST_LATE_TARGET_DURATIONS * listing.targetDuration) return 'too late'
  const [slot] = era.slots
  if (slot) return { era, slot }
  return era === state.eras.at(-1) ? 'later' : 'too late'
}

/**
 * Handles what is too late for its slot: it is archived, and not shown. A stream that missed only the newest slot may
 * be waited for again.
 */
function missed({ state, listing, entry }: Placing, { era: id, start }: Position): Placement {
  const end = ticks(start + entry.duration)
  const era = state.eras.find((open) => open.id === id)
  if (era) {
    listing.era = id
    listing.leastEra = id
    listing.nextStart = end
    if (end + (end - start) / 4 >= era.sealedUntil) delete listing.isLate
  }
  return { touched: undefined, isShown: false }
}

function addBeside(slot: OpenSlot, streamIndex: number, object: SlotObject): boolean {
  const first = slot.entries[streamIndex]
  const more = first?.more ?? []
  if (more.length + 1 >= MOST_IN_A_SLOT) return false
  slot.entries[streamIndex] = first ? { ...first, more: [...more, object] } : object
  return true
}

/**
 * The place where a text or an image begins, found from its date, its media sequence or its own listing. Undefined
 * while it is unknown.
 */
function positionOf(placing: Placing, date: UtcMs | undefined): Position | undefined {
  const { state, listing, entry, now } = placing
  const first = leadStream(state)
  const lead = first && state.listings[first.playlist]
  const dated = date === undefined ? undefined : positionByDate(state, lead?.places ?? [], date)
  if (dated) return dated
  const mayWait = now - entry.listedAt < msFromTicks(listing.targetDuration)
  const isElsewhere = ({ era }: Place) => !entry.breaks || listing.era === undefined || era > listing.era || !mayWait
  if (lead && Math.abs(lead.lastSequence - listing.lastSequence) <= MOST_OUT_OF_STEP) {
    const newest = lead.places?.at(-1)
    const place = lead.places?.find(({ sequence }) => sequence === entry.sequence)
    if (place && isElsewhere(place) && isAlike(place, entry)) return place
    if (newest && newest.sequence < entry.sequence && isAlike(newest, entry)) return undefined
  }
  return positionByListing(placing, mayWait)
}

function positionByDate(state: TimelineState, places: readonly Place[], date: UtcMs): Position | undefined {
  const dated = places.filter((place) => place.date !== undefined)
  const isBefore = (place: Place) => (place.date ?? 0) <= date + msFromTicks(place.duration) / 2
  const place = dated.findLast(isBefore) ?? dated[0]
  const era = state.eras.findLast(({ anchor }) => anchor.isDated)
  const known = place
    ? { era: place.era, time: place.start, utc: place.date ?? date }
    : era && { era: era.id, ...era.anchor }
  if (!known) return undefined
  const start = ticks(known.time + (date - known.utc) * TICKS_PER_MS)
  if (place && start - place.start > MOST_AHEAD) return undefined
  if (!place && era && (start > endOf(era) + MOST_AHEAD || start < era.firstStart - MOST_AHEAD)) return undefined
  return { era: known.era, start }
}

/**
 * The place that the listing of a stream leads to. For the first segment: the last listed one ends with the newest
 * slot, or with the next one, if that is nearer by the server's clock. After EXT-X-DISCONTINUITY the place is in
 * another era, if one comes in time.
 */
function positionByListing({ state, listing, entry }: Placing, mayWait: boolean): Position | undefined {
  const era = state.eras.find(({ id }) => id === listing.era)
  if (era && !entry.breaks) {
    const start = listing.nextStart
    const isLost =
      start > endOf(era) + MOST_AHEAD || start + MOST_LATE_TARGET_DURATIONS * listing.targetDuration < era.sealedUntil
    if (!isLost) return { era: era.id, start }
  }
  const newest = state.eras.at(-1)
  if (!newest || (entry.breaks && mayWait && newest.id === listing.era)) return undefined
  const isOverdue = entry.listedAt - (newest.sealedAt ?? 0) > msFromTicks(entry.duration) / 2
  if (newest.slots.length === 0 && isOverdue) return undefined
  const listed = listing.queue.reduce((sum, { duration }) => sum + duration, 0)
  return { era: newest.id, start: ticks(endOf(newest) - listed) }
}

function isAlike(a: { readonly duration: Ticks }, b: { readonly duration: Ticks }): boolean {
  return Math.abs(a.duration - b.duration) <= Math.max(a.duration, b.duration) / 4
}

/** The open slot in which a text or an image is shown first. */
function slotOf(
  state: TimelineState,
  { era: id, start }: Position,
  duration: Ticks,
): { readonly era: OpenEra; readonly slot: OpenSlot } | 'later' | 'too late' {
  const opened = state.eras.find((open) => open.id === id)
  if (!opened) return id < (state.eras[0]?.id ?? 0) ? 'too late' : 'later'
  const era = eraAt(state, opened, start, duration)
  const slot = era.slots.find((open) => open.start + open.duration - tolerance(open, duration) > start)
  const end = start + duration
  if (slot) return slot.start < end - tolerance(slot, duration) ? { era, slot } : 'too late'
  const isPast = era.nextIndex > 0 && end <= era.sealedUntil + duration / 4
  return isPast || era !== state.eras.at(-1) ? 'too late' : 'later'
}

/**
 * The most by which a segment and a slot may be apart and still begin together, in ticks: encoders cut text at round
 * times, and video at pictures.
 */
function tolerance(slot: OpenSlot, duration: Ticks): number {
  return Math.min(slot.duration, duration) / 4
}
