import { firstPlace } from '../../model/first-place.ts'
import { type Entries, type Entry, pathFrom, type TrackListing, UnreadableListing } from './listing.ts'
import { type Attributes, wholeNumber } from './xml-elements.ts'

/** What an MPD or a Smooth manifest says of one track. */
export type TimedListing = TrackListing & {
  readonly entries: TimedEntries
  /** UTC in milliseconds at which its newest segment ends; in dynamic MPDs. */
  readonly endUtc?: number
}

/** Segments of equal duration, each of which begins where the one before it ends. */
type Run = {
  /** Where the first begins, and how long each is, in the timescale of the track. */
  readonly time: number
  readonly duration: number
  /** The segments listed before it. */
  readonly before: number
  /** The segments listed up to its end. */
  readonly until: number
}

/**
 * The segments that the S elements of a SegmentTimeline, or the c elements of a StreamIndex, stand for. An element may
 * stand for any number of them: they are kept as runs, which all tracks with the same elements share.
 */
export class TimedRuns {
  private readonly all: Run[] = []
  private endTime = 0

  get length(): number {
    return this.all.at(-1)?.until ?? 0
  }

  /** Where the last segment ends. */
  get end(): number {
    return this.endTime
  }

  /** Adds the segments of an element; `count` is how many. Throws UnreadableListing. */
  add(attributes: Attributes, count: number): void {
    const time = wholeNumber(attributes, 't', this.endTime)
    const duration = wholeNumber(attributes, 'd', 0)
    const [before, end] = [this.length, time + count * duration]
    const until = before + count
    if (count < 1 || !Number.isSafeInteger(until) || !Number.isSafeInteger(end))
      throw new UnreadableListing(`lists a run of ${count} segments`)
    this.all.push({ time, duration, before, until })
    this.endTime = end
  }

  /** The run in which a segment is. */
  of(place: number): Run {
    return this.all[firstPlace(this.all.length, (i) => place < this.all[i]!.until)]!
  }

  [Symbol.iterator](): Iterator<Run> {
    return this.all.values()
  }
}

/** The segments of one track, whose paths are made from a template when they are asked for. */
export class TimedEntries implements Entries {
  private readonly runs: TimedRuns
  private readonly timescale: number
  private readonly pathOf: (place: number, time: number) => string | undefined

  /**
   * `referenceOf` gives the reference of a segment by its place and its time, from the template of the manifest at
   * `path`. Throws UnreadableListing for a template that may give one that is too long.
   */
  constructor(
    runs: TimedRuns,
    timescale: number,
    path: string,
    referenceOf: (place: number, time: number) => string | undefined,
  ) {
    this.runs = runs
    this.timescale = timescale
    this.pathOf = (place, time) => {
      const reference = referenceOf(place, time)
      return reference === undefined ? undefined : pathFrom(path, reference)
    }
    this.pathOf(Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
  }

  get length(): number {
    return this.runs.length
  }

  at(place: number): Entry | undefined {
    const i = place < 0 ? this.length + place : place
    if (i < 0 || i >= this.length) return undefined
    const { time: begin, duration, before } = this.runs.of(i)
    const time = begin + (i - before) * duration
    return { sequence: time, startMs: this.ms(time), ms: this.ms(duration), path: this.pathOf(i, time) }
  }

  /** Where runs of segments begin and end, in milliseconds by the track's timestamps; `sequence` is of the first. */
  *spans(): Generator<{ readonly sequence: number; readonly startMs: number; readonly endMs: number }> {
    for (const { time, duration, before, until } of this.runs) {
      yield { sequence: time, startMs: this.ms(time), endMs: this.ms(time + (until - before) * duration) }
    }
  }

  private ms(units: number): number {
    return (units * 1000) / this.timescale
  }
}
