import { setImmediate } from 'node:timers/promises'
import type { ArchiveReader, SegmentRange } from '../archive/reader.ts'
import type { UtcRange } from '../media/time.ts'
import { amongBegunBefore, begunBefore } from '../model/ad-events/begun-before.ts'
import { beginningIn } from '../model/ad-events/segment-ads.ts'
import { type Loss, mendedSegment, mendedSummaries } from '../model/harvest-losses.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type Era,
  type EraAdEvent,
  type OutputSegment,
  overlaps,
  type SegmentSummary,
  type SummaryWindow,
} from '../model/output-segment.ts'
import { asRecorded } from '../model/recorded-segment.ts'
import type { NumberRange } from '../model/segment-numbers.ts'
import { parseSegmentPage, readSummaryPage } from '../model/segment-page.ts'
import { NEIGHBOURS, type SegmentBatch } from './output-format.ts'

/** Output segments read at a time; parsing them takes less than a millisecond. */
const PAGE = 64

export type WindowArchive = Pick<ArchiveReader, 'edge' | 'range'>

/**
 * Reads every output segment that starts before the end of a span and ends after its start. Undefined when there is
 * none.
 */
export async function readWindow(
  archive: WindowArchive,
  endpoint: OriginEndpoint,
  span: UtcRange,
): Promise<PagedWindow | undefined> {
  const segmentRange = await archive.range(endpoint, span, await archive.edge(endpoint))
  if (!segmentRange) return undefined
  const summaries: SegmentSummary[] = []
  const pages = pagesOf(
    segmentRange,
    segmentRange.summaries,
    (page) => readSummaryPage(page).segments,
    segmentRange.numbers.after,
  )
  for await (const page of pages) summaries.push(...page)
  const wanted = begunBefore(summaries)
  const before = wanted.length > 0 ? await segmentRange.adEventsOf(wanted) : []
  const adEvents = [...before, ...summaries.flatMap((segment) => [...beginningIn(segment)])]
  return windowOf({ endpoint, segmentRange, adEvents }, summaries)
}

/** The endpoint that shows a segment, and its era there. */
export type SegmentSource = { readonly endpoint: OriginEndpoint; readonly era: Era }

type WindowSource = {
  readonly endpoint: OriginEndpoint
  readonly segmentRange: SegmentRange
  /** All ad events of the whole window: a part of it may begin within one. */
  readonly adEvents: readonly EraAdEvent[]
}

/**
 * The output segments of a window. Only their summaries are held; the segments themselves are read, a page at a time,
 * when their bytes are needed.
 */
export class PagedWindow {
  readonly summary: SummaryWindow
  /** The id of the output timeline that gave the numbers. */
  readonly outputTimeline: number
  private readonly source: WindowSource
  /** The summaries as the archive has them. */
  private readonly archived: readonly SegmentSummary[]
  private readonly losses: readonly Loss[]

  /** Holds the summaries given, at least one. */
  constructor(source: WindowSource, summaries: readonly SegmentSummary[], losses: readonly Loss[] = []) {
    const { segmentRange, adEvents } = source
    const { version, ended, outputTimeline } = segmentRange
    const shown = new Set(summaries.map(({ era }) => era))
    const segments = mendedSummaries(summaries, losses)
    const begun = amongBegunBefore(adEvents, summaries)
    const eras = segmentRange.eras.filter(({ id }) => shown.has(id))
    this.summary = { version, ended, segments, eras, ...(begun.length > 0 && { adEvents: begun }) }
    this.outputTimeline = outputTimeline
    this.source = source
    this.archived = summaries
    this.losses = losses
  }

  /** The part of the window up to a segment, or from one on; undefined when that leaves none. */
  part(isIn: (segment: SegmentSummary) => boolean): PagedWindow | undefined {
    return windowOf(this.source, this.archived.filter(isIn), this.losses)
  }

  /** The window with what replaces the objects that the archive has lost, or without them. */
  mended(losses: readonly Loss[]): PagedWindow {
    return new PagedWindow(this.source, this.archived, losses)
  }

  /** Where the archive has a segment of the window. */
  sourceOf({ era: id }: Pick<SegmentSummary, 'era'>): SegmentSource | undefined {
    const { endpoint, segmentRange } = this.source
    const era = segmentRange.eras.find((each) => each.id === id)
    return era && { endpoint, era }
  }

  /** Yields the whole window as summaries, a page at a time; other work runs in between. */
  async *summaryBatches(): AsyncGenerator<SegmentBatch<SegmentSummary>> {
    const { segments } = this.summary
    for (let at = 0; at < segments.length; at += PAGE) {
      const end = at + PAGE
      yield {
        before: segments.slice(Math.max(at - NEIGHBOURS, 0), at),
        segments: segments.slice(at, end),
        after: segments.slice(end, end + NEIGHBOURS),
      }
      await setImmediate()
    }
  }

  /**
   * Yields the output segments after `afterNumber`, a page at a time. Throws ContentDeleted when one of them is not
   * there any more.
   */
  async *batches(afterNumber = 0): AsyncGenerator<SegmentBatch> {
    const summaries = this.summary.segments
    let before: readonly OutputSegment[] = []
    let place = 0
    const { segmentRange } = this.source
    const pages = pagesOf(segmentRange, segmentRange.page, parseSegmentPage, afterNumber - NEIGHBOURS)
    for await (const page of pages) {
      const segments: OutputSegment[] = []
      for (const archived of page) {
        const mended = mendedSegment(archived, this.losses)
        // Segments before the first that is asked for may be missing.
        while (summaries[place] && summaries[place]!.number <= Math.min(afterNumber, archived.number - 1)) place++
        const { number = Infinity, period } = summaries[place] ?? {}
        const placed = period && number === archived.number ? { ...mended, period } : mended
        const segment = mended === archived ? asRecorded(placed, segmentRange.outputTimeline) : placed
        if (number < segment.number) throw new ContentDeleted()
        if (number > segment.number) continue
        if (number > afterNumber) segments.push(segment)
        else before = [...before, segment].slice(-NEIGHBOURS)
        place++
      }
      if (segments.length === 0) continue
      yield { before, segments, after: summaries.slice(place, place + NEIGHBOURS) }
      // A part may end long before its range.
      if (place === summaries.length) return
      before = [...before, ...segments].slice(-NEIGHBOURS)
    }
    if ((summaries.at(-1)?.number ?? 0) > afterNumber && place < summaries.length) throw new ContentDeleted()
  }
}

/** Thrown when retention has deleted segments of a window that is being read. */
export class ContentDeleted extends Error {
  override readonly name = 'ContentDeleted'

  constructor() {
    super('a part of the window has been deleted')
  }
}

function windowOf(
  source: WindowSource,
  summaries: readonly SegmentSummary[],
  losses: readonly Loss[] = [],
): PagedWindow | undefined {
  return summaries.length === 0 ? undefined : new PagedWindow(source, summaries, losses)
}

/** Yields the pages of a range's window from a number on, or from its beginning. */
async function* pagesOf<Page, Segment extends Pick<OutputSegment, 'startUtc' | 'start' | 'duration'>>(
  { numbers, window }: SegmentRange,
  page: (numbers: NumberRange) => Promise<Page>,
  parse: (page: Page) => readonly Segment[],
  from: number,
): AsyncGenerator<readonly Segment[]> {
  const read = (after: number) => {
    const reading = page({ after, last: Math.min(after + PAGE, numbers.last) })
    // The failure is reported to whoever awaits this page; until then it must not count as unhandled.
    reading.catch(() => {})
    return reading
  }
  let after = Math.max(from, numbers.after)
  let next = read(after)
  while (after < numbers.last) {
    const reading = next
    after += PAGE
    if (after < numbers.last) next = read(after)
    yield parse(await reading).filter((segment) => overlaps(segment, window))
  }
}
