import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'
import { nearestWindow } from '../../model/harvest-request.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { endUtcOf, type OutputSegment, overlaps } from '../../model/output-segment.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { parseSegmentPage } from '../../model/segment-page.ts'
import type { WindowArchive } from '../../packaging/paged-window.ts'

/** Output segments examined on either side. */
const NEAR = 64

/**
 * The usable window nearest to a span without content: it ends where the content ends before the gap, or begins where
 * it resumes, and is as long as possible. Undefined when neither side is usable.
 */
export async function nearestWindowWithContent(
  archive: WindowArchive,
  endpoint: OriginEndpoint,
  gap: UtcRange,
  usable: UtcRange,
): Promise<UtcRange | undefined> {
  const before = await contentNear(archive, endpoint, { start: usable.start, end: gap.start }, 'end')
  const after = await contentNear(archive, endpoint, { start: gap.end, end: usable.end }, 'start')
  const spans = [
    ...(before.length > 0 ? [{ start: usable.start, end: latest(before.map(endUtcOf)) }] : []),
    ...(after.length > 0 ? [{ start: earliest(after.map(({ startUtc }) => startUtc)), end: usable.end }] : []),
  ]
  const away = ({ start }: UtcRange) => Math.abs(start - gap.start)
  const length = ({ start, end }: UtcRange) => end - start
  const windows = spans.map((span) => nearestWindow(gap, span))
  return windows.toSorted((a, b) => length(b) - length(a) || away(a) - away(b))[0]
}

/** Output segments in a span, up to `NEAR` at one end of it. */
async function contentNear(
  archive: WindowArchive,
  endpoint: OriginEndpoint,
  span: UtcRange,
  side: 'start' | 'end',
): Promise<readonly OutputSegment[]> {
  if (span.start >= span.end) return []
  const segmentRange = await archive.range(endpoint, span, await archive.edge(endpoint))
  if (!segmentRange) return []
  const { after, last } = segmentRange.numbers
  const range: NumberRange =
    side === 'start' ? { after, last: Math.min(after + NEAR, last) } : { after: Math.max(last - NEAR, after), last }
  const segments = parseSegmentPage(await segmentRange.page(range))
  return segments.filter((segment) => overlaps(segment, span))
}

const latest = (times: readonly UtcMs[]): UtcMs => utcMs(Math.max(...times))

const earliest = (times: readonly UtcMs[]): UtcMs => utcMs(Math.min(...times))
