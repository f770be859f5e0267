import { TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import { makesSlots, utcAt } from '../eras/era.ts'
import { LOCK_TOLERANCE } from '../eras/lock.ts'
import { inOrder, type SlotObject } from '../output-segment.ts'
import { moveListed } from './ad-tags.ts'
import { isSealed } from './eras.ts'
import { EXTINF_ROUNDING } from './segment-length.ts'
import type { OpenEra, OpenSlot } from './state.ts'

/** Segments of one stream that begin in one slot: half a minute of sound in halves of a second. */
const MOST_IN_A_SLOT = 60

/** Two frames of AAC at 48 kHz: streams that differ by no more are cut alike. */
const CUT_TOLERANCE: Ticks = ticks(TICKS_PER_SECOND / 20)

export type Interval = { readonly start: Ticks; readonly duration: Ticks }

/**
 * The open slot in which a segment of a stream begins, or a new one. Undefined where slots are sealed already: slots of
 * an era do not overlap.
 */
export function slotFor(
  era: OpenEra,
  { start, duration }: Interval,
  streamIndex: number,
  now: UtcMs,
): OpenSlot | undefined {
  const end = start + duration
  // What belongs to the slot after another one begins there, as far as that is concerned.
  const before = era.slots.findLast((slot) => slot.start <= start)
  const from = ticks(
    Math.max(start, before ? before.start + before.duration : era.sealedFrom ? era.sealedUntil : start),
  )
  const found = era.slots.find((slot) => {
    return beginsIn(slot, { start, duration }) || Math.abs(slot.start - from) <= LOCK_TOLERANCE
  })
  if (found) return found
  // Streams that are cut otherwise were not waited for until they reached the very end of the last slot.
  const isInTime = start >= ((era.sealedFrom ?? era.sealedUntil) + era.sealedUntil) / 2
  if (!isInTime && isSealed(era, start, duration)) return undefined
  const length = ticks(Math.max(end - from, 1))
  const slot: OpenSlot = {
    start: from,
    duration: length,
    startUtc: utcAt(era.anchor, from),
    openedAt: now,
    entries: {},
  }
  const after = era.slots.findIndex((other) => other.start > from)
  era.slots.splice(after < 0 ? era.slots.length : after, 0, slot)
  keepApart(era, slot, streamIndex)
  return slot
}

/** Adds what begins in the slot to what the stream has there; false when that is too much already. */
export function addObject(slot: OpenSlot, streamIndex: number, object: SlotObject): boolean {
  const first = slot.entries[streamIndex]
  if (!first) {
    // What is missing before it goes by its time, so that the stream's times add up.
    const start = first === null ? slot.start : startOf(slot, object)
    slot.entries[streamIndex] = { ...object, start, duration: ticks(endIn(slot, object) - start) }
    return true
  }
  if (inOrder(first).length >= MOST_IN_A_SLOT) return false
  slot.entries[streamIndex] = append(slot, first, object)
  return true
}

/** The stream has nothing usable for so long, where its next segment would begin. */
export function addGap(slot: OpenSlot, streamIndex: number, duration: Ticks): void {
  const first = slot.entries[streamIndex]
  slot.entries[streamIndex] = first
    ? { ...first, duration: ticks(endIn(slot, first) + duration - startOf(slot, first)) }
    : null
}

/** True when the stream is the first of those that have media in the slot. Subtitles tell no time. */
export function tellsTime(era: OpenEra, { entries }: OpenSlot, streamIndex: number): boolean {
  return era.streams.every((stream) => !makesSlots(stream) || !entries[stream.index] || streamIndex <= stream.index)
}

/** Makes the interval of what the stream has in the slot the slot's own. */
export function takeInterval(era: OpenEra, slot: OpenSlot, streamIndex: number): void {
  const own = slot.entries[streamIndex]
  if (!own) return
  const [start, end] = [startOf(slot, own), endIn(slot, own)]
  const isLate = era.sealedFrom !== undefined && era.sealedUntil - start > LOCK_TOLERANCE
  const from = isLate ? era.sealedUntil : start
  const duration = ticks(Math.max(end - from, 1))
  Object.assign(slot, { start: from, duration, startUtc: utcAt(era.anchor, from) })
  keepApart(era, slot, streamIndex)
}

/** Whether what the stream had last in sealed slots lasts throughout this one, in which nothing of it begins. */
export function isContinued(era: OpenEra, slot: OpenSlot, streamIndex: number): boolean {
  const reach = era.reach?.[streamIndex] ?? -Infinity
  return slot.entries[streamIndex] === undefined && reach + CUT_TOLERANCE > slot.start + slot.duration / 2
}

/** Notes, of a slot that is sealed, which streams go on beyond its end. */
export function noteReach(era: OpenEra, slot: OpenSlot): void {
  const reach: Record<number, Ticks> = {}
  for (const { index } of era.streams.filter(makesSlots)) {
    const entry = slot.entries[index]
    const end = entry ? endIn(slot, entry) : era.reach?.[index]
    if (end !== undefined && end > slot.start + slot.duration + CUT_TOLERANCE) reach[index] = end
  }
  if (Object.keys(reach).length > 0) era.reach = reach
  else delete era.reach
}

/** What a stream has in a slot that is sealed: it says when it begins and ends where that is not when the slot does. */
export function asCut(slot: OpenSlot, entry: SlotObject): SlotObject {
  if (entry.start === undefined) return entry
  const { start: _, duration: __, ...object } = entry
  const [start, end] = [startOf(slot, entry), endIn(slot, entry)]
  const tolerance = entry.times?.some((track) => track?.pictures !== undefined) ? EXTINF_ROUNDING : CUT_TOLERANCE
  const isAlike = Math.abs(start - slot.start) <= tolerance && Math.abs(end - slot.start - slot.duration) <= tolerance
  return isAlike ? object : { ...object, start, duration: ticks(end - start) }
}

/**
 * True when a segment begins in the slot. One that begins a little before the slot, or before its end, is given to the
 * nearer of the two slots.
 */
function beginsIn(slot: Interval, { start, duration }: Interval): boolean {
  const tolerance = Math.min(slot.duration, duration) / 2
  return start >= slot.start - tolerance && start < slot.start + slot.duration - tolerance
}

/**
 * Makes room for a slot between its neighbours. The stream of least index that has media in a slot says where that
 * begins and ends; what streams after it have in later slots that begin in this one belongs to it.
 */
function keepApart(era: OpenEra, slot: OpenSlot, streamIndex: number): void {
  const isOfSlot = (other: OpenSlot) => !leads(other, streamIndex) && beginsIn(slot, other)
  let at = era.slots.indexOf(slot)
  for (let other = era.slots[at - 1]; other && isOfSlot(other); other = era.slots[--at - 1]) {
    era.slots.splice(at - 1, 1)
    absorb(slot, other, 'before')
  }
  const before = era.slots[at - 1]
  if (before && overlapOf(before, slot) > LOCK_TOLERANCE) {
    if (leads(before, streamIndex - 1)) moveStart(era, slot, ticks(before.start + before.duration))
    else before.duration = ticks(slot.start - before.start)
  }
  for (let next = era.slots[at + 1]; next; next = era.slots[at + 1]) {
    if (next.start < slot.start + slot.duration && isOfSlot(next)) {
      era.slots.splice(at + 1, 1)
      absorb(slot, next, 'after')
      continue
    }
    takeEntries(slot, next, streamIndex)
    if (Object.keys(next.entries).length === 0) {
      era.slots.splice(at + 1, 1)
      continue
    }
    if (overlapOf(slot, next) > LOCK_TOLERANCE) {
      if (leads(next, streamIndex)) slot.duration = ticks(next.start - slot.start)
      else moveStart(era, next, ticks(slot.start + slot.duration))
    }
    break
  }
}

/** True when a stream up to this index has media in the slot. */
function leads({ entries }: OpenSlot, streamIndex: number): boolean {
  return Object.entries(entries).some(([index, entry]) => entry && Number(index) <= streamIndex)
}

function overlapOf(before: Interval, after: Interval): number {
  return before.start + before.duration - after.start
}

function moveStart(era: OpenEra, slot: OpenSlot, start: Ticks): void {
  const duration = ticks(Math.max(slot.start + slot.duration - start, 1))
  Object.assign(slot, { start, duration, startUtc: utcAt(era.anchor, start) })
}

function absorb(slot: OpenSlot, other: OpenSlot, place: 'before' | 'after'): void {
  for (const [index, entry] of Object.entries(other.entries)) {
    const own = slot.entries[Number(index)]
    const [first, later] = place === 'before' ? [entry, own] : [own, entry]
    slot.entries[Number(index)] = first && later ? append(slot, first, later) : (first ?? later ?? null)
  }
  if (other.breaks) slot.breaks = [...(slot.breaks ?? []), ...other.breaks]
  moveListed(other, slot, place)
  delete slot.settledAt
}

/** Moves to a slot what streams after `streamIndex` have in the next slot although it begins in this one. */
function takeEntries(slot: OpenSlot, next: OpenSlot, streamIndex: number): void {
  for (const [index, entry] of Object.entries(next.entries).map(([key, value]) => [Number(key), value] as const)) {
    if (index <= streamIndex || !entry) continue
    const start = startOf(next, entry)
    // What begins long before this slot, and not in the one before, is in this one.
    const from = ticks(Math.max(start, slot.start))
    if (!beginsIn(slot, { start: from, duration: ticks(endIn(next, entry) - start) })) continue
    const own = slot.entries[index]
    slot.entries[index] = own ? append(slot, own, entry) : entry
    delete next.entries[index]
    moveListed(next, slot, 'after', index)
    if (next.breaks?.includes(index)) {
      next.breaks = next.breaks.filter((each) => each !== index)
      slot.breaks = [...(slot.breaks ?? []), index]
    }
    delete slot.settledAt
  }
}

/** Both of them in their order, as long as they last together. */
function append(slot: OpenSlot, first: SlotObject, later: SlotObject): SlotObject {
  const end = Math.max(endIn(slot, first), endIn(slot, later))
  const more = [...inOrder(first).slice(1), ...inOrder(later)].map(
    ({ more: _, start: __, duration: ___, ...one }) => one,
  )
  return { ...first, start: startOf(slot, first), duration: ticks(end - startOf(slot, first)), more }
}

function startOf(slot: Interval, { start = slot.start }: SlotObject): Ticks {
  return start
}

function endIn(slot: Interval, object: SlotObject): Ticks {
  return ticks(startOf(slot, object) + (object.duration ?? slot.duration))
}
