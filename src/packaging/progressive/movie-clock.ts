import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'

/**
 * Places segments one after the other on the clock of a file, which begins with the first of them: where playback
 * cannot continue from one segment to the next, whatever lies between them is left out.
 */
export class MovieClock {
  /** Where the current unbroken part begins, on the era's timeline and on the file's clock, in ticks. */
  private part: { readonly era: number; readonly start: number; readonly at: number } | undefined
  private end = 0

  /**
   * Goes on to the next segment. `tracksEnd` is the end of what the file's tracks have so far, in ticks of its clock.
   */
  enter(segment: Pick<SegmentSummary, 'era' | 'start' | 'duration' | 'discontinuity'>, tracksEnd = 0): void {
    const { era, start, duration, discontinuity } = segment
    if (!this.part || this.part.era !== era || discontinuity) {
      this.part = { era, start, at: this.part ? Math.max(this.end, tracksEnd) : 0 }
    }
    this.end = this.part.at + (start + duration - this.part.start)
  }

  /** From the beginning of the first segment to the end of the current one, in ticks. */
  get length(): number {
    return this.end
  }

  /** What has to be added to a time of the current segment's era to have it on the file's clock, in these units. */
  shiftIn(timescale: number): number {
    if (!this.part) throw new Error('no segment has been entered')
    const { start, at } = this.part
    return rescale(at, TICKS_PER_SECOND, timescale) - rescale(start, TICKS_PER_SECOND, timescale)
  }
}
