import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { Pool } from '../../concurrency/pool.ts'
import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
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
  overlaps,
  type SegmentSummary,
  type SummaryWindow,
} from '../../model/output-segment.ts'
import { refuse } from '../../model/rules.ts'
import { movieTracks } from '../../packaging/deliverables/movie-files.ts'
import { packagedAs } from '../../packaging/deliverables/packaged-as.ts'
import { outputFormatOf } from '../../packaging/packager.ts'
import { type PagedWindow, readWindow, type WindowArchive } from '../../packaging/paged-window.ts'
import type { ChannelUsage } from '../../stores/object-ledger.ts'
import { nearestWindowWithContent } from './nearest-window.ts'

/** Clips whose windows are read at the same time: that of a day takes 16 MiB. */
const AT_ONCE = 4
/** Output segments at the beginning of a clip by which it is seen in which formats it can be shown. */
const LOOKED_AT = 64
/**
 * How much older than a startover window content may be that is pinned. Retention deletes what is a minute older, by
 * what was pinned a moment ago.
 */
const LATE_MS = 10_000

export type ClipArchive = WindowArchive & Pick<ArchiveReader, 'extent'>

export type ClipRequest = {
  /** Endpoints of one channel that can be harvested, at least one: the first that has a format shows it. */
  readonly endpoints: readonly OriginEndpoint[]
  readonly span: UtcRange
  readonly now: UtcMs
  /** The clip that is changed: what it has pinned is there whatever the endpoints' startover windows are. */
  readonly held?: Pick<Clip, 'start' | 'end' | 'sources'>
}

/** What a clip shows, and what it needs for that. */
export type ClipContent = Pick<Clip, 'sources' | 'pinned' | 'bytes'>

/** What clips ask of an archive: as many of them at a time as memory should hold windows of. */
export function clipContents(archive: ClipArchive & { usage(): Promise<readonly ChannelUsage[]> }, steady: Clock) {
  const pool = new Pool(Array.from({ length: AT_ONCE }))
  return {
    content: (request: ClipRequest) => pool.run(() => clipContent(request, archive, steady())),
    archivedBytes: async () => (await archive.usage()).reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/**
 * Finds what a clip of a span is made of. Throws RuleViolation, with the nearest span that works, when the archive does
 * not hold all of it; media missing in between is left out. `aged` is the moment by which content ages.
 */
export async function clipContent(request: ClipRequest, archive: ClipArchive, aged: UtcMs): Promise<ClipContent> {
  const { span, held } = request
  if (held && span.start < span.end && contains(held, span)) {
    const window = await windowOf(held.sources[0]!.endpoint, span, archive)
    return { sources: held.sources, ...(await needsOf(window, span)) }
  }
  const kept = await keptBy(request, archive)
  const [first] = kept
  const window = await windowOf(first, span, archive)
  const { eras, segments } = window.summary
  if (held && (segments[0]!.startUtc > span.start || endOf(segments) < span.end)) {
    refuse('startTime', `must be within what is kept of the clip; ${nearestText(nearestWindow(span, held))}`)
  }
  const oldest = utcMs(aged - first.startoverWindowSeconds * 1000 - LATE_MS)
  checkAge(held ? segments.filter((segment) => !overlaps(segment, held)) : segments, oldest)
  const shown = segments.slice(0, LOOKED_AT)
  const head = {
    ...window.summary,
    segments: shown,
    eras: eras.filter(({ id }) => shown.some(({ era }) => era === id)),
  }
  const sources = sourcesOf(kept, head)
  if (sources.length === 0) refuse('startTime', 'must be of a window that can be packaged: there are no streams in it')
  return { sources, ...(await needsOf(window, span)) }
}

/** Throws RuleViolation for segments that may be gone before they are pinned: a stream that has ended ages, too. */
function checkAge(segments: readonly SegmentSummary[], oldest: UtcMs): void {
  const isOld = ({ sealedAt }: SegmentSummary) => sealedAt < oldest
  const last = segments.findLastIndex(isOld)
  if (last < 0) return
  const kept = segments.slice(last + 1)
  const nearest = kept[0] && `; ${nearestText({ start: kept[0].startUtc, end: utcMs(endOf(kept)) })}`
  refuse(
    'startTime',
    `must not be of content that is about to be deleted, older than the startover window${nearest ?? ''}`,
  )
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
  const nearest = nearestText(nearestWindow(span, usable))
  if (span.start < kept.start) {
    return refuse(
      'startTime',
      `must not be before what is kept (the startover window, as far as there is content); ${nearest}`,
    )
  }
  return refuse('endTime', `must not be after the newest content; ${nearest}`)
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

/** For each format in which the beginning of a window can be shown, an endpoint that has it, or any. */
function sourcesOf(
  endpoints: readonly [OriginEndpoint, ...OriginEndpoint[]],
  head: SummaryWindow,
): readonly ClipSource[] {
  const kinds = new Map<OriginEndpoint, ClipKind[]>()
  for (const kind of CLIP_KINDS) {
    const endpoint = endpoints.find((each) => has(each, kind)) ?? endpoints[0]
    if (!canShow(endpoint, kind, head)) continue
    kinds.set(endpoint, [...(kinds.get(endpoint) ?? []), kind])
  }
  return [...kinds].map(([endpoint, shown]) => ({ endpoint: clippedEndpoint(endpoint), kinds: shown }))
}

function canShow(endpoint: OriginEndpoint, kind: ClipKind, window: SummaryWindow): boolean {
  if (kind === 'MP4') return movieTracks({ endpoint, window }).length > 0
  const packaged = packagedAs(endpoint, kind, false)
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
