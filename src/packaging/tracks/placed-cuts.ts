import { rescale, TICKS_PER_SECOND, ticks } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { SegmentSummary, ShownRange, SummaryWindow } from '../../model/output-segment.ts'
import { isWithin } from '../cuts.ts'
import { SAME_PICTURE } from './cut-end.ts'
import { beginsWithKeyFrame, nearestPicture, type PlacedMoment, picturesIn, timeAt } from './picture-times.ts'
import { type SingleVideo, trackSetOf } from './track-set.ts'

/** A range that is shown to the picture, and in which segments it begins and ends. It shows a picture at least. */
export type PlacedCut = ShownRange & {
  /**
   * Where its first picture begins; segments before that one are not shown. That is the end of a segment where the next
   * one begins with the picture but needs this one to show it. Undefined where no segment has the moment asked for: the
   * range begins with the first.
   */
  readonly begins: PlacedMoment | undefined
  /**
   * Where the picture after its last one begins, at the latest at the end of the segment; segments after that one are
   * not shown. Undefined where no segment has the moment asked for: the range ends with the last.
   */
  readonly ends: PlacedMoment | undefined
}

/** A time of the segment at a place of a range. */
type Place = { readonly at: number; readonly time: number }

type VideoOf = (segment: SegmentSummary) => readonly SingleVideo[]

/**
 * Where the ranges of a window begin and end: with the pictures nearest to the moments asked for. By the index alone:
 * where pictures do not come at a steady rate, and the moment is not at the end of a segment, it is the moment itself.
 */
export function placedCuts(
  { packaging: { streamSelection } }: Pick<OriginEndpoint, 'packaging'>,
  { eras, segments }: Pick<SummaryWindow, 'eras' | 'segments'>,
  cuts: readonly ShownRange[],
): readonly PlacedCut[] {
  const videoOf: VideoOf = (segment) => {
    const era = eras.find(({ id }) => id === segment.era)
    return era ? trackSetOf(era, streamSelection).video : []
  }
  return cuts.map((cut): PlacedCut => {
    const own = segments.filter((segment) => isWithin(cut.numbers, segment))
    const begin = beginIn(own, cut, videoOf)
    const end = endIn(own, cut, begin, videoOf)
    const placed = (place: Place | undefined) => place && { segment: own[place.at]!, time: ticks(place.time) }
    return { ...cut, begins: placed(begin), ends: placed(end) }
  })
}

/** The segment as a range that it is in shows it: cut where the range ends, and undefined where nothing is left. */
export function shownPart<Segment extends SegmentSummary>(
  segment: Segment,
  { begins, ends }: Pick<PlacedCut, 'begins' | 'ends'>,
): Segment | undefined {
  if (begins && segment.number < begins.segment.number) return undefined
  if (!ends || segment.number < ends.segment.number) return segment
  if (segment.number > ends.segment.number) return undefined
  const duration = ticks(ends.time - segment.start)
  if (duration >= segment.duration - SAME_PICTURE) return segment
  // A compact summary has its slots from its prototype.
  return { ...segment, slots: segment.slots, duration, isCut: true }
}

function beginIn(segments: readonly SegmentSummary[], { start }: ShownRange, videoOf: VideoOf): Place | undefined {
  const at = segments.findIndex((segment) => {
    const time = timeAt(segment, start)
    return time >= segment.start && time < endOf(segment)
  })
  const [segment, next] = [segments[at], segments[at + 1]]
  if (!segment) return undefined
  const [video] = videoOf(segment)
  const time = near(timeAt(segment, start), segment, video)
  if (time < endOf(segment) - SAME_PICTURE) return { at, time }
  if (!next) return { at, time: (video && picturesIn(segment, video)?.last) ?? time }
  const isClosed = breaks(segment, next) || videoOf(next).every((each) => beginsWithKeyFrame(next, each))
  return isClosed ? { at: at + 1, time: firstIn(next, videoOf) } : { at, time: endOf(segment) }
}

function endIn(
  segments: readonly SegmentSummary[],
  { end }: ShownRange,
  begin: Place | undefined,
  videoOf: VideoOf,
): Place | undefined {
  const found = segments.findIndex((segment) => {
    const time = timeAt(segment, end)
    return time > segment.start && time <= endOf(segment)
  })
  if (found < 0) return undefined
  const first = firstPlace(segments, begin, videoOf)
  const at = Math.max(found, first.at)
  const segment = segments[at]!
  const [video] = videoOf(segment)
  const asked = at === found ? near(timeAt(segment, end), segment, video) : Number.NEGATIVE_INFINITY
  const time = at === first.at ? Math.max(asked, first.time + lengthOf(video)) : asked
  if (time <= segment.start + SAME_PICTURE && at > 0) return { at: at - 1, time: endOf(segments[at - 1]!) }
  return { at, time: Math.min(time, endOf(segment)) }
}

/** The first picture of a range that begins so. */
function firstPlace(segments: readonly SegmentSummary[], begin: Place | undefined, videoOf: VideoOf): Place {
  if (begin && begin.time < endOf(segments[begin.at]!)) return begin
  const at = begin ? Math.min(begin.at + 1, segments.length - 1) : 0
  return { at, time: firstIn(segments[at]!, videoOf) }
}

function firstIn(segment: SegmentSummary, videoOf: VideoOf): number {
  const [video] = videoOf(segment)
  return (video && picturesIn(segment, video)?.first) ?? segment.start
}

function near(time: number, segment: SegmentSummary, video: SingleVideo | undefined): number {
  return video ? nearestPicture(time, segment, video) : time
}

/** How long a picture is shown; where the rate is not known, longer than what times of pictures may differ by. */
function lengthOf(video: SingleVideo | undefined): number {
  const rate = video?.description.frameRate
  return rate ? rescale(rate.denominator, rate.numerator, TICKS_PER_SECOND) : 2 * SAME_PICTURE
}

/** True where decoding cannot go on from one segment to the next. */
export function breaks(segment: SegmentSummary, next: SegmentSummary): boolean {
  return next.discontinuity || next.era !== segment.era
}

function endOf({ start, duration }: SegmentSummary): number {
  return start + duration
}
