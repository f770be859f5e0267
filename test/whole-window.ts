import type { ArchiveReader } from '../src/archive/reader.ts'
import type { UtcRange } from '../src/media/time.ts'
import type { OriginEndpoint } from '../src/model/origin-endpoint.ts'
import { type ArchiveWindow, overlaps } from '../src/model/output-segment.ts'
import { parseSegmentPage } from '../src/model/segment-page.ts'

/** Every output segment of a window, read in one piece. Undefined when there is none. */
export async function wholeWindow(
  archive: Pick<ArchiveReader, 'edge' | 'range'>,
  endpoint: OriginEndpoint,
  window: UtcRange,
): Promise<ArchiveWindow | undefined> {
  const edge = await archive.edge(endpoint)
  const segmentRange = edge && (await archive.range(endpoint, window, edge))
  if (!segmentRange) return undefined
  const { version, ended, numbers } = segmentRange
  const segments = parseSegmentPage(await segmentRange.page(numbers)).filter((segment) => overlaps(segment, window))
  const eras = segmentRange.eras.filter(({ id }) => segments.some(({ era }) => era === id))
  return segments.length > 0 ? { version, ended, eras, segments } : undefined
}
