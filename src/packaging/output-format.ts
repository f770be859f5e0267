import type { ArchiveReader } from '../archive/reader.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, OutputSegment } from '../model/output-segment.ts'

/** What a request path below `/out/v1/<endpoint GUID>/` names. */
export type OutputRequest =
  | { readonly kind: 'manifest'; readonly name: ManifestName }
  | { readonly kind: 'segment'; readonly name: SegmentName }

/** The parent manifest, or the manifest of stream `n`, or of track `p` of stream `n`. */
export type ManifestName = { readonly n?: number; readonly p?: number }
/** Output segment `number` of stream `n`, or of its track `p` alone. */
export type SegmentName = { readonly n: number; readonly p?: number; readonly number: number }

export type TextBody = { readonly contentType: string; readonly text: string }

/** One verbatim source object, several one after the other, or bytes made for the occasion. */
export type SegmentBody = { readonly contentType: string; readonly size: number } & (
  | { readonly kind: 'object'; readonly key: string }
  | { readonly kind: 'concat'; readonly keys: readonly string[] }
  | { readonly kind: 'bytes'; readonly parts: readonly Uint8Array[] }
)

/** How manifests are to be written: live as players see it, or finished as a harvest leaves it. */
export type ManifestStyle = { readonly kind: 'live' } | { readonly kind: 'harvest' }

/** One way of presenting a channel to players. Origin and harvest hold nothing but this. */
export type OutputFormat = {
  /** The object of this endpoint that a path names, if any. */
  resolve(endpoint: OriginEndpoint, path: string): OutputRequest | undefined
  /** How much of the live edge a manifest shows. */
  windowSeconds(endpoint: OriginEndpoint): number
  segmentDurationSeconds(endpoint: OriginEndpoint): number
  /** The manifest for a window, or undefined when the window has no such stream. Same inputs, same bytes. */
  manifest(
    endpoint: OriginEndpoint,
    window: ArchiveWindow,
    name: ManifestName,
    style: ManifestStyle,
  ): TextBody | undefined
  /** The bytes of an output segment, or undefined where the stream has none there. `window` has at least its era. */
  segment(
    endpoint: OriginEndpoint,
    segment: OutputSegment,
    window: Pick<ArchiveWindow, 'eras'>,
    name: SegmentName,
    archive: Pick<ArchiveReader, 'read'>,
  ): Promise<SegmentBody | undefined>
  /**
   * Every file of a finished asset: what a harvest writes, children before their parents, names without folders.
   * Undefined when the endpoint's settings leave nothing of the window.
   */
  asset(endpoint: OriginEndpoint, window: ArchiveWindow): Asset | undefined
}

export type Asset = {
  /** Only those that exist: where a stream has a gap there is no file. */
  readonly segments: readonly {
    readonly name: string
    readonly request: SegmentName
    readonly segment: OutputSegment
  }[]
  /** Bodies are written when asked for, so that a long window can be taken a manifest at a time. */
  readonly manifests: readonly { readonly name: string; readonly body: () => TextBody }[]
  /** Written last, under the name the job chose. */
  readonly parent: TextBody
}
