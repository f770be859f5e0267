import type { SampleTable } from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import type { TrackInterval } from '../tracks/track-times.ts'

/**
 * Makes the samples of a segment last exactly as long as its interval, so that the next segment's decoding times begin
 * where these end (ISO/IEC 14496-12 §8.8.12), and both agree with the manifest.
 */
export function fittedTo(
  interval: TrackInterval | undefined,
  track: SingleVideo | SingleAudio,
  samples: SampleTable,
): SampleTable {
  if (interval === undefined || samples.count === 0) return samples
  if (track.kind === 'audio') return lastingUntil(samples.dts[0]! + interval.duration, samples)
  const { decodeDelay } = track.stream
  // Without the era's delay, the segment's own has to do.
  const start =
    decodeDelay === undefined
      ? samples.dts[0]!
      : interval.start - rescale(decodeDelay, TICKS_PER_SECOND, track.timescale)
  const end = start + interval.duration
  const fits = Math.abs(samples.dts[0]! - start) <= 1 && samples.dts.at(-1)! < end
  return withDecodingTimes(samples, fits ? samples.dts.with(0, start) : inOrderOfDisplay(samples, start, end), end)
}

/** Extends or shortens the last frame where the stated times of frames are inexact by more than one unit. */
function lastingUntil(end: number, samples: SampleTable): SampleTable {
  const last = samples.count - 1
  const duration = end - samples.dts[last]!
  if (duration <= 0 || Math.abs(duration - samples.durations[last]!) <= 1) return samples
  return { ...samples, durations: samples.durations.with(last, duration) }
}

/**
 * Decoding times from `start` to `end`, at the intervals at which the pictures are shown. An encoder that decodes a
 * picture when an earlier one is shown carries the varying intervals of one segment into the next.
 */
function inOrderOfDisplay({ count, dts, compositionOffsets }: SampleTable, start: number, end: number): Float64Array {
  const shown = dts.map((time, i) => time + compositionOffsets[i]!).sort()
  return shown.map((time, i) => Math.min(start + time - shown[0]!, end - (count - i)))
}

function withDecodingTimes(samples: SampleTable, dts: Float64Array, end: number): SampleTable {
  return {
    ...samples,
    dts,
    compositionOffsets: samples.compositionOffsets.map((offset, i) => samples.dts[i]! + offset - dts[i]!),
    durations: samples.durations.map((_, i) => (dts[i + 1] ?? end) - dts[i]!),
  }
}
