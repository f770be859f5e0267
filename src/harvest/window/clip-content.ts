import type { ArchiveReader } from '../../archive/reader.ts'
import { Pool } from '../../concurrency/pool.ts'
import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
import { inTheClear, isInTheClear } from '../../model/asset-encryption.ts'
import {
  CLIP_KINDS,
  type Clip,
  type ClipKind,
  type ClipSource,
  checkClipWindow,
  clippedEndpoint,
} from '../../model/clip.ts'
import { nearestText, nearestWindow, usableSpan } from '../../model/harvest-request.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import {
  endUtcOf,
  inOrder,
  type ObjectSummary,
  type SegmentSummary,
  type SummaryWindow,
} from '../../model/output-segment.ts'
import { refuse } from '../../model/rules.ts'
import { movieTracks } from '../../packaging/deliverables/movie-files.ts'
import { packagedAs } from '../../packaging/deliverables/packaged-as.ts'
import { outputFormatOf } from '../../packaging/packager.ts'
import { type PagedWindow, readWindow, type WindowArchive } from '../../packaging/paged-window.ts'
import type { ShownSegments } from '../../stores/clip-records.ts'
import type { ChannelUsage } from '../../stores/object-ledger.ts'
import { nearestWindowWithContent } from './nearest-window.ts'

/** Clips whose windows are read at the same time: that of a day takes 16 MiB. */
const AT_ONCE = 4
/** Output segments at the beginning of a clip by which it is seen in which formats it can be shown. */
const LOOKED_AT = 64
export type ClipArchive = WindowArchive & Pick<ArchiveReader, 'extent' | 'outputSegment'>

export type ClipRequest = {
  /** Endpoints of one channel that can be harvested, at least one: the first that has a format shows it. */
  readonly endpoints: readonly OriginEndpoint[]
  readonly span: UtcRange
  readonly now: UtcMs
  /** The clip that is changed: what it has pinned is there whatever the endpoints' startover windows are. */
  readonly held?: Pick<Clip, 'start' | 'end' | 'sources'>
}

/** What a clip shows, and what it needs for that. */
export type ClipContent = Pick<Clip, 'sources' | 'pinned' | 'bytes'> & {
  /** The segments that must still be there when it is made, unless the clip that is changed has pinned them. */
  readonly shown: readonly ShownSegments[]
}

/** What clips ask of an archive: as many of them at a time as memory should hold windows of. */
export function clipContents(archive: ClipArchive & { usage(): Promise<readonly ChannelUsage[]> }) {
  const pool = new Pool(Array.from({ length: AT_ONCE }))
  return {
    content: (request: ClipRequest) => pool.run(() => clipContent(request, archive)),
    archivedBytes: async () => (await archive.usage()).reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/**
 * Finds what a clip of a span is made of. Throws RuleViolation, with the nearest span that works, when the archive does
 * not hold all of it; media missing in between is left out.
 */
export async function clipContent(request: ClipRequest, archive: ClipArchive): Promise<ClipContent> {
  const { span, held } = request
  if (held && span.start < span.end && contains(held, span)) {
    const window = await windowOf(held.sources[0]!.endpoint, span, archive)
    return { sources: held.sources, shown: [], ...(await needsOf(window, span)) }
  }
  const kept = await keptBy(request, archive)
  const [first] = kept
  const window = await windowOf(first, span, archive)
  const { eras, segments } = window.summary
  if (held && (segments[0]!.startUtc > span.start || endOf(segments) < span.end)) {
    refuse('startTime', `must be within what is kept of the clip; ${nearestText(nearestWindow(span, held))}`)
  }
  const beginning = segments.slice(0, LOOKED_AT)
  const head = {
    ...window.summary,
    segments: beginning,
    eras: eras.filter(({ id }) => beginning.some(({ era }) => era === id)),
  }
  const sources = sourcesOf(kept, head)
  if (sources.length === 0) refuse('startTime', 'must be of a window that can be packaged: there are no streams in it')
  const shown = [await shownIn(window, first, span, archive)]
  for (const { endpoint } of sources) {
    const range = await archive.range(endpoint, span, await archive.edge(endpoint))
    if (!range || shown.some(({ outputTimeline }) => outputTimeline === range.outputTimeline)) continue
    const other = await readWindow(archive, endpoint, span)
    if (other) shown.push(await shownIn(other, endpoint, span, archive))
  }
  return { sources, shown, ...(await needsOf(window, span)) }
}

/**
 * The segments that an endpoint shows in a span. Throws RuleViolation when retention has deleted what it showed before
 * them: it may have deleted the beginning of the span, too, also where something older is pinned.
 */
async function shownIn(
  { outputTimeline, summary: { segments } }: PagedWindow,
  endpoint: OriginEndpoint,
  { start, end }: UtcRange,
  archive: ClipArchive,
): Promise<ShownSegments> {
  const { number, startUtc } = segments[0]!
  if (startUtc > start && (await archive.outputSegment(endpoint, number - 1)) === 'no longer kept') {
    refuseAsOlder({ start: startUtc, end })
  }
  return { outputTimeline, first: number, last: segments.at(-1)!.number, count: segments.length }
}

/** Throws RuleViolation for a span that begins before what is kept. */
function refuseAsOlder(nearest: UtcRange): never {
  const kept = 'what is kept (the startover window, as far as there is content)'
  return refuse('startTime', `must not be before ${kept}; ${nearestText(nearest)}`)
}

/** The endpoints whose startover windows hold a span. */
async function keptBy(
  { endpoints, span, now, held }: ClipRequest,
  archive: ClipArchive,
): Promise<readonly [OriginEndpoint, ...OriginEndpoint[]]> {
  const extents = await Promise.all(endpoints.map((endpoint) => archive.extent(endpoint)))
  const known = endpoints.flatMap((endpoint, i) => {
    const extent = extents[i]
    return extent ? [{ endpoint, usable: usableSpan(extent, endpoint), kept: keptSpan(extent, endpoint) }] : []
  })
  const longest = known.toSorted((a, b) => a.kept.start - b.kept.start)[0]
  if (!longest) return refuse('startTime', 'must be of a time with content: the channel has none yet')
  checkClipWindow(span, longest.usable, now)
  const [first, ...others] = known.filter(({ kept }) =>
    contains(held && touch(held, kept) ? joined(held, kept) : kept, span),
  )
  if (first) return [first.endpoint, ...others.map(({ endpoint }) => endpoint)]
  const { kept, usable } = longest
  const nearest = nearestWindow(span, usable)
  if (span.start < kept.start) return refuseAsOlder(nearest)
  return refuse('endTime', `must not be after the newest content; ${nearestText(nearest)}`)
}

/** What is kept for an endpoint. */
function keptSpan(extent: UtcRange, { startoverWindowSeconds }: OriginEndpoint): UtcRange {
  return { start: utcMs(Math.max(extent.start, extent.end - startoverWindowSeconds * 1000)), end: extent.end }
}

async function windowOf(endpoint: OriginEndpoint, span: UtcRange, archive: ClipArchive): Promise<PagedWindow> {
  const window = await readWindow(archive, endpoint, span)
  if (window) return window
  const extent = await archive.extent(endpoint)
  const nearest = extent && (await nearestWindowWithContent(archive, endpoint, span, usableSpan(extent, endpoint)))
  return refuse('startTime', `must be of a time with content${nearest ? `; ${nearestText(nearest)}` : ''}`)
}

/** For each format in which the beginning of a window can be shown, an endpoint that has it, or any in the clear. */
function sourcesOf(
  endpoints: readonly [OriginEndpoint, ...OriginEndpoint[]],
  head: SummaryWindow,
): readonly ClipSource[] {
  const kinds = new Map<OriginEndpoint, ClipKind[]>()
  for (const kind of CLIP_KINDS) {
    const suitable = endpoints.filter((each) => !isInTheClear(each, kind))
    const endpoint = suitable.find((each) => has(each, kind)) ?? suitable[0]
    if (!endpoint || !canShow(endpoint, kind, head)) continue
    kinds.set(endpoint, [...(kinds.get(endpoint) ?? []), kind])
  }
  return [...kinds].map(([endpoint, shown]) => ({ endpoint: clippedEndpoint(endpoint), kinds: shown }))
}

function canShow(endpoint: OriginEndpoint, kind: ClipKind, window: SummaryWindow): boolean {
  if (kind === 'MP4') return movieTracks({ endpoint, window }).length > 0
  // An encrypted endpoint has what it would have in the clear; no key is asked for yet.
  const packaged = packagedAs(inTheClear(endpoint), kind, false)
  return outputFormatOf(packaged)?.asset(packaged, window) !== undefined
}

function has({ packaging: { container, manifests } }: OriginEndpoint, kind: ClipKind): boolean {
  const types = manifests.map(({ type }) => type)
  switch (kind) {
    case 'HLS':
      return container === 'TS'
    case 'CMAF':
      return container === 'CMAF' && types.includes('HLS')
    case 'DASH':
      return container === 'CMAF' && types.includes('DASH')
    case 'MSS':
      return container === 'ISM'
    case 'MP4':
      return false
  }
}

/**
 * What must be kept for a window, and the bytes of the segments in it. Segments of a locked input are shown at other
 * times than those by which they are kept.
 */
async function needsOf(window: PagedWindow, { start, end }: UtcRange): Promise<Pick<Clip, 'pinned' | 'bytes'>> {
  let [ahead, behind, bytes] = [0, 0, 0]
  for await (const { segments } of window.summaryBatches()) {
    for (const { shift, slots } of segments) {
      ahead = Math.max(ahead, shift?.ms ?? 0)
      behind = Math.min(behind, shift?.ms ?? 0)
      for (const { objects } of slots) bytes += bytesOf(Object.values(objects))
    }
  }
  return { pinned: { start: utcMs(start - ahead), end: utcMs(end - behind) }, bytes }
}

const bytesOf = (objects: readonly ObjectSummary[]) =>
  objects.flatMap((object) => inOrder(object)).reduce((sum, { size }) => sum + size, 0)

const endOf = (segments: readonly SegmentSummary[]) => Math.max(...segments.slice(-LOOKED_AT).map(endUtcOf))

const contains = (whole: UtcRange, { start, end }: UtcRange) => whole.start <= start && end <= whole.end

const touch = (a: UtcRange, b: UtcRange) => a.start <= b.end && b.start <= a.end

const joined = (a: UtcRange, b: UtcRange): UtcRange => ({
  start: utcMs(Math.min(a.start, b.start)),
  end: utcMs(Math.max(a.end, b.end)),
})
