import {
  msBetween,
  msFromTicks,
  PTS_MODULUS,
  TICKS_PER_SECOND,
  type Ticks,
  ticks,
  type UtcMs,
  unwrapPts,
  utcMs,
} from '../../media/time.ts'
import { laterMarks } from '../ad-events/ad-event.ts'
import type { Era, Slot, SlotObject } from '../output-segment.ts'
import { agrees } from './description.ts'

/** The end of the content of an output timeline. */
export type OutputEnd = {
  /** The era its newest slot is shown in, and the end of that slot on its timeline. */
  era: number
  end: Ticks
  /** The end by the date of the source, and by the clock of the era. */
  utc: UtcMs
  clock: UtcMs
  /** When that slot was sealed, by the server's clock, and how long it lasts. */
  sealedAt: UtcMs
  duration: Ticks
  /** The least time between the end of a slot of the era, by the era's clock, and its sealing, in milliseconds. */
  latency?: number
}

/** Shows slots of the era `from` in `era`, with their timestamps moved by `ticks` and their dates by `ms`. */
export type EraMapping = { from: number; era: number; ticks: Ticks; ms: number }

/** The most by which the starts of matching slots of locked inputs differ: a few pictures. */
export const LOCK_TOLERANCE: Ticks = ticks(TICKS_PER_SECOND / 10)

/**
 * The mapping of a slot of `era` into the era `shown`. Undefined unless both inputs are locked: equal timestamps mean
 * the same moment, and they have the same streams with the same tracks.
 */
export function lockOf(outputEnd: OutputEnd, shown: Era, slot: Slot, era: Era): EraMapping | undefined {
  const isSame = shown.id === era.id
  if (!isSame && !hasSameStreams(shown, era)) return undefined
  const start = isSame ? slot.start : unwrapPts(ticks(slot.start % PTS_MODULUS), outputEnd.end)
  const utc = outputEnd.utc + msBetween(outputEnd.end, start)
  // Dates of an era do not go back.
  if (isSame) return { from: era.id, era: era.id, ticks: ticks(0), ms: Math.max(utc - slot.startUtc, 0) }
  if (Math.abs(utc - slot.startUtc) > msFromTicks(slot.duration) / 2) return undefined
  return { from: era.id, era: shown.id, ticks: ticks(start - slot.start), ms: utc - slot.startUtc }
}

/** The slot with the era, timestamps and dates it is shown with. */
export function mapSlot(slot: Slot, mapping: Pick<EraMapping, 'era' | 'ticks' | 'ms'> | undefined): Slot {
  if (!mapping) return slot
  const { era, ms } = mapping
  const objects: Record<number, SlotObject> = {}
  for (const [stream, object] of Object.entries(slot.objects))
    objects[Number(stream)] = shiftObject(object, mapping.ticks)
  const { ads } = slot
  return {
    ...slot,
    era,
    start: ticks(slot.start + mapping.ticks),
    startUtc: utcMs(slot.startUtc + ms),
    objects,
    ...(ads && { ads: laterMarks(ads, mapping) }),
  }
}

/** The object with all its times moved by so many ticks. */
export function shiftObject(object: SlotObject, by: Ticks): SlotObject {
  if (by === 0) return object
  const { times, keyFrames, messages, more, start } = object
  return {
    ...object,
    ...(start !== undefined && { start: ticks(start + by) }),
    ...(times && {
      times: times.map((track) => track && { ...track, first: track.first + by, last: track.last + by }),
    }),
    ...(keyFrames && { keyFrames: keyFrames.map((picture) => ({ ...picture, pts: picture.pts + by })) }),
    ...(messages && { messages: messages.map((each) => ({ ...each, arrival: ticks(each.arrival + by) })) }),
    ...(more && { more: more.map((each) => shiftObject(each, by)) }),
  }
}

/** True when every slot of the other era can be shown in this one, because their streams and tracks are the same. */
export function hasSameStreams(shown: Era, other: Era): boolean {
  return (
    shown.streams.length === other.streams.length &&
    other.streams.every((stream, i) => {
      const own = shown.streams[i]
      if (own?.index !== stream.index || own.playlist !== stream.playlist) return false
      if (JSON.stringify(withoutBandwidth(own.role)) !== JSON.stringify(withoutBandwidth(stream.role))) return false
      // Images are of the same pictures, whether there are any or not.
      if (stream.tracks.length === 0 || stream.role.kind === 'images') return true
      return own.tracks.length > 0 && own.container === stream.container && agrees(own.tracks, stream.tracks)
    })
  )
}

/** The role without its bandwidth, which may be a measured one. */
function withoutBandwidth(role: Era['streams'][number]['role']): object {
  return 'bandwidth' in role ? { ...role, bandwidth: 0, averageBandwidth: 0 } : role
}
