/** Consecutive segments of equal duration, each of which begins where the one before it ends, §5.3.9.6. */
export type TimelineRun = {
  /** When the first begins, and how long each lasts, in units of the timescale. */
  readonly t: number
  readonly d: number
  readonly count: number
}

/** Joins segments that are added one by one, in their order, into runs. */
export class SegmentTimeline {
  readonly runs: { t: number; d: number; count: number }[] = []
  private run = { t: 0, d: 0, count: 0 }
  private end: number | undefined

  add(t: number, d: number): void {
    if (t === this.end && d === this.run.d) this.run.count++
    else {
      this.run = { t, d, count: 1 }
      this.runs.push(this.run)
    }
    this.end = t + d
  }
}

/** The runs of these segments. */
export function timelineRuns(segments: Iterable<{ readonly t: number; readonly d: number }>): readonly TimelineRun[] {
  const timeline = new SegmentTimeline()
  for (const { t, d } of segments) timeline.add(t, d)
  return timeline.runs
}
