import type { SampleTable } from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary, ShownRange } from '../../model/output-segment.ts'
import { rangeOf } from '../cuts.ts'
import { timeAt } from '../tracks/picture-times.ts'
import { breaks, type PlacedCut } from '../tracks/placed-cuts.ts'
import type { Shown } from './edits.ts'
import type { MovieClock } from './movie-clock.ts'

/** A range to the picture, or to the moment asked for, as a file of sound has it. */
export type CutRange = ShownRange | PlacedCut

/** Samples of a chunk that are kept, by their order of decoding. */
export type KeptSamples = { readonly first: number; readonly end: number }

const NOTHING: KeptSamples = { first: 0, end: 0 }

/** Frames of sound that a decoder is given before the first that is heard: its output depends on the one before. */
const PREROLL_FRAMES = 1

/** The cuts of the ranges of a window, one after the other. Segments are told in their order. */
export class FrameCuts {
  private readonly asked: readonly CutRange[]
  private readonly met: { readonly range: CutRange; readonly cut: FrameCut; readonly begins: number }[] = []

  constructor(asked: readonly CutRange[]) {
    this.asked = asked
  }

  /** Goes on to the next segment, which is on the clock already; gives the cut of its range. */
  enter(segment: SegmentSummary, clock: MovieClock): FrameCut | undefined {
    const range = rangeOf(this.asked, segment)
    if (!range) return undefined
    let latest = this.met.at(-1)
    if (latest?.range !== range) {
      latest = { range, cut: new FrameCut(range), begins: segment.start + clock.shiftIn(TICKS_PER_SECOND) }
      this.met.push(latest)
    }
    latest.cut.enter(segment, clock)
    return latest.cut
  }

  /** Number of ranges met so far. */
  get count(): number {
    return this.met.length
  }

  /**
   * What is shown of each range, on the file's clock, in ticks: as `FrameCut` has it, but no more than there is before
   * the next range.
   */
  shown(): readonly (Shown & { readonly begins: number })[] {
    return this.met.map(({ cut, begins }, i) => ({
      begins,
      from: cut.start,
      to: Math.min(cut.end, this.met[i + 1]?.begins ?? Number.POSITIVE_INFINITY),
    }))
  }
}

/**
 * The first and the last moment shown of a range, on a file's clock, in ticks: those asked for, moved to where the
 * nearest picture begins. Segments are told in their order, and of each the pictures before the sound.
 */
export class FrameCut {
  private readonly asked: CutRange
  private from = -Infinity
  private to = Infinity
  /** True while the moment lies in the current segment, or behind all that have come. */
  private entersHere = false
  private leavesHere = false
  /** True while the first picture is in a later segment. */
  private isBefore = false

  constructor(asked: CutRange) {
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
    const { begins, ends } = 'begins' in this.asked ? this.asked : {}
    this.isBefore = begins !== undefined && segment.number < begins.segment.number
    if (this.isBefore && begins) {
      // Sound may reach from here into what is shown.
      this.from = breaks(segment, begins.segment) ? Infinity : begins.time + shift
      return
    }
    const isFirst = begins?.segment.number === segment.number
    const from = (isFirst ? begins.time : timeAt(segment, this.asked.start)) + shift
    const to = (ends?.segment.number === segment.number ? ends.time : timeAt(segment, this.asked.end)) + shift
    // Dates of segments may overlap; the first of them that has the moment is the one.
    this.entersHere = isFirst || (!begins && this.from === -Infinity && from >= begin && from < begin + duration)
    this.leavesHere = ends
      ? ends.segment.number === segment.number
      : this.to === Infinity && to > begin && to <= begin + duration
    if (this.entersHere) this.from = from
    if (this.leavesHere) this.to = to
    // Where a segment is cut already, that is where a picture begins.
    if (segment.isCutAtStart) {
      this.from = begin
      this.entersHere = false
    }
    if (segment.isCut) {
      this.to = begin + duration
      this.leavesHere = false
    }
  }

  /** Moves the moments that lie in the current segment to where a picture begins, or the last one ends. */
  settle(samples: SampleTable, timescale: number): void {
    if (this.entersHere) this.from = nearest(this.from, samples, timescale)
    if (this.leavesHere) this.to = nearest(this.to, samples, timescale, this.from)
  }

  /** Of pictures: from the last one at which decoding can start, to the last that is shown or that such a one needs. */
  pictures({ count, dts, compositionOffsets, sync }: SampleTable, timescale: number): KeptSamples {
    if (this.isBefore) return NOTHING
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
    if (from === Infinity) return NOTHING
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

/**
 * The time nearest to this one, later than `after`, at which a picture begins, or the last one ends; of two, the
 * earlier. In ticks.
 */
function nearest(
  time: number,
  { count, dts, compositionOffsets, durations }: SampleTable,
  timescale: number,
  after = -Infinity,
): number {
  let best = Infinity
  const consider = (candidate: number) => {
    const ticks = rescale(candidate, timescale, TICKS_PER_SECOND)
    const further = Math.abs(ticks - time) - Math.abs(best - time)
    if (ticks > after && (further < 0 || (further === 0 && ticks < best))) best = ticks
  }
  let last = -1
  const shownAt = (i: number) => dts[i]! + compositionOffsets[i]!
  for (let i = 0; i < count; i++) {
    consider(shownAt(i))
    if (last < 0 || shownAt(i) > shownAt(last)) last = i
  }
  // Of others, rounding may put the end behind the beginning of the next.
  if (last >= 0) consider(shownAt(last) + durations[last]!)
  return Number.isFinite(best) ? best : time
}
