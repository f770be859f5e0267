import { SegmentTimeline, type TimelineRun } from '../../manifests/dash/segment-timeline.ts'
import { intervalOfStream } from '../../model/stream-interval.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import { intervalOf } from '../tracks/track-times.ts'
import type { DashPeriod } from './periods.ts'
import type { DashSettings } from './settings.ts'
import { templateTimescales } from './timescales.ts'

/** What an MPD says of the segments of a Period. */
export type PeriodSegments = {
  /** Duration in ticks of the longest of any picture or sound stream. */
  readonly longest: number
  /** The streams of which a segment begins at another time than its output segment. */
  readonly cutOtherwise: ReadonlySet<number>
  /** When those of each track are shown, by the track's number, in the timescale of its template. */
  readonly timelines: ReadonlyMap<number, readonly TimelineRun[]>
}

/** Looks once at each segment for all tracks: of a day, that is what takes most of the time. */
export function periodSegments({ era, segments, tracks }: DashPeriod, settings: DashSettings): PeriodSegments {
  const { video, audio, text } = tracks
  const timescaleOf = templateTimescales(era, settings)
  const listed = settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION' ? [] : [...video, ...audio, ...text]
  const timed = listed.map((track): [SingleTrack, SegmentTimeline] => {
    return [{ ...track, timescale: timescaleOf(track) }, new SegmentTimeline()]
  })
  const streams = new Set([...video, ...audio].map(({ stream }) => stream.index))
  const cutOtherwise = new Set<number>()
  let longest = 0
  for (const segment of segments) {
    if (segment.duration > longest) longest = segment.duration
    for (const stream of streams) {
      const { start, duration } = intervalOfStream(segment, stream)
      if (start !== segment.start) cutOtherwise.add(stream)
      if (duration > longest) longest = duration
    }
    for (const [track, timeline] of timed) {
      const interval = intervalOf(track, segment)
      if (interval) timeline.add(interval.start, interval.duration)
    }
  }
  return { longest, cutOtherwise, timelines: new Map(timed.map(([{ n }, { runs }]) => [n, runs])) }
}
