import { type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { Era, Slot, SlotObject } from '../output-segment.ts'
import { utcAt } from './eras.ts'
import { LOCK_TOLERANCE, lockOf, moved } from './lock.ts'
import { makesSlots, type OpenEra, type OpenSlot, type TimelineState } from './state.ts'

/** What the other input has for an interval of an era, moved onto the timeline of that era. */
export type Donor = (era: OpenEra, start: Ticks, utc: UtcMs) => Donation | undefined

export type Donation = { readonly duration: Ticks; readonly objects: Readonly<Record<number, SlotObject>> }

/** The other input as a donor: its open slots, and `recent` ones it has sealed, whose eras `eraOf` knows. */
export function donorOf(state: TimelineState, recent: readonly Slot[], eraOf: (id: number) => Era | undefined): Donor {
  return (era, start, utc) => {
    const edge = { era: era.id, end: start, utc, clock: utc, sealedAt: utc, duration: ticks(0) }
    const open = state.eras.flatMap((one) => one.slots.map((slot) => ({ era: one, slot: asSlot(one, slot) })))
    const sealed = recent.flatMap((slot) => {
      const own = eraOf(slot.era)
      return own ? [{ era: own, slot }] : []
    })
    for (const { era: own, slot } of [...open, ...sealed]) {
      const lock = lockOf(edge, era, slot, own)
      if (!lock || Math.abs(slot.start + lock.ticks - start) > LOCK_TOLERANCE) continue
      const objects = Object.entries(slot.objects).map(([stream, object]) => [stream, moved(object, lock.ticks)])
      return { duration: slot.duration, objects: Object.fromEntries(objects) as Record<number, SlotObject> }
    }
    return undefined
  }
}

/** Fills what streams lack in a slot that is about to be sealed. */
export function healSlot(era: OpenEra, slot: OpenSlot, donor: Donor): void {
  const lacking = era.streams.filter((stream) => {
    return makesSlots(stream) && stream.tracks.length > 0 && !slot.entries[stream.index]
  })
  if (lacking.length === 0) return
  const { objects = {} } = donor(era, slot.start, slot.startUtc) ?? {}
  for (const { index } of lacking) slot.entries[index] = objects[index] ?? null
}

/** The slot that the era lacks before the one it would seal next, if the other input has it. */
export function slotBefore(era: OpenEra, head: OpenSlot, donor: Donor, now: UtcMs): OpenSlot | undefined {
  const start = era.sealedUntil
  if (era.nextIndex === 0 || head.start - start <= LOCK_TOLERANCE) return undefined
  const startUtc = utcAt(era.anchor, start)
  const donation = donor(era, start, startUtc)
  if (!donation || start + donation.duration > head.start + LOCK_TOLERANCE) return undefined
  const entries = Object.fromEntries(
    era.streams.flatMap((stream) => {
      const object = makesSlots(stream) && stream.tracks.length > 0 ? donation.objects[stream.index] : undefined
      return object ? [[stream.index, object]] : []
    }),
  ) as OpenSlot['entries']
  if (Object.keys(entries).length === 0) return undefined
  return { start, duration: donation.duration, startUtc, openedAt: now, entries }
}

function asSlot(era: OpenEra, { start, duration, startUtc, openedAt, entries }: OpenSlot): Slot {
  const objects = Object.fromEntries(Object.entries(entries).filter(([, object]) => object)) as Record<
    number,
    SlotObject
  >
  return { era: era.id, index: 0, start, duration, startUtc, sealedAt: openedAt, objects }
}
