import type { Ticks } from '../media/time.ts'
import type { ObjectSummary, Slot } from './output-segment.ts'
import { UnknownRecordVersion } from './record-version.ts'
import { SLOT_SUMMARY_VERSION, type StoredSlotSummary, slotSummaryOf } from './slot-summary.ts'
import type { TrackTimes } from './source-segment.ts'

/**
 * What a segment index may hold for a slot: a record of today; one of the first version, which had positions in place
 * of names; or the slot itself, in archives from before there were summaries.
 */
export type AnySlotSummary = StoredSlotSummary | FirstSlotSummary | Slot

type FirstSlotSummary = readonly [start: Ticks, duration: Ticks, objects: Readonly<Record<number, FirstObjectSummary>>]

/** Size and times; then of each key frame when it is shown, where it begins and its size. */
type FirstObjectSummary = readonly [size: number, times: FirstTimes, ...keyFrames: readonly number[]]

/** Counted from the slot's start on; or the stream whose times are the same; or null, for WebVTT. */
type FirstTimes = readonly (readonly [first: number, last: number, pictures?: number] | null)[] | number | null

/** The record as it is written today. Throws UnknownRecordVersion. */
export function currentSlotSummary(any: AnySlotSummary): StoredSlotSummary {
  if ('v' in any) {
    if (any.v === SLOT_SUMMARY_VERSION) return any
    throw new UnknownRecordVersion('summary of a slot', any.v)
  }
  return 'sealedAt' in any ? slotSummaryOf(any) : fromFirst(any)
}

function fromFirst([start, duration, summaries]: FirstSlotSummary): StoredSlotSummary {
  const objects: Record<number, ObjectSummary> = {}
  for (const [stream, [size, times, ...numbers]] of Object.entries(summaries)) {
    const shown = typeof times === 'number' ? objects[times]?.times : times?.map((track) => timesAt(start, track))
    const keyFrames = Array.from({ length: numbers.length / 3 }, (_, i) => ({
      pts: start + numbers[3 * i]!,
      offset: numbers[3 * i + 1]!,
      size: numbers[3 * i + 2]!,
    }))
    objects[Number(stream)] = { size, ...(shown && { times: shown }), keyFrames }
  }
  return slotSummaryOf({ start, duration, objects })
}

function timesAt(start: Ticks, track: readonly [number, number, number?] | null): TrackTimes | null {
  if (!track) return null
  const [first, last, pictures] = track
  return { first: start + first, last: start + last, bytes: 0, ...(pictures !== undefined && { pictures }) }
}
