import type { SampleTable } from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND, type UtcRange } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { timeAt } from '../tracks/picture-times.ts'
import type { MovieClock } from './movie-clock.ts'

/** Samples of a chunk that are kept, by their order of decoding. */
export type KeptSamples = { readonly first: number; readonly end: number }

/** Frames of sound that a decoder is given before the first that is heard: its output depends on the one before. */
const PREROLL_FRAMES = 1

/**
 * The first and the last moment that a file shows, on its clock, in ticks: those asked for, moved to where the nearest
 * picture begins. Segments are told in their order, and of each the pictures before the sound.
 */
export class FrameCut {
  private readonly asked: UtcRange
  private from = -Infinity
  private to = Infinity
  /** True while the moment lies in the current segment, or behind all that have come. */
  private entersHere = false
  private leavesHere = false

  constructor(asked: UtcRange) {
    this.asked = asked
  }

  /** The first moment shown; -Infinity where that asked for is before all segments. */
  get start(): number {
    return this.from
  }

  /** The moment at which it ends; Infinity where that asked for is behind all segments. */
  get end(): number {
    return this.to
  }

  /** Goes on to the next segment, which is on the clock already. */
  enter(segment: SegmentSummary, clock: MovieClock): void {
    const { start, duration } = segment
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    const begin = start + shift
    const [from, to] = [timeAt(segment, this.asked.start) + shift, timeAt(segment, this.asked.end) + shift]
    // Dates of segments may overlap; the first of them that has the moment is the one.
    this.entersHere = this.from === -Infinity && from >= begin && from < begin + duration
    this.leavesHere = this.to === Infinity && to > begin && to <= begin + duration
    if (this.entersHere) this.from = from
    if (this.leavesHere) this.to = to
  }

  /** Moves the moments that lie in the current segment to where a picture begins, or the last one ends. */
  settle(samples: SampleTable, timescale: number): void {
    if (this.entersHere) this.from = nearest(this.from, samples, timescale)
    if (this.leavesHere) this.to = nearest(this.to, samples, timescale, this.from)
  }

  /** Of pictures: from the last one at which decoding can start, to the last that is shown or that such a one needs. */
  pictures({ count, dts, compositionOffsets, sync }: SampleTable, timescale: number): KeptSamples {
    const [from, to] = this.in(timescale)
    let first = 0
    let end = 0
    for (let i = 0; i < count; i++) {
      const shown = dts[i]! + compositionOffsets[i]!
      if (sync[i] === 1 && shown <= from) first = i
      if (shown < to) end = i + 1
    }
    return { first: Math.min(first, end), end }
  }

  /** Of sound and text: what is heard or shown, wholly or in part, and what its decoding needs. */
  others({ count, dts, durations }: SampleTable, timescale: number, isText: boolean): KeptSamples {
    const [from, to] = this.in(timescale)
    let first = 0
    let end = count
    while (first < count && dts[first]! + durations[first]! <= from) first++
    while (end > first && dts[end - 1]! >= to) end--
    return { first: Math.max(0, first - (isText ? 0 : PREROLL_FRAMES)), end }
  }

  private in(timescale: number): readonly [number, number] {
    const inUnits = (time: number) => (Number.isFinite(time) ? rescale(time, TICKS_PER_SECOND, timescale) : time)
    return [inUnits(this.from), inUnits(this.to)]
  }
}

/** The time nearest to this one, later than `after`, at which a picture begins, or the last one ends; in ticks. */
function nearest(
  time: number,
  { count, dts, compositionOffsets, durations }: SampleTable,
  timescale: number,
  after = -Infinity,
): number {
  let best = Infinity
  const consider = (candidate: number) => {
    const ticks = rescale(candidate, timescale, TICKS_PER_SECOND)
    if (ticks > after && Math.abs(ticks - time) < Math.abs(best - time)) best = ticks
  }
  for (let i = 0; i < count; i++) {
    const shown = dts[i]! + compositionOffsets[i]!
    consider(shown)
    consider(shown + durations[i]!)
  }
  return Number.isFinite(best) ? best : time
}
