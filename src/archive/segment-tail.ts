import type { UtcMs } from '../media/time.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { EraTime, SegmentIndex } from '../stores/segment-index.ts'

/** Output segments of a numbering kept in memory; enough for ten minutes of one-second segments. */
export const TAIL_SEGMENTS = 600

/** The newest output segments of one numbering, oldest first and without a hole. Serving reads from here. */
export class SegmentTail {
  private segments: OutputSegment[]

  private constructor(segments: readonly OutputSegment[]) {
    this.segments = [...segments]
  }

  static async load(index: SegmentIndex, numbering: number): Promise<SegmentTail> {
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

  /** The newest segments. */
  get all(): readonly OutputSegment[] {
    return this.segments
  }

  /** The newest that was sealed by a moment of the server's clock; undefined when only older ones may have been. */
  sealedBy(moment: UtcMs): OutputSegment | undefined {
    return this.segments.findLast(({ sealedAt }) => sealedAt <= moment)
  }

  /** What begins around a time of an era, as the index has it; undefined when it is to be asked. */
  around({ era, time }: EraTime, count: number, firstNumber: number): readonly OutputSegment[] | undefined {
    const own = this.segments.filter((segment) => segment.era === era)
    const after = own.findIndex(({ start }) => start > time)
    const at = after === -1 ? own.length : after
    const [oldest] = this.segments
    const isWhole = own.length > 0 && (oldest?.era !== era || oldest.number === firstNumber)
    return at >= count || isWhole ? own.slice(Math.max(0, at - count), at + count) : undefined
  }

  /** Of the segments, oldest first. */
  get eraIds(): readonly number[] {
    return [...new Set(this.segments.map(({ era }) => era))]
  }

  byNumber(number: number): OutputSegment | undefined {
    const first = this.segments[0]
    return first ? this.segments[number - first.number] : undefined
  }

  get oldestEra(): number | undefined {
    return this.segments[0]?.era
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
