import { beginningIn } from '../model/ad-events/segment-ads.ts'
import type { Era, EraAdEvent, OutputSegment, SegmentSummary, SummaryWindow } from '../model/output-segment.ts'
import { rangeOf } from './cuts.ts'
import type { ExactEdges, SegmentEdge } from './exact/exact-edges.ts'
import type { Asset, AssetWholeFile, OutputFormat, SegmentBatch, SegmentBatches } from './output-format.ts'
import { type PlacedCut, shownPart } from './tracks/placed-cuts.ts'

/** What a window shows of some of its segments, by their numbers: a part, or undefined for nothing. */
type Changes = ReadonlyMap<number, Partial<SegmentEdge> | undefined>

/** A window as its cuts show it. Summaries and whole segments are cut alike. */
export class ShownWindow {
  readonly summary: SummaryWindow
  private readonly changes: Changes

  private constructor(window: SummaryWindow, changes: Changes, eras?: ReadonlyMap<number, Era>) {
    this.changes = changes
    const shownOrNot = this.segments(window.segments)
    const segments = shownOrNot.filter((segment) => segment !== undefined)
    const leftOut = window.segments.filter((_, i) => shownOrNot[i] === undefined)
    const left = new Set(segments.map(({ era }) => era))
    const shown = window.eras.filter(({ id }) => left.has(id)).map((era) => eras?.get(era.id) ?? era)
    const adEvents = [...(window.adEvents ?? []), ...leftOut.flatMap((segment) => eventsOf(segment, window))]
    this.summary = { ...window, segments, eras: shown, ...(adEvents.length > 0 && { adEvents }) }
  }

  /** Each range begins with the segment in which it does, and ends within that in which it ends. */
  static ofCuts(window: SummaryWindow, cuts: readonly PlacedCut[]): ShownWindow {
    const changes = new Map<number, Partial<SegmentEdge> | undefined>()
    for (const segment of window.segments) {
      const range = rangeOf(cuts, segment)
      const shown = range ? shownPart(segment, range) : segment
      if (shown !== segment) changes.set(segment.number, shown && { duration: shown.duration, isCut: true })
    }
    return new ShownWindow(window, changes)
  }

  /** Each range begins and ends at its edges, with the pictures that were encoded there. */
  static ofEdges(window: SummaryWindow, { segments, eras }: ExactEdges): ShownWindow {
    return new ShownWindow(window, segments, eras)
  }

  /** The batch as it is shown. */
  batch<Segment extends SegmentSummary>({ before, segments, after }: SegmentBatch<Segment>): SegmentBatch<Segment> {
    // Joined and dropped ones change their neighbours.
    const shown = this.segments<Segment | SegmentSummary>([...before, ...segments, ...after])
    const part = <Each>(from: number, end?: number) =>
      shown.slice(from, end).filter((each) => each !== undefined) as Each[]
    const begin = before.length
    const end = begin + segments.length
    return { before: part(0, begin), segments: part(begin, end), after: part(end) }
  }

  /** An asset of the window as it is shown, that is written from all of it. */
  asset(made: Asset): Asset {
    return {
      ...made,
      segmentsOf: (whole) => {
        const batch = this.batch(whole)
        if (batch.segments.length === 0) return []
        const places = new Map(whole.segments.map(({ number }, place) => [number, place]))
        return made.segmentsOf(batch).map((file) => ({
          ...file,
          source: { ...file.source, place: places.get(batch.segments[file.source.place]!.number)! },
          body: (segments, media, keys) => file.body(this.batch(segments), media, keys),
        }))
      },
    }
  }

  /** Files that are made of the window as it is shown, and read from all of it. */
  files(made: readonly AssetWholeFile[]): readonly AssetWholeFile[] {
    return made.map((file) => ({
      ...file,
      body: (batches, source, signal) => file.body(this.batches(batches), source, signal),
    }))
  }

  private batches(batches: SegmentBatches): SegmentBatches {
    const shown = (batch: SegmentBatch<OutputSegment>) => this.batch(batch)
    return async function* (after) {
      for await (const batch of batches(after)) yield shown(batch)
    }
  }

  /** Consecutive segments as they are shown, each at its place; undefined for those of which nothing is. */
  private segments<Segment extends SegmentSummary>(all: readonly Segment[]): readonly (Segment | undefined)[] {
    let isDiscontinuous = false
    return all.map((segment, i) => {
      const isChanged = this.changes.has(segment.number)
      const change = this.changes.get(segment.number)
      isDiscontinuous ||= segment.discontinuity
      if (isChanged && !change) return undefined
      const discontinuity = isDiscontinuous
      isDiscontinuous = false
      if (!change && discontinuity === segment.discontinuity) return segment
      const { isJoined, ...edge } = change ?? {}
      // A compact summary has its slots from its prototype.
      const slots = isJoined ? [...all[i - 1]!.slots, ...segment.slots] : segment.slots
      return { ...segment, slots, ...edge, discontinuity }
    })
  }
}

/** What begins in a segment that is left out has begun before what is shown. */
function eventsOf(segment: SegmentSummary, { ranges }: SummaryWindow): EraAdEvent[] {
  const within = rangeOf(ranges, segment)?.numbers
  return [...beginningIn(segment)].map((row) => ({ ...row, ...(within && { within }) }))
}

/** The format, with assets that begin and end with the segments in which their cuts do. */
export function cutting(format: OutputFormat): OutputFormat {
  return {
    resolve: (endpoint, path) => format.resolve(endpoint, path),
    asset(endpoint, window, options = {}): Asset | undefined {
      if (!options.cuts) return format.asset(endpoint, window, options)
      const shown = ShownWindow.ofCuts(window, options.cuts)
      const asset = format.asset(endpoint, shown.summary, options)
      return asset && shown.asset(asset)
    },
  }
}
