import type { ArchiveReader } from '../src/archive/reader.ts'
import type { OriginEndpoint } from '../src/model/origin-endpoint.ts'
import { type ArchiveWindow, type OutputSegment, overlaps } from '../src/model/output-segment.ts'
import type { TimeWindow } from '../src/stores/segment-index.ts'

/** Every output segment of a window, read in one piece. Undefined when there is none. */
export async function wholeWindow(
  archive: Pick<ArchiveReader, 'edge' | 'stretch'>,
  endpoint: OriginEndpoint,
  window: TimeWindow,
): Promise<ArchiveWindow | undefined> {
  const edge = await archive.edge(endpoint)
  const stretch = edge && (await archive.stretch(endpoint, window, edge))
  if (!stretch) return undefined
  const { version, ended, range } = stretch
  const segments = (JSON.parse(await stretch.page(range)) as OutputSegment[]).filter((segment) =>
    overlaps(segment, window),
  )
  const eras = stretch.eras.filter(({ id }) => segments.some(({ era }) => era === id))
  return segments.length > 0 ? { version, ended, eras, segments } : undefined
}
