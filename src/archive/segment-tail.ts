import { type Ticks, ticks, ticksFromSeconds, type UtcMs } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'

/** Output segments of a numbering kept in memory; enough for ten minutes of one-second segments. */
export const TAIL_SEGMENTS = 600
/** A live window shows at least this many output segments. */
const LEAST_SEGMENTS = 3

/** The newest output segments of one numbering, oldest first and without a hole. Serving reads from here. */
export class SegmentTail {
  private segments: OutputSegment[]

  private constructor(segments: readonly OutputSegment[]) {
    this.segments = [...segments]
  }

  static async load(index: Pick<SegmentIndex, 'lastOutputSegments'>, numbering: number): Promise<SegmentTail> {
    const segments = await index.lastOutputSegments(numbering, TAIL_SEGMENTS)
    // What a harvest job has kept beyond its time lies before a hole.
    const hole = segments.findLastIndex(({ number }, i) => i > 0 && number !== (segments[i - 1]?.number ?? 0) + 1)
    return new SegmentTail(segments.slice(Math.max(hole, 0)))
  }

  push(segment: OutputSegment): void {
    this.segments.push(segment)
    // Trimmed in batches: shifting an array of hundreds at each segment would cost more than the memory.
    if (this.segments.length >= 2 * TAIL_SEGMENTS) this.segments = this.segments.slice(-TAIL_SEGMENTS)
  }

  /** The newest segments that fit in `seconds`, at least three where there are that many. */
  newest(seconds: number): readonly OutputSegment[] {
    const window = ticksFromSeconds(seconds)
    let total: Ticks = ticks(0)
    let from = this.segments.length
    while (from > 0) {
      const segment = this.segments[from - 1]
      if (!segment) break
      total = ticks(total + segment.duration)
      if (total > window && this.segments.length - from >= LEAST_SEGMENTS) break
      from--
    }
    return this.segments.slice(from)
  }

  /** What begins between two moments, oldest first; undefined when older segments may, too. */
  beginningBetween(from: UtcMs, to: UtcMs, firstNumber: number): readonly OutputSegment[] | undefined {
    const oldest = this.segments[0]
    if (!oldest || (oldest.number !== firstNumber && oldest.startUtc > from)) return undefined
    return this.segments.filter(({ startUtc }) => startUtc >= from && startUtc <= to)
  }

  byNumber(number: number): OutputSegment | undefined {
    const first = this.segments[0]
    return first ? this.segments[number - first.number] : undefined
  }

  /** Of the segments it holds. */
  eras(): ReadonlySet<number> {
    return new Set(this.segments.map(({ era }) => era))
  }

  get newestSegment(): OutputSegment | undefined {
    return this.segments.at(-1)
  }

  forgetBefore(before: UtcMs): void {
    // A clock that was set back leaves older moments among newer ones.
    const last = this.segments.findLastIndex(({ slots }) => slots.some(({ sealedAt }) => sealedAt < before))
    if (last >= 0) this.segments = this.segments.slice(last + 1)
  }
}
