import { msFromTicks, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs, unwrapPts, utcMs } from '../../media/time.ts'
import type { SlotObject, SourceStream } from '../output-segment.ts'
import type { SegmentProbe, SourceObject, TrackDescription } from '../source-segment.ts'
import type { OpenEra, OpenSlot, QueuedEntry, StreamListing, TimelineState } from './state.ts'

/** Source dates further than this from the server's clock are not believed. */
const BELIEVABLE_DATE_MS = 24 * 3600 * 1000

/** A stream that is behind the others by no more has not left their era. */
const MOST_LATE = ticks(60 * TICKS_PER_SECOND)

export type PlaceableObject = SourceObject & { readonly probe: SegmentProbe }

export type Placement = {
  /** The era, if it was opened or what is known of it changed. */
  readonly touched: OpenEra | undefined
  /** False when the slot at its time was served without it, or is another's: it is archived, and not shown. */
  readonly isShown: boolean
}

/** Puts a listed object into its slot, opening era and slot as needed. */
export function placeObject(
  state: TimelineState,
  listing: StreamListing,
  streamIndex: number,
  listed: QueuedEntry,
  object: PlaceableObject,
  now: UtcMs,
): Placement {
  const duration = durationOf(listing, listed, object)
  const entry = { ...listed, duration }
  const { era, start, isNew } = eraFor(state, listing, streamIndex, entry, object, now)
  listing.era = era.id
  listing.leastEra = era.id
  listing.nextStart = ticks(start + duration)
  const described = describeStream(era, streamIndex, object, entry)
  const date = believableDate(entry, object)
  if (date !== undefined && Math.abs(date - utcAt(era, start)) > msFromTicks(duration)) {
    era.anchor = { time: start, utc: date }
  }
  const slot = slotAt(era, start, duration, now)
  const isShown = slot !== undefined && slot.entries[streamIndex] === undefined
  if (isShown) {
    if (tellsTime(slot, streamIndex)) {
      const room = (era.slots[era.slots.indexOf(slot) + 1]?.start ?? Infinity) - start
      Object.assign(slot, {
        start,
        duration: room > 0 && room < duration / 2 ? ticks(room) : duration,
        startUtc: utcAt(era, start),
      })
    }
    slot.entries[streamIndex] = slotObject(object)
  }
  return { touched: isNew || described ? era : undefined, isShown }
}

/**
 * Records that the stream has nothing usable where its next segment should be. When that segment would have begun
 * another timeline, nobody knows where that is: the stream's next segment will tell.
 */
export function placeGap(
  state: TimelineState,
  listing: StreamListing,
  streamIndex: number,
  entry: QueuedEntry,
  now: UtcMs,
): void {
  if (entry.breaks && listing.era !== undefined) {
    listing.leastEra = listing.era + 1
    delete listing.era
  }
  const era = state.eras.find(({ id }) => id === listing.era)
  if (!era) return
  const slot = slotAt(era, listing.nextStart, entry.duration, now)
  if (slot) slot.entries[streamIndex] ??= null
  listing.nextStart = ticks(listing.nextStart + entry.duration)
}

/** The first of a slot's streams tells its time, whichever came first. */
function tellsTime(slot: OpenSlot, streamIndex: number): boolean {
  return Object.entries(slot.entries).every(([index, object]) => !object || streamIndex < Number(index))
}

/** EXTINF, unless its timestamps say that the segment is more than twice as long. */
function durationOf(listing: StreamListing, { duration }: QueuedEntry, { probe }: PlaceableObject): Ticks {
  const span = Math.min(probe.lastPts - probe.firstPts, listing.targetDuration)
  return ticks(duration < span / 2 ? span : duration)
}

function eraFor(
  state: TimelineState,
  listing: StreamListing,
  streamIndex: number,
  entry: QueuedEntry,
  object: PlaceableObject,
  now: UtcMs,
): { era: OpenEra; start: Ticks; isNew: boolean } {
  const { firstPts, tracks } = object.probe
  const current = state.eras.find(({ id }) => id === listing.era)
  const known = current?.streams.find(({ index }) => index === streamIndex)?.tracks ?? []
  const mayStay = current !== undefined && !entry.breaks && (known.length === 0 || sameTracks(known, tracks))
  if (mayStay && current.streamsRevision === state.streamsRevision) {
    const start = unwrapPts(firstPts, listing.nextStart)
    if (Math.abs(start - listing.nextStart) <= entry.duration) return { era: current, start, isNew: false }
  }
  // A stream may have skipped ahead with the others, or follow them into an era one of them began.
  for (const era of state.eras) {
    if (era.id < listing.leastEra || era.streamsRevision !== state.streamsRevision) continue
    const start = unwrapPts(firstPts, era.slots[0]?.start ?? era.sealedUntil)
    if (era.id === listing.era && !(mayStay && start > listing.nextStart)) continue
    if (fits(era, start, entry.duration)) return { era, start, isNew: false }
  }
  const start = ticks(firstPts)
  const utc = believableDate(entry, object) ?? utcMs(object.receivedAt - msFromTicks(entry.duration))
  const era: OpenEra = {
    id: state.nextEra++,
    streamsRevision: state.streamsRevision,
    streams: (state.streams ?? []).map((stream) => ({ ...stream, tracks: [] })),
    anchor: { time: start, utc },
    openedAt: now,
    nextIndex: 0,
    firstStart: start,
    sealedUntil: start,
    slots: [],
  }
  state.eras.push(era)
  return { era, start, isNew: true }
}

/**
 * The open slot that begins near `start`, or a new one. Undefined where slots are sealed already, and where a stream
 * that is cut otherwise than the others has most of the interval: slots of an era do not overlap.
 */
function slotAt(era: OpenEra, start: Ticks, duration: Ticks, now: UtcMs): OpenSlot | undefined {
  const found = era.slots.find((slot) => Math.abs(slot.start - start) <= Math.min(slot.duration, duration) / 2)
  if (found) return found
  const isSealed = era.nextIndex > 0 && start < era.sealedUntil - duration / 2
  if (isSealed || era.slots.some((slot) => overlap(slot, start, duration) > duration / 2)) return undefined
  const slot: OpenSlot = { start, duration, startUtc: utcAt(era, start), openedAt: now, entries: {} }
  const after = era.slots.findIndex((other) => other.start > start)
  era.slots.splice(after < 0 ? era.slots.length : after, 0, slot)
  return slot
}

function overlap(slot: OpenSlot, start: Ticks, duration: Ticks): number {
  return Math.min(slot.start + slot.duration, start + duration) - Math.max(slot.start, start)
}

/** True when `start` lies in the era's newest stretch, be it too late for the slots there, or continues where it ends. */
function fits(era: OpenEra, start: Ticks, duration: Ticks): boolean {
  const last = era.slots.at(-1)
  const end = last ? last.start + last.duration : era.sealedUntil
  return start <= end + duration && start >= Math.max(era.firstStart, era.sealedUntil - MOST_LATE) - duration
}

function utcAt(era: OpenEra, time: Ticks): UtcMs {
  return utcMs(era.anchor.utc + msFromTicks(ticks(time - era.anchor.time)))
}

function believableDate(entry: QueuedEntry, object: SourceObject): UtcMs | undefined {
  const date = entry.programDateTime
  return date !== undefined && Math.abs(date - object.receivedAt) <= BELIEVABLE_DATE_MS ? date : undefined
}

/**
 * Notes what a stream is made of as soon as a segment tells, and the bandwidth nobody declared. True when the era's
 * description changed.
 */
function describeStream(era: OpenEra, streamIndex: number, object: PlaceableObject, entry: QueuedEntry): boolean {
  const at = era.streams.findIndex(({ index }) => index === streamIndex)
  const stream = era.streams[at]
  if (!stream || (stream.tracks.length > 0 && !tellsMore(object.probe.tracks, stream.tracks))) return false
  const role: SourceStream['role'] =
    stream.role.kind === 'variant' && stream.role.bandwidth === 0
      ? { ...stream.role, bandwidth: Math.ceil((object.size * 8 * TICKS_PER_SECOND) / Math.max(entry.duration, 1)) }
      : stream.role
  era.streams[at] = { ...stream, role, tracks: object.probe.tracks }
  return true
}

/** A track whose parameters a segment does not carry agrees with whatever is known of it. */
function sameTracks(a: readonly TrackDescription[], b: readonly TrackDescription[]): boolean {
  return (
    a.length === b.length &&
    a.every((track, i) => {
      const other = b[i]
      if (track.pid !== other?.pid) return false
      return track.kind === 'other' || other.kind === 'other' || JSON.stringify(track) === JSON.stringify(other)
    })
  )
}

function tellsMore(found: readonly TrackDescription[], known: readonly TrackDescription[]): boolean {
  return found.some((track, i) => track.kind !== 'other' && known[i]?.kind === 'other')
}

function slotObject({ key, size, crc32, sha256 }: SourceObject): SlotObject {
  return { key, size, crc32, sha256 }
}
