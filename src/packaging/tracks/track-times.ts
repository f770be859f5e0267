import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary, SlotSummary } from '../../model/output-segment.ts'
import type { TrackTimes } from '../../model/source-segment.ts'
import type { SingleTrack } from './track-set.ts'

/** When a segment of a track is shown, in units of the track's timescale, on its era's timeline. */
export type TrackInterval = { readonly start: number; readonly duration: number }

/**
 * When an output segment of a track is shown: from its first sample to the end of its last, as the index has them,
 * without a look at the media. Undefined where the track has none.
 */
export function intervalOf(track: SingleTrack, segment: SegmentSummary): TrackInterval | undefined {
  const { kind, stream, position, timescale } = track
  // A text track says everything there is to say at any time, be it nothing.
  if (kind === 'text') return between(segment.start, segment.start + segment.duration, timescale)
  let first: number | undefined
  let last: { readonly times: TrackTimes; readonly slot: SlotSummary } | undefined
  for (const slot of segment.slots) {
    const times = slot.objects[stream.index]?.times?.[position]
    if (!times) continue
    first ??= times.first
    last = { times, slot }
  }
  if (first === undefined || !last) return undefined
  const start = rescale(first, TICKS_PER_SECOND, timescale)
  return { start, duration: Math.max(endOf(track, last.times, last.slot) - start, 1) }
}

/** Of the last sample; of the slot, where frames have no duration, or packets hold more than the picture they time. */
function endOf(track: SingleTrack, times: TrackTimes, slot: SlotSummary): number {
  const { timescale } = track
  const scaled = (time: number) => rescale(time, TICKS_PER_SECOND, timescale)
  const frame = frameDuration(track)
  if (
    frame === undefined ||
    hasUntimed(times, frame, scaled(times.last) - scaled(times.first), scaled(slot.duration))
  ) {
    return scaled(slot.start) + scaled(slot.duration)
  }
  return scaled(times.last) + frame
}

/** Whether fewer pictures have a time than there are from the first to the last, or than half a slot needs. */
function hasUntimed({ pictures }: TrackTimes, frame: number, span: number, slotDuration: number): boolean {
  if (pictures === undefined) return false
  return (pictures - 1) * frame < span - frame / 2 || pictures * frame < slotDuration / 2
}

function between(start: number, end: number, timescale: number): TrackInterval {
  const from = rescale(start, TICKS_PER_SECOND, timescale)
  return { start: from, duration: rescale(end, TICKS_PER_SECOND, timescale) - from }
}

/** Of a frame, in units of the track's timescale; undefined when the stream does not say how long one lasts. */
function frameDuration({ description, timescale }: SingleTrack): number | undefined {
  if (description.kind === 'audio') return description.samplesPerFrame
  if (description.kind !== 'video' || !description.frameRate) return undefined
  const { numerator, denominator } = description.frameRate
  return Math.round((timescale * denominator) / numerator)
}

/** Whether an output segment has media of a track. Text is always there while its stream takes part. */
export function hasTrack({ kind, stream, position }: SingleTrack, segment: SegmentSummary): boolean {
  if (kind === 'text') return true
  return segment.slots.some(({ objects }) => objects[stream.index]?.times?.[position] != null)
}
