import { type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import { makesSlots, utcAt } from '../eras/era.ts'
import { LOCK_TOLERANCE, lockOf, shiftObject } from '../eras/lock.ts'
import type { Era, Slot, SlotObject } from '../output-segment.ts'
import type { Donation, Donor } from './donor.ts'
import { isContinued } from './slots.ts'
import type { OpenEra, OpenSlot, TimelineState } from './state.ts'

/** The donor made of an input's open slots and of its `recent` sealed ones, whose eras `eraOf` knows. */
export function donorOf(state: TimelineState, recent: readonly Slot[], eraOf: (id: number) => Era | undefined): Donor {
  return (era, start, utc) => {
    const open = state.eras.flatMap((one) => one.slots.map((slot) => ({ era: one, slot: asSlot(one, slot) })))
    const sealed = recent.flatMap((slot) => {
      const own = eraOf(slot.era)
      return own ? [{ era: own, slot }] : []
    })
    return donationOf([...open, ...sealed], era, start, utc)
  }
}

/**
 * The donation of slots of another input, each with its era, to an era that lacks media from a moment on: of several
 * slots within the tolerance, which short slots make possible, the nearest.
 */
export function donationOf(
  slots: readonly { readonly era: Era; readonly slot: Slot }[],
  era: Era,
  start: Ticks,
  utc: UtcMs,
): Donation | undefined {
  const outputEnd = { era: era.id, end: start, utc, clock: utc, sealedAt: utc, duration: ticks(0) }
  const found = slots.flatMap(({ era: own, slot }) => {
    const by = lockOf(outputEnd, era, slot, own)?.ticks
    if (by === undefined) return []
    const distance = Math.abs(slot.start + by - start)
    const end = ticks(slot.start + by + slot.duration)
    return distance <= LOCK_TOLERANCE && end > start ? [{ slot, by, distance, end }] : []
  })
  const [nearest] = found.sort((a, b) => a.distance - b.distance)
  if (!nearest) return undefined
  const { slot, by, end } = nearest
  const objects = Object.entries(slot.objects).map(([stream, object]) => [stream, shiftObject(object, by)])
  return { end, objects: Object.fromEntries(objects) as Record<number, SlotObject> }
}

/** Fills the entries that streams lack in a slot about to be sealed with media of the donor. */
export function fillGaps(era: OpenEra, slot: OpenSlot, donor: Donor): void {
  const lacking = era.streams.filter((stream) => {
    const isThere = slot.entries[stream.index] || isContinued(era, slot, stream.index)
    return makesSlots(stream) && stream.tracks.length > 0 && !isThere
  })
  if (lacking.length === 0) return
  const { objects = {} } = donor(era, slot.start, slot.startUtc) ?? {}
  for (const { index } of lacking) slot.entries[index] = objects[index] ?? null
}

/**
 * The slot that an era lacks before `head`, the one it would seal next, made of media of the donor. Undefined when
 * nothing is missing there, or the donor has nothing.
 */
export function slotBefore(era: OpenEra, head: OpenSlot, donor: Donor, now: UtcMs): OpenSlot | undefined {
  const start = era.sealedUntil
  if (era.nextIndex === 0 || head.start - start <= LOCK_TOLERANCE) return undefined
  const startUtc = utcAt(era.anchor, start)
  const donation = donor(era, start, startUtc)
  if (!donation || donation.end > head.start + LOCK_TOLERANCE) return undefined
  const entries = Object.fromEntries(
    era.streams.flatMap((stream) => {
      const object = makesSlots(stream) && stream.tracks.length > 0 ? donation.objects[stream.index] : undefined
      return object ? [[stream.index, object]] : []
    }),
  ) as OpenSlot['entries']
  if (Object.keys(entries).length === 0) return undefined
  return { start, duration: ticks(donation.end - start), startUtc, openedAt: now, entries }
}

function asSlot(era: OpenEra, { start, duration, startUtc, openedAt, entries }: OpenSlot): Slot {
  const objects = Object.fromEntries(Object.entries(entries).filter(([, object]) => object)) as Record<
    number,
    SlotObject
  >
  return { era: era.id, index: 0, start, duration, startUtc, sealedAt: openedAt, objects }
}
