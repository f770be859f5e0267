import { createHash } from 'node:crypto'
import { begunBefore } from '../../model/ad-events/begun-before.ts'
import { endUtcOf, overlaps, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import { withKeys } from '../../packaging/content-keys.ts'
import { cutsOf } from '../../packaging/cuts.ts'
import type { ManifestRequest, OutputFormat } from '../../packaging/output-format.ts'
import { outputFormatOf } from '../../packaging/packager.ts'
import { placedCuts } from '../../packaging/tracks/placed-cuts.ts'
import type { SegmentPages } from './segment-pages.ts'
import type { AssetStyle, RangeSource, Rendered, RenderJob } from './worker-messages.ts'

/** Writes the manifest of a range, reading its segments in pages. */
export async function renderManifest(
  { endpoint, path, segmentRange, style }: RenderJob,
  pages: SegmentPages,
  source: RangeSource,
): Promise<Rendered> {
  const { window, outputTimeline, numbers, eras, ...more } = segmentRange
  const numbered = await pages.read(outputTimeline, numbers, source.summaries)
  const segments = numbered.filter((segment) => overlaps(segment, window))
  const last = segments.at(-1)
  const format = outputFormatOf(endpoint)
  if (!last || !format) return 'NothingInWindow'
  const shown = new Set(segments.map(({ era }) => era))
  const wanted = begunBefore(segments)
  const adEvents = wanted.length > 0 ? await source.adEventsOf(wanted) : []
  const shownEras = eras.filter(({ id }) => shown.has(id))
  const clear = { ...more, segments, eras: shownEras, adEvents }
  const part = await withKeys(endpoint, clear, { describe: (_, periods) => source.keysOf(periods) })
  if (style.kind === 'asset') return assetManifest(format, { endpoint, path, style }, part, last)
  const request = format.resolve(endpoint, path) as ManifestRequest | undefined
  return request ? manifestText(request.write(part, style), last, isInOrder(numbered)) : 'NothingInWindow'
}

function assetManifest(
  format: OutputFormat,
  { endpoint, path, style }: Pick<RenderJob, 'endpoint' | 'path'> & { readonly style: AssetStyle },
  window: SummaryWindow,
  last: SegmentSummary,
): Rendered {
  const { isParent, names, cut } = style
  const cuts = cut && placedCuts(endpoint, window, cutsOf(cut, window))
  const asset = format.asset(endpoint, window, { ...names, ...(cuts && { cuts }) })
  if (!isParent) return manifestText(asset?.manifests.find(({ name }) => name === path)?.body(), last)
  const text = manifestText(asset?.parent?.(), last)
  return text instanceof Object ? { ...text, children: asset?.manifests.map(({ name }) => name) ?? [] } : text
}

/** Encodes a written manifest of a window that ends with the segment `last`. */
export function manifestText(
  written: ReturnType<ManifestRequest['write']>,
  last: SegmentSummary,
  inOrder = true,
): Rendered {
  if (written === 'nothing left') return 'FilterLeavesNothing'
  if (written === 'not encryptable') return 'NotEncryptable'
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
