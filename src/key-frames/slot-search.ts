import { msFromTicks, type UtcMs } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { Slot } from '../model/output-segment.ts'
import { HIGHEST_SLOT, type SegmentReader } from '../stores/segment-reader.ts'

export type SlotReads = Pick<SegmentReader, 'slots' | 'lastSlots'>

/** A slot, and whether it is certain that no later one begins by the moment for which it was looked for. */
export type FoundSlot = { readonly slot: Slot; readonly isSettled: boolean }

/**
 * The newest slot of an input that begins by a moment of the source's clock, or the newest of all without one;
 * undefined when there is none. Slots follow one another by eras and indexes, some of which are no longer kept, and
 * their dates do not go back: so it takes a few reads of single slots, however many there are.
 */
export async function slotBegunBy(index: SlotReads, input: InputRef, moment?: UtcMs): Promise<FoundSlot | undefined> {
  const [newest] = await index.lastSlots(input, 1)
  if (!newest || moment === undefined || newest.startUtc <= moment) return newest && { slot: newest, isSettled: false }
  const [oldest] = await index.slots(input, undefined, 1)
  if (!oldest || oldest.startUtc > moment) return undefined
  return {
    slot: await lastInEra(index, input, moment, await lastEra(index, input, moment, [oldest, newest])),
    isSettled: true,
  }
}

/** The first kept slot of the last era that begins by a moment. */
async function lastEra(
  index: SlotReads,
  input: InputRef,
  moment: UtcMs,
  [oldest, newest]: readonly [Slot, Slot],
): Promise<Slot> {
  let begun = oldest
  /** Eras above it begin later. */
  let highest = newest.era
  while (begun.era < highest) {
    const middle = Math.floor((begun.era + highest) / 2)
    const [next] = await index.slots(input, { era: middle, index: HIGHEST_SLOT }, 1)
    if (next && next.startUtc <= moment) begun = next
    else highest = middle
  }
  return begun
}

/** The last slot of an era that begins by a moment; `begun` is one that does. */
async function lastInEra(index: SlotReads, input: InputRef, moment: UtcMs, begun: Slot): Promise<Slot> {
  let last = begun
  /** Slots from this index on begin later. */
  let later = HIGHEST_SLOT + 1
  let isGuessed = true
  while (later - last.index > 1) {
    // Most slots are as long as the one before.
    const steps = Math.max(1, Math.floor((moment - last.startUtc) / Math.max(1, msFromTicks(last.duration))))
    const guess = isGuessed ? Math.min(last.index + steps, later - 1) : Math.floor((last.index + later) / 2)
    const [found] = await index.slots(input, { era: last.era, index: guess - 1 }, 1)
    isGuessed = found?.era === last.era && found.startUtc <= moment
    if (found && isGuessed) last = found
    else later = guess
  }
  return last
}
