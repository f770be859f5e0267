import { createHash } from 'node:crypto'
import { endUtcOf, overlaps, type SegmentSummary } from '../../model/output-segment.ts'
import type { ManifestRequest } from '../../packaging/output-format.ts'
import { outputFormatOf } from '../../packaging/packager.ts'
import type { ReadPage, SegmentPages } from './segment-pages.ts'
import type { Rendered, RenderJob } from './worker-messages.ts'

/** Writes the manifest of a range, reading its segments in pages. */
export async function renderManifest(
  { endpoint, path, segmentRange, style }: RenderJob,
  pages: SegmentPages,
  readPage: ReadPage,
): Promise<Rendered> {
  const { window, outputTimeline, numbers, eras, ...more } = segmentRange
  const numbered = await pages.read(outputTimeline, numbers, readPage)
  const segments = numbered.filter((segment) => overlaps(segment, window))
  const last = segments.at(-1)
  const request = outputFormatOf(endpoint)?.resolve(endpoint, path) as ManifestRequest | undefined
  if (!last || !request) return 'NothingInWindow'
  const shown = new Set(segments.map(({ era }) => era))
  const written = request.write({ ...more, segments, eras: eras.filter(({ id }) => shown.has(id)) }, style)
  return manifestText(written, last, isInOrder(numbered))
}

/** Encodes a written manifest of a window that ends with the segment `last`. */
export function manifestText(
  written: ReturnType<ManifestRequest['write']>,
  last: SegmentSummary,
  inOrder = true,
): Rendered {
  if (written === 'nothing left') return 'FilterLeavesNothing'
  if (written === undefined) return 'NoSuchStream'
  const body = new TextEncoder().encode(written.text)
  return {
    contentType: written.contentType,
    body,
    digest: createHash('sha256').update(body).digest('base64url'),
    lastSequence: written.lastSequence ?? last.number,
    lastUpdated: last.sealedAt,
    isHeldBack: written.isHeldBack === true,
    isInOrder: inOrder,
  }
}

function isInOrder(segments: readonly SegmentSummary[]): boolean {
  return segments.every((segment, at) => {
    const before = segments[at - 1]
    return !before || (before.startUtc <= segment.startUtc && endUtcOf(before) <= endUtcOf(segment))
  })
}
