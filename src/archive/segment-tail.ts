import type { UtcMs } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { EraTime } from '../model/segment-numbers.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'

/** The number of output segments of an output timeline kept in memory: ten minutes of one-second segments. */
export const TAIL_SEGMENTS = 600

/**
 * The newest output segments of one output timeline, oldest first, with consecutive numbers. Live playback reads these.
 */
export class SegmentTail {
  private segments: OutputSegment[]

  private constructor(segments: readonly OutputSegment[]) {
    this.segments = [...segments]
  }

  /** The tail before the next number of its output timeline. */
  static async load(
    index: Pick<SegmentIndex, 'lastOutputSegments'>,
    outputTimeline: number,
    nextNumber: number,
  ): Promise<SegmentTail> {
    const segments = await index.lastOutputSegments(outputTimeline, TAIL_SEGMENTS)
    // Segments that only a harvest job or a clip still needs are followed by a hole in the numbers.
    if ((segments.at(-1)?.number ?? 0) < nextNumber - 1) return new SegmentTail([])
    const hole = segments.findLastIndex(({ number }, i) => i > 0 && number !== (segments[i - 1]?.number ?? 0) + 1)
    return new SegmentTail(segments.slice(Math.max(hole, 0)))
  }

  /** The tail up to the next number of its output timeline, after another process has published or deleted segments. */
  async continued(
    index: Pick<SegmentIndex, 'lastOutputSegments' | 'outputSegment' | 'outputSegmentsNumbered'>,
    outputTimeline: number,
    nextNumber: number,
  ): Promise<SegmentTail> {
    const [oldest, newest] = [this.segments[0], this.newestSegment]
    const isKept = oldest && (await index.outputSegment(outputTimeline, oldest.number)) !== undefined
    if (!newest || !isKept) return SegmentTail.load(index, outputTimeline, nextNumber)
    const { number: after } = newest
    const last = nextNumber - 1
    // A standby that took the database over may have fewer.
    if (last < after || last - after >= TAIL_SEGMENTS) return SegmentTail.load(index, outputTimeline, nextNumber)
    const more = await index.outputSegmentsNumbered(outputTimeline, { after, last })
    if (!more.every(({ number }, i) => number === after + 1 + i))
      return SegmentTail.load(index, outputTimeline, nextNumber)
    return new SegmentTail([...this.segments, ...more].slice(-TAIL_SEGMENTS))
  }

  push(segment: OutputSegment): void {
    this.segments.push(segment)
    // Trimmed in batches: shifting hundreds of elements for each segment would cost more than the memory.
    if (this.segments.length >= 2 * TAIL_SEGMENTS) this.segments = this.segments.slice(-TAIL_SEGMENTS)
  }

  /** All segments in memory, oldest first. */
  get all(): readonly OutputSegment[] {
    return this.segments
  }

  /**
   * The newest segment that was sealed by a moment of the server's clock. Undefined when all in memory were sealed
   * later.
   */
  sealedBy(moment: UtcMs): OutputSegment | undefined {
    return this.segments.findLast(({ sealedAt }) => sealedAt <= moment)
  }

  /**
   * The `count` segments of an era on either side of a time, as the index would answer. Undefined when some of them may
   * be older than those in memory.
   */
  around({ era, time }: EraTime, count: number, firstNumber: number): readonly OutputSegment[] | undefined {
    // The segments of an era are consecutive.
    const begin = this.segments.findIndex((segment) => segment.era === era)
    if (begin < 0) return undefined
    const end = this.segments.findLastIndex((segment) => segment.era === era) + 1
    const at = this.segments.findLastIndex((segment, i) => i < end && i >= begin && segment.start <= time) + 1
    const before = Math.max(at, begin)
    const isWhole = begin > 0 || this.segments[0]?.number === firstNumber
    if (before - begin < count && !isWhole) return undefined
    return this.segments.slice(Math.max(begin, before - count), Math.min(end, before + count))
  }

  /** The ids of the eras that the segments in memory belong to, oldest first. */
  get eraIds(): readonly number[] {
    return [...new Set(this.segments.map(({ era }) => era))]
  }

  /** The segments in memory up to a number; none when that number is not in memory. */
  upTo(number: number): readonly OutputSegment[] {
    const segment = this.byNumber(number)
    return segment ? this.segments.slice(0, number - this.segments[0]!.number + 1) : []
  }

  /** At most `count` segments from a number on; none when that number is not in memory. */
  from(number: number, count: number): readonly OutputSegment[] {
    const at = number - (this.segments[0]?.number ?? number + 1)
    return at < 0 ? [] : this.segments.slice(at, at + count)
  }

  byNumber(number: number): OutputSegment | undefined {
    const first = this.segments[0]
    return first ? this.segments[number - first.number] : undefined
  }

  get newestSegment(): OutputSegment | undefined {
    return this.segments.at(-1)
  }

  /** Forgets segments of slots that were sealed before a moment; true when there were any. */
  forgetBefore(before: UtcMs): boolean {
    // When the server's clock was set back, the moments are not in ascending order.
    const last = this.segments.findLastIndex(({ slots }) => slots.some(({ sealedAt }) => sealedAt < before))
    if (last >= 0) this.segments = this.segments.slice(last + 1)
    return last >= 0
  }
}
