import { msBetween, rescale, TICKS_PER_SECOND, type Ticks, ticks, utcMs } from '../../media/time.ts'
import { joinedObject } from '../../model/joined-object.ts'
import { inOrder, type SegmentSummary, type SlotSummary } from '../../model/output-segment.ts'
import type { TrackTimes } from '../../model/source-segment.ts'
import { endOfObject, type StreamInterval } from '../../model/stream-interval.ts'
import { cutEnd, cutStart, pictureEnd } from './cut-end.ts'
import type { SingleTrack, SingleVideo } from './track-set.ts'

/**
 * A measured slot may reach as many pictures too far, one whose length EXTINF told farther: EXTINF is counted to a key
 * frame, whose leading pictures are shown first.
 */
const MOST_INEXACT = 2

/** The interval in which a segment of a track is shown, on its era's timeline, in units of the track's timescale. */
export type TrackInterval = { readonly start: number; readonly duration: number }

/**
 * The interval of an output segment of a track, taken from the index without reading media: from its first sample to
 * the end of its last, which for pictures is where the next segment begins. Of a segment that is cut, as far as it is
 * shown: to the picture, and the end of the last frame that is heard. Undefined where the track has no media.
 */
export function intervalOf(track: SingleTrack, segment: SegmentSummary): TrackInterval | undefined {
  const whole = wholeIntervalOf(track, segment)
  if (!(segment.isCut || segment.isCutAtStart) || !whole || track.kind === 'text') return whole
  if (!hasTrack(track, segment)) return undefined
  const frame = track.kind === 'audio' ? track.description.samplesPerFrame : 1
  const inFrames = (time: number, round: (frames: number) => number) => {
    const since = Number.isFinite(time) ? rescale(time, TICKS_PER_SECOND, track.timescale) - whole.start : time
    return round(since / frame) * frame
  }
  const before = Math.max(inFrames(cutStart(segment), Math.floor), 0)
  const end = Math.min(inFrames(cutEnd(segment), Math.ceil), whole.duration)
  return { start: whole.start + before, duration: Math.max(end - before, 1) }
}

/** As `intervalOf`, in ticks and by date. */
export function streamIntervalOf(track: SingleTrack, segment: SegmentSummary): StreamInterval | undefined {
  const interval = intervalOf(track, segment)
  if (!interval) return undefined
  const inTicks = (time: number) => rescale(time, track.timescale, TICKS_PER_SECOND)
  const start = ticks(inTicks(interval.start))
  return {
    start,
    duration: ticks(inTicks(interval.start + interval.duration) - start),
    startUtc: utcMs(segment.startUtc + msBetween(segment.start, start)),
  }
}

/** As `intervalOf`, as if the segment were not cut. */
export function wholeIntervalOf(track: SingleTrack, segment: SegmentSummary): TrackInterval | undefined {
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
  const end =
    kind === 'video'
      ? endOfPictures(track, last.times, last.slot)
      : rescale(last.times.last, TICKS_PER_SECOND, timescale) + track.description.samplesPerFrame
  return { start, duration: Math.max(end - start, 1) }
}

/**
 * End of the last picture: the time of the stream's next one, at which its object ends. When pictures come at a steady
 * rate, it is rounded to whole pictures, because EXTINF may be inexact.
 */
function endOfPictures({ description, timescale, stream }: SingleVideo, times: TrackTimes, slot: SlotSummary): number {
  const { numerator, denominator } = description.frameRate ?? { numerator: 1, denominator: 0 }
  const frame = (TICKS_PER_SECOND * denominator) / numerator
  const unit = Math.round((timescale * denominator) / numerator)
  const last = rescale(times.last, TICKS_PER_SECOND, timescale)
  const object = slot.objects[stream.index]!
  const part = { start: object.start ?? slot.start, end: endOfObject(slot, object) }
  const end = rescale(endOfPart(part, times.first, times.last + Math.round(frame)), TICKS_PER_SECOND, timescale)
  // Earlier versions recorded no count of pictures.
  const isKnown = times.pictures !== undefined || unit === 0
  if (end <= last || !isKnown) return last + unit
  if (!isSteady(times, frame)) return end
  const pictures = Math.round((end - last) / unit)
  const isLong = slot.isMeasured ? pictures > MOST_INEXACT : pictures > times.pictures
  return last + (isLong ? pictures : 1) * unit
}

/** True when all pictures from the first to the last lie one frame apart. */
function isSteady(times: TrackTimes, frame: number): times is TrackTimes & { readonly pictures: number } {
  const { first, last, pictures } = times
  return frame > 0 && pictures !== undefined && Math.abs(last - first - (pictures - 1) * frame) <= 1
}

/**
 * End of a track's part of a slot, in ticks. A track that begins before the slot ends as long before the slot's end;
 * one that begins later ends with its last sample, but not before the slot.
 */
function endOfPart({ start, end }: { readonly start: Ticks; readonly end: Ticks }, first: number, lastEnd: number) {
  const offset = first - start
  return offset <= 0 ? end + offset : Math.min(Math.max(lastEnd, end), end + offset)
}

function between(start: number, end: number, timescale: number): TrackInterval {
  const from = rescale(start, TICKS_PER_SECOND, timescale)
  return { start: from, duration: rescale(end, TICKS_PER_SECOND, timescale) - from }
}

/** Ticks of a sample that begins before a moment at which it is shown still: of sound at 22.05 kHz or more. */
const LONGEST_FRAME = TICKS_PER_SECOND / 10

/** True when an output segment has media of a track; always for text while its stream takes part. */
export function hasTrack({ kind, stream, position }: SingleTrack, segment: SegmentSummary): boolean {
  if (kind === 'text') return true
  const [start, end] = [cutStart(segment), kind === 'video' ? pictureEnd(segment) : cutEnd(segment)]
  return segment.slots.some(({ objects }) =>
    inOrder(objects[stream.index]).some(({ times }) => {
      const own = times?.[position]
      return own != null && own.first < end && own.last >= start - LONGEST_FRAME
    }),
  )
}
