import { msFromTicks, ticks, type UtcMs } from '../../media/time.ts'
import type { Slot, SlotObject } from '../output-segment.ts'
import {
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
  if (state.eras.length > 1) dropDisputedEra(state, now)
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
    if (!listing || listing.era === undefined) {
      // A stream that lists only what nobody can use is no reason to wait.
      if (listing && listing.recent.length > 0 && listing.queue.length === 0) continue
      const patience = (SILENT_TARGET_DURATIONS * (listing?.targetDuration ?? slot.duration)) / 90
      if (now - slot.openedAt <= patience) return false
      continue
    }
    const isPast =
      listing.era > era.id || (listing.era === era.id && listing.nextStart > slot.start + slot.duration / 2)
    if (isPast || isSilent(listing, now) || (listing.ended && listing.queue.length === 0)) continue
    return false
  }
  return true
}

/** True when no live stream is still in the era. */
function isOver(state: TimelineState, era: OpenEra, now: UtcMs): boolean {
  if (era.streamsRevision !== state.streamsRevision) return true
  return era.streams.every((stream) => {
    const listing = takesPart(stream) ? state.listings[stream.playlist] : undefined
    if (listing?.era === undefined || listing.era > era.id) return true
    return isSilent(listing, now) || (listing.ended && listing.queue.length === 0)
  })
}

/**
 * A stream that broke away from a timeline the others keep following is wrong, not ahead: what it sent is a gap in
 * their timeline, and it may join again.
 */
function dropDisputedEra(state: TimelineState, now: UtcMs): void {
  const [current, disputed] = state.eras
  if (!current || !disputed || current.streamsRevision !== disputed.streamsRevision) return
  const longest = Math.max(...disputed.slots.map((slot) => slot.duration), 0)
  const waited = now - disputed.openedAt
  if (waited <= SILENT_TARGET_DURATIONS * msFromTicks(ticks(longest)) || isOver(state, current, now)) return
  state.eras.splice(1, 1)
  for (const listing of Object.values(state.listings)) {
    if (listing.era === disputed.id) delete listing.era
  }
}
