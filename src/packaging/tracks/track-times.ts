import { rescale, TICKS_PER_SECOND, ticks } from '../../media/time.ts'
import { joinedObject } from '../../model/joined-object.ts'
import { inOrder, type SegmentSummary, type SlotSummary } from '../../model/output-segment.ts'
import type { TrackTimes } from '../../model/source-segment.ts'
import { endOfObject } from '../../model/stream-interval.ts'
import type { SingleTrack } from './track-set.ts'

/** The interval in which a segment of a track is shown, on its era's timeline, in units of the track's timescale. */
export type TrackInterval = { readonly start: number; readonly duration: number }

/**
 * The interval of an output segment of a track: from its first sample to the end of its last, taken from the index
 * without reading media. Undefined where the track has no media.
 */
export function intervalOf(track: SingleTrack, segment: SegmentSummary): TrackInterval | undefined {
  const { kind, stream, position, timescale } = track
  // A text track covers all times, even with empty text.
  if (kind === 'text') return between(segment.start, segment.start + segment.duration, timescale)
  let first: number | undefined
  let last: { readonly times: TrackTimes; readonly slot: SlotSummary } | undefined
  for (const slot of segment.slots) {
    const object = slot.objects[stream.index]
    const times = object && joinedObject(object).times?.[position]
    if (!times) continue
    first ??= times.first
    last = { times, slot }
  }
  if (first === undefined || !last) return undefined
  const start = rescale(first, TICKS_PER_SECOND, timescale)
  return { start, duration: Math.max(endOf(track, last.times, last.slot) - start, 1) }
}

/**
 * End of the last sample; the slot's end where frames have no duration, or packets hold more pictures than have a
 * time.
 */
function endOf(track: SingleTrack, times: TrackTimes, slot: SlotSummary): number {
  const { timescale } = track
  const scaled = (time: number) => rescale(time, TICKS_PER_SECOND, timescale)
  const frame = frameDuration(track)
  const object = slot.objects[track.stream.index]!
  const start = object.start ?? slot.start
  const end = endOfObject(slot, object)
  if (
    frame === undefined ||
    hasUntimed(times, frame, scaled(times.last) - scaled(times.first), scaled(ticks(end - start)))
  ) {
    return scaled(start) + scaled(ticks(end - start))
  }
  return scaled(times.last) + frame
}

/** True when fewer pictures have a time than lie between the first and the last, or than half a slot would hold. */
function hasUntimed({ pictures }: TrackTimes, frame: number, span: number, slotDuration: number): boolean {
  if (pictures === undefined) return false
  return (pictures - 1) * frame < span - frame / 2 || pictures * frame < slotDuration / 2
}

function between(start: number, end: number, timescale: number): TrackInterval {
  const from = rescale(start, TICKS_PER_SECOND, timescale)
  return { start: from, duration: rescale(end, TICKS_PER_SECOND, timescale) - from }
}

/** Duration of a frame in units of the track's timescale; undefined when the stream does not state it. */
function frameDuration({ description, timescale }: SingleTrack): number | undefined {
  if (description.kind === 'audio') return description.samplesPerFrame
  if (description.kind !== 'video' || !description.frameRate) return undefined
  const { numerator, denominator } = description.frameRate
  return Math.round((timescale * denominator) / numerator)
}

/** True when an output segment has media of a track; always for text while its stream takes part. */
export function hasTrack({ kind, stream, position }: SingleTrack, segment: SegmentSummary): boolean {
  if (kind === 'text') return true
  return segment.slots.some(({ objects }) =>
    inOrder(objects[stream.index]).some(({ times }) => times?.[position] != null),
  )
}
