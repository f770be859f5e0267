import { type Ticks, ticks, type UtcRange, utcMs } from '../media/time.ts'
import { LOCK_TOLERANCE } from '../model/eras/lock.ts'
import { donationOf } from '../model/input-timeline/gap-filling.ts'
import { type Era, inOrder, objectsOf, type Slot, type SlotObject } from '../model/output-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'

/** How far apart, in milliseconds, two inputs may seal slots of the same moment. */
const APART_MS = 60_000
/** The most slots looked through: two inputs with slots of a second. */
const MOST_SLOTS = 256

export type Replaced = {
  readonly era: Era
  /** The slot as an output segment of the era shows it. */
  readonly slot: Slot
  readonly stream: number
  /** The key of the object to be replaced. */
  readonly key: string
}

/** The slots that a channel's inputs sealed when a slot was sealed: all that the other input may have in its place. */
export function slotsNear(
  channelGuid: string,
  { sealedAt }: Pick<Slot, 'sealedAt'>,
  index: Pick<SegmentIndex, 'slotsSealedWithin'>,
): Promise<readonly Slot[]> {
  const span: UtcRange = { start: utcMs(sealedAt - APART_MS), end: utcMs(sealedAt + APART_MS) }
  return index.slotsSealedWithin(channelGuid, span, MOST_SLOTS)
}

/** The objects of slots with the same bytes as this one, under whatever key. */
export function sameBytesIn(slots: readonly Slot[], { sha256, size }: SlotObject): readonly SlotObject[] {
  return slots.flatMap(objectsOf).filter((object) => object.sha256 === sha256 && object.size === size)
}

/**
 * What a channel's other input has in place of an object of a slot: first the same bytes under another key, then what
 * it shows in the slot if the inputs are locked, and it is cut alike.
 */
export async function replacementsOf(
  channelGuid: string,
  { era, slot, stream, key }: Replaced,
  index: Pick<SegmentIndex, 'slotsSealedWithin'>,
  erasOf: (ids: readonly number[]) => Promise<readonly Era[]>,
): Promise<readonly SlotObject[]> {
  const whole = slot.objects[stream]
  const lost = inOrder(whole).find((object) => object.key === key)
  if (!whole || !lost) return []
  const near = await slotsNear(channelGuid, slot, index)
  const others = near.filter((other) => objectsOf(other).every((object) => object.key !== key))
  const copies = sameBytesIn(others, lost)
  const eras = await erasOf([...new Set(others.map((other) => other.era))])
  const donors = others.flatMap((other) => {
    const own = eras.find(({ id }) => id === other.era)
    return own ? [{ era: own, slot: other }] : []
  })
  const donation = donationOf(donors, era, slot.start, slot.startUtc)
  const isCutAlike = donation && Math.abs(donation.end - endOf(slot)) <= LOCK_TOLERANCE
  const donated = isCutAlike ? donation.objects[stream] : undefined
  const isLost = (object: SlotObject) => inOrder(object).some((each) => each.key === key)
  return [...copies.map((copy) => withKey(whole, key, copy.key)), ...(donated && !isLost(donated) ? [donated] : [])]
}

function endOf({ start, duration }: Slot): Ticks {
  return ticks(start + duration)
}

/** The object with one of its keys replaced: the facts about the bytes stay true, since the bytes are the same. */
function withKey(object: SlotObject, from: string, to: string): SlotObject {
  const { more } = object
  const renamed = object.key === from ? { ...object, key: to } : object
  return more ? { ...renamed, more: more.map((each) => (each.key === from ? { ...each, key: to } : each)) } : renamed
}
