import { type FragmentInterval, SMOOTH_TIMESCALE } from '../../media/mp4/smooth.ts'
import { rescale, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import { intervalOf } from '../tracks/track-times.ts'

/** The zero of every presentation's timeline: late enough for times to be exact in a double until 2048. */
const EPOCH = utcMs(Date.UTC(2020, 0, 1))
const UNITS_PER_MS = SMOOTH_TIMESCALE / 1000

/**
 * The interval of a track's fragment of an output segment, in 100 ns on one timeline for all eras. Each end is
 * computed from absolute times: media contiguous in the source is contiguous here, and manifest, fragment and path
 * agree. Undefined where the track has no media.
 */
export function fragmentInterval(era: Era, track: SingleTrack, segment: SegmentSummary): FragmentInterval | undefined {
  const interval = intervalOf(track, segment)
  if (!interval) return undefined
  const time = placed(era, interval.start, track.timescale)
  return { time, duration: placed(era, interval.start + interval.duration, track.timescale) - time }
}

function placed({ clock }: Era, time: number, timescale: number): number {
  const sinceClock =
    rescale(time, timescale, SMOOTH_TIMESCALE) - rescale(clock.time, TICKS_PER_SECOND, SMOOTH_TIMESCALE)
  return (clock.utc - EPOCH) * UNITS_PER_MS + sinceClock
}

/** Converts a time of the presentation to the timeline of an era. */
export function timeIn({ clock }: Era, time: number): Ticks {
  const sinceClock = time - (clock.utc - EPOCH) * UNITS_PER_MS
  return ticks(clock.time + rescale(sinceClock, SMOOTH_TIMESCALE, TICKS_PER_SECOND))
}

/** Converts a time of the presentation to UTC. */
export function utcOf(time: number): UtcMs {
  return utcMs(EPOCH + Math.round(time / UNITS_PER_MS))
}
