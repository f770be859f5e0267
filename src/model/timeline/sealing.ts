import { msFromTicks, ticks, type UtcMs } from '../../media/time.ts'
import type { Slot, SlotObject } from '../output-segment.ts'
import {
  followedListings,
  isSilent,
  type OpenEra,
  type OpenSlot,
  SILENT_TARGET_DURATIONS,
  type TimelineState,
  takesPart,
} from './state.ts'

/** Seals every slot no stream can add to any more, oldest first, and drops eras that are over. */
export function sealSlots(state: TimelineState, now: UtcMs): { slots: Slot[]; closedEras: OpenEra[] } {
  const slots: Slot[] = []
  const closedEras: OpenEra[] = []
  for (;;) {
    const era = state.eras[0]
    if (!era) break
    const head = era.slots[0]
    if (head) {
      if (!isSettled(state, era, head, now)) break
      era.slots.shift()
      const sealed = seal(era, head, now)
      if (sealed) slots.push(sealed)
    } else if (state.eras.length > 1 && isOver(state, era, now)) {
      state.eras.shift()
      closedEras.push(era)
    } else break
  }
  if (state.eras.length > 1) settleDispute(state, now)
  return { slots, closedEras }
}

/** An interval nobody has media for takes an index and leaves no slot: the next one shows a discontinuity. */
function seal(era: OpenEra, open: OpenSlot, now: UtcMs): Slot | undefined {
  const index = era.nextIndex++
  era.sealedUntil = ticks(open.start + open.duration)
  const objects: Record<number, SlotObject> = {}
  let any = false
  for (const [stream, object] of Object.entries(open.entries)) {
    if (object) {
      objects[Number(stream)] = object
      any = true
    }
  }
  if (!any) return undefined
  return {
    era: era.id,
    index,
    start: open.start,
    duration: open.duration,
    startUtc: open.startUtc,
    sealedAt: now,
    objects,
  }
}

/** True when every stream has its entry in the slot, is past it, or is not to be waited for. */
function isSettled(state: TimelineState, era: OpenEra, slot: OpenSlot, now: UtcMs): boolean {
  for (const stream of era.streams) {
    if (!takesPart(stream) || slot.entries[stream.index] !== undefined) continue
    const listing = state.listings[stream.playlist]
    const patience = SILENT_TARGET_DURATIONS * msFromTicks(listing?.targetDuration ?? slot.duration)
    const isYoung = now - era.openedAt <= patience
    if (!listing || listing.era === undefined) {
      // It has not shown in this era: waited for while the era is young, and not for ever.
      if (isYoung) return false
      continue
    }
    const isPast =
      listing.era > era.id || (listing.era === era.id && listing.nextStart > slot.start + slot.duration / 2)
    if (isPast || isSilent(state, listing, now)) continue
    // It ended in an older era: when the others begin a new one, so may it.
    const hasEnded = listing.ended && listing.queue.length === 0
    if (!hasEnded || (listing.era < era.id && isYoung)) return false
  }
  return true
}

/** True when no live stream is still in the era. */
function isOver(state: TimelineState, era: OpenEra, now: UtcMs): boolean {
  if (era.streamsRevision !== state.streamsRevision) return true
  return era.streams.every((stream) => {
    const listing = takesPart(stream) ? state.listings[stream.playlist] : undefined
    if (listing?.era === undefined || listing.era > era.id) return true
    return isSilent(state, listing, now) || (listing.ended && listing.queue.length === 0)
  })
}

/**
 * Streams that stay in different eras for longer than anyone waits do not agree about time. The era most of them follow
 * is the input's, or the first stream's when there are as many on either side; what the others sent is a gap in it, and
 * they may join it again.
 */
function settleDispute(state: TimelineState, now: UtcMs): void {
  const [older, newer] = state.eras
  if (!older || !newer || older.streamsRevision !== newer.streamsRevision) return
  const longest = Math.max(...newer.slots.map((slot) => slot.duration), 0)
  const waited = now - newer.openedAt
  if (waited <= SILENT_TARGET_DURATIONS * msFromTicks(ticks(longest)) || isOver(state, older, now)) return
  const voices = followedListings(state).filter((listing) => !isSilent(state, listing, now))
  const following = (era: OpenEra) => voices.filter((listing) => listing.era === era.id)
  const lead = following(newer).length - following(older).length
  const first = voices.find(({ era }) => era === older.id || era === newer.id)
  const loser = lead > 0 || (lead === 0 && first?.era === newer.id) ? older : newer
  for (const listing of following(loser)) {
    delete listing.era
    listing.leastEra = Math.max(listing.leastEra, loser === older ? newer.id : older.id)
  }
  if (loser === newer) state.eras.splice(1, 1)
}
