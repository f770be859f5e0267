import type { ArchiveReader, LiveEdge, SegmentRange } from '../archive/reader.ts'
import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { begunBefore } from '../model/ad-events/begun-before.ts'
import { isBefore } from '../model/harvest-gaps.ts'
import type { RulePosition } from '../model/harvest-rule.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type EraAdEvent,
  endUtcOf,
  type OutputSegment,
  overlaps,
  type SegmentSummary,
} from '../model/output-segment.ts'
import { readSummaryPage } from '../model/segment-page.ts'

export type RuleArchive = Pick<ArchiveReader, 'edge' | 'extent' | 'outputSegment' | 'range'>

/** Output segments that a rule reads at a time: to go through them takes some milliseconds. */
const MOST_READ = 512
/** Output segments of one page. */
const PAGE = 64
/** The span of time in which new segments are looked for first; after a gap, in longer ones. */
const SPAN_MS = 2 * 3_600_000
/** What a rule looks back, where the endpoint shows another output timeline than when it read last. */
const LOOK_BACK_MS = 60_000

/** What follows a position. */
export type RuleReading = {
  readonly outputTimeline: number
  /** The segment before them, which had been read; absent where it is not there. */
  readonly before?: SegmentSummary
  /** Segments that have not been read, at least one. */
  readonly segments: readonly SegmentSummary[]
  /** The events that have begun before all of these. */
  readonly adEvents: readonly EraAdEvent[]
  /** What has been deleted between the position and these segments. */
  readonly deleted?: UtcRange
  /** True where there are more. */
  readonly hasMore: boolean
}

/** Reads what an endpoint shows after a position, up to an edge; undefined where there is nothing yet. */
export async function readAfter(
  archive: RuleArchive,
  endpoint: OriginEndpoint,
  position: RulePosition,
  edge: LiveEdge,
): Promise<RuleReading | undefined> {
  const newest = endUtcOf(edge.segment)
  const oldest = (await archive.extent(endpoint))?.start ?? newest
  const next = await nextOf(archive, endpoint, position)
  const from = utcMs(Math.min(Math.max(position.until, oldest) - LOOK_BACK_MS, next?.startUtc ?? Infinity))
  for (let span = SPAN_MS; ; span *= 2) {
    const end = utcMs(from + span)
    const range = await archive.range(endpoint, { start: from, end }, edge)
    const reading = range && (await readingOf(range, position))
    if (reading) {
      const hasMore = reading.segments.at(-1)!.number < edge.segment.number
      const deleted = await deletedBefore(archive, endpoint, position, reading)
      return { ...reading, hasMore, ...(deleted && { deleted }) }
    }
    if (end > newest) return undefined
  }
}

/** The segment behind a position, as far as that tells: dates go back where the clock of a source does. */
async function nextOf(
  archive: RuleArchive,
  endpoint: OriginEndpoint,
  { segment }: RulePosition,
): Promise<OutputSegment | undefined> {
  const found = segment && (await archive.outputSegment(endpoint, segment.number + 1))
  return typeof found === 'object' ? found.segment : undefined
}

async function readingOf(range: SegmentRange, position: RulePosition) {
  const { outputTimeline, numbers } = range
  const { segment: known, until } = position
  const number = known?.outputTimeline === outputTimeline ? known.number : undefined
  const isRead = (each: SegmentSummary) => (number === undefined ? endUtcOf(each) <= until : each.number <= number)
  let before: SegmentSummary | undefined
  const segments: SegmentSummary[] = []
  const first = Math.max(numbers.after, (number ?? 0) - 1)
  for (let after = first; after < numbers.last && segments.length < MOST_READ; after += PAGE) {
    const page = await range.summaries({ after, last: Math.min(after + PAGE, numbers.last) })
    for (const each of readSummaryPage(page).segments) {
      if (!isRead(each)) segments.push(each)
      else if (segments.length === 0) before = each
    }
  }
  if (segments.length === 0) return undefined
  const wanted = begunBefore(before ? [before, ...segments] : segments)
  const adEvents = wanted.length > 0 ? await range.adEventsOf(wanted) : []
  return { outputTimeline, segments, adEvents, ...(before && { before }) }
}

async function deletedBefore(
  archive: RuleArchive,
  endpoint: OriginEndpoint,
  { until }: RulePosition,
  { before, segments: [first] }: Pick<RuleReading, 'before' | 'segments'>,
): Promise<UtcRange | undefined> {
  // Where there was nothing when the rule began, nobody knows since when it lacks something.
  if (before || !first || until === 0 || !isBefore(until, first.startUtc)) return undefined
  const absence = await archive.outputSegment(endpoint, first.number - 1)
  return absence === 'no longer kept' ? { start: until, end: first.startUtc } : undefined
}

/** The segments at both ends of a span that an endpoint shows; undefined where it shows nothing of it. */
export async function endsOf(
  archive: RuleArchive,
  endpoint: OriginEndpoint,
  span: UtcRange,
  edge: LiveEdge,
): Promise<{ readonly first: SegmentSummary; readonly last: SegmentSummary } | undefined> {
  const range = await archive.range(endpoint, span, edge)
  if (!range) return undefined
  const { after, last } = range.numbers
  const pageOf = async (numbers: typeof range.numbers) =>
    readSummaryPage(await range.summaries(numbers)).segments.filter((segment) => overlaps(segment, span))
  const [first] = await pageOf({ after, last: Math.min(after + PAGE, last) })
  const newest = (await pageOf({ after: Math.max(after, last - PAGE), last })).at(-1)
  return first && newest && { first, last: newest }
}

/** The moment at which a segment that begins or ends there meets a moment asked for, or that moment. */
export function metBy(moment: UtcMs, edge: UtcMs): UtcMs {
  return Math.abs(moment - edge) <= SAME_MOMENT_MS ? edge : moment
}

/** Half a picture at 25 a second, by which events are taken to begin with a slot, and what dates are rounded by. */
const SAME_MOMENT_MS = 25
