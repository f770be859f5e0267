import { rescale, TICKS_PER_SECOND } from '../media/time.ts'
import type { OutputSegment, SlotObject } from '../model/output-segment.ts'
import type { SingleTrack } from './track-set.ts'

/** When a segment of a track is shown, in units of the track's timescale, on its era's timeline. */
export type TrackInterval = { readonly start: number; readonly duration: number }

/**
 * When an output segment of a track is shown: from its first sample to the end of its last, as the index has them, without
 * a look at the media. Undefined where the track has none.
 */
export function intervalOf(track: SingleTrack, segment: OutputSegment): TrackInterval | undefined {
  const { kind, stream, position, timescale } = track
  // A text track says everything there is to say at any time, be it nothing.
  if (kind === 'text') return between(segment.start, segment.start + segment.duration, timescale)
  let first: number | undefined
  let last: number | undefined
  let end = 0
  for (const slot of segment.slots) {
    const object = slot.objects[stream.index]
    const times = object?.times?.[position]
    if (!object || !times) continue
    first ??= firstShown(track, object, slot.index) ?? times.first
    last = times.last
    end = slot.start + slot.duration
  }
  if (first === undefined || last === undefined) return undefined
  const frame = frameDuration(track)
  if (frame === undefined) return between(first, Math.max(end, last + 1), timescale)
  const start = rescale(first, TICKS_PER_SECOND, timescale)
  return { start, duration: rescale(last, TICKS_PER_SECOND, timescale) + frame - start }
}

/** Where the first slot of an era begins to be shown: at its first key frame. */
function firstShown({ kind }: SingleTrack, { startsWithKeyFrame, keyFrames }: SlotObject, index: number) {
  return kind === 'video' && index === 0 && startsWithKeyFrame === false ? keyFrames?.[0]?.pts : undefined
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
export function hasTrack({ kind, stream, position }: SingleTrack, segment: OutputSegment): boolean {
  if (kind === 'text') return true
  return segment.slots.some(({ objects }) => objects[stream.index]?.times?.[position] != null)
}
