import type { ArchiveReader } from '../archive/reader.ts'
import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputSegment, SegmentSummary, SummaryWindow } from '../model/output-segment.ts'
import type { ViewingWindow } from '../model/viewing-window.ts'
import type { SourceMedia } from './segments/source-media.ts'

/** One way of presenting a channel to players. Origin and harvest hold nothing but this. */
export type OutputFormat = {
  /**
   * The object of this endpoint that a path below `/out/v1/<endpoint GUID>/` names, if any. A segment has one path,
   * whatever window it is shown in; the path of a manifest may tell its window.
   */
  resolve(endpoint: OriginEndpoint, path: string): OutputRequest | undefined
  /**
   * Every file of a finished asset: what a harvest writes, children before their parents, names relative to the folder
   * of the parent. Undefined when the endpoint's settings leave nothing of the window.
   */
  asset(endpoint: OriginEndpoint, window: SummaryWindow): Asset | undefined
}

export type OutputRequest = ManifestRequest | SegmentRequest

/** What the path of a manifest says of the window it is to show, as it stands there. */
export type PathTimes = {
  readonly start?: string
  readonly end?: string
  /** How many folders that takes. */
  readonly depth: number
}

export type ManifestRequest = {
  readonly kind: 'manifest'
  /** What players ask for first: it alone may be filtered, and told a window by the query. */
  readonly isParent: boolean
  /** The window the path tells. */
  readonly times: PathTimes
  /** Whether the query may tell it as well. */
  readonly takesTimes: boolean
  /** How much of the live edge it shows. */
  readonly windowSeconds: number
  /**
   * The manifest for a window; undefined when the window has nothing it could show, 'nothing left' when it is the
   * filter that leaves nothing. Same inputs, same bytes.
   */
  write(window: SummaryWindow, style: ManifestStyle): TextBody | 'nothing left' | undefined
}

/** Anything that is not a manifest: segments, and the headers that go before them. */
export type SegmentRequest = {
  readonly kind: 'segment'
  /** Undefined when there is no such segment, or the stream has a gap there. Same inputs, same bytes, for ever. */
  body(index: SegmentLookup, media: SourceMedia): Promise<SegmentBody | undefined>
}

/** What a segment's name is looked up in. */
export type SegmentLookup = Pick<ArchiveReader, 'outputSegment' | 'outputSegmentsAround' | 'era' | 'erasAt' | 'live'>

/** How manifests are to be written: as players see them, or finished as a harvest leaves them. */
export type ManifestStyle = PlayedStyle | { readonly kind: 'harvest' }

export type PlayedStyle = {
  readonly kind: 'live'
  /** What a viewer asked for who does not watch live, and whether nothing will be added to it. */
  readonly shift?: { readonly asked: ViewingWindow; readonly isOver: boolean }
  /** Of parent manifests. */
  readonly filter?: ManifestFilter
}

export type TextBody = {
  readonly contentType: string
  readonly text: string
  /** What the manifest calls its newest segment, where that is not its number. */
  readonly lastSequence?: number
  /** Said of a window that is over, while something of it is left out until more is known. */
  readonly isHeldBack?: true
}

/** One verbatim source object, several one after the other, or bytes made for the occasion. */
export type SegmentBody = {
  readonly contentType: string
  readonly size: number
  /** What decides the bytes beside the endpoint's settings and the path: digests of the sources. */
  readonly sources: readonly string[]
} & (
  | { readonly kind: 'object'; readonly key: string }
  | { readonly kind: 'concat'; readonly objects: readonly { readonly key: string; readonly size: number }[] }
  | { readonly kind: 'bytes'; readonly parts: readonly Uint8Array[] }
)

export type Asset = {
  /** Files that belong to no output segment. */
  readonly headers: readonly AssetFile[]
  /** The files of some of the window's segments: only those that exist, where a stream has a gap there is none. */
  segmentsOf(batch: SegmentBatch<SegmentSummary>): readonly AssetSegment[]
  /** Bodies are written when asked for, so that a long window can be taken a manifest at a time. */
  readonly manifests: readonly { readonly name: string; readonly body: () => TextBody }[]
  /** Written last, under the name the job chose. */
  parent(): TextBody
}

/** A file of an asset, as it is known before its bytes are. */
export type AssetFileName = {
  readonly name: string
  /** What it is counted under: its media playlist, or its track in all eras. */
  readonly track: string
}

/** A file that belongs to no output segment. */
export type AssetFile = AssetFileName & { body(media: SourceMedia): Promise<SegmentBody | undefined> }

/** A file of an output segment. */
export type AssetSegment = AssetFileName & {
  /** What comes after the batch may change its bytes, once it is known. */
  readonly isOpen?: boolean
  /** Its bytes, from the batch it was named from, of whole segments. Undefined when a gap is found late. */
  body(batch: SegmentBatch, media: SourceMedia): Promise<SegmentBody | undefined>
}

/** Each of the files once, by its name. */
export function distinct<File extends AssetFileName>(files: readonly File[]): readonly File[] {
  return [...new Map(files.map((file) => [file.name, file])).values()]
}

/**
 * Consecutive output segments of a window, oldest first, with those next to them in it: `NEIGHBOURS`, or all there are.
 * Of those after them no bytes are needed.
 */
export type SegmentBatch<Segment extends SegmentSummary = OutputSegment> = {
  readonly before: readonly Segment[]
  readonly segments: readonly Segment[]
  readonly after: readonly SegmentSummary[]
}

/**
 * How far what a segment holds may follow from others: earlier subtitles that are still shown, fragments it announces.
 */
export const NEIGHBOURS = 30
