import type { Absence, ArchiveReader } from '../archive/reader.ts'
import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputSegment, SegmentSummary, SummaryWindow } from '../model/output-segment.ts'
import type { NumberRange } from '../model/segment-numbers.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { ContentKeys } from './content-keys.ts'
import type { ExactEdges } from './exact/exact-edges.ts'
import type { SourceMedia } from './segments/source-media.ts'
import type { FileRange, OpenSpool } from './spool.ts'
import type { PlacedCut } from './tracks/placed-cuts.ts'

/** Port: one way of presenting a channel to players; all that origin and harvest know of packaging. */
export type OutputFormat = {
  /**
   * The object of this endpoint that a path below `/out/v1/<endpoint GUID>/` names, if any. A segment has one path,
   * whatever window shows it; the path of a manifest may state its window.
   */
  resolve(endpoint: OriginEndpoint, path: string): OutputRequest | undefined
  /**
   * Every file of a finished asset, as a harvest writes it: children before their parents, names relative to the
   * folder of the parent. Undefined when the endpoint's settings leave nothing of the window.
   */
  asset(endpoint: OriginEndpoint, window: SummaryWindow, options?: AssetOptions): Asset | undefined
}

/** Writes the files of an asset; all that harvests need of a format. */
export type AssetFormat = Pick<OutputFormat, 'asset'>

export type AssetOptions = {
  /** Prefix of the names of child manifests, instead of the endpoint's own. */
  readonly manifests?: string
  /** Prefix of the names of segments, instead of the endpoint's own. */
  readonly segments?: string
  /** What is shown of each range of the window, to the frame where players can; absent: all of its segments. */
  readonly cuts?: readonly PlacedCut[]
  /** The edges of the window where pictures are encoded anew, so that it begins and ends exactly at its cuts. */
  readonly edges?: ExactEdges
  /** True where a DASH manifest of the same asset lists the segments of an HLS one, under the names that DASH needs. */
  readonly areShared?: true
}

export type OutputRequest = ManifestRequest | SegmentRequest

/** The window in the path of a manifest, unparsed. */
export type PathTimes = {
  readonly start?: string
  readonly end?: string
  /** Number of path folders that state the window. */
  readonly depth: number
}

export type ManifestRequest = {
  readonly kind: 'manifest'
  /**
   * True for the manifest that players request first, the only one to which a filter or a window in the query may
   * apply.
   */
  readonly isParent: boolean
  /** The window in the path. */
  readonly times: PathTimes
  /** True when the query may state a window as well. */
  readonly takesTimes: boolean
  /** Length of the live window in seconds. */
  readonly windowSeconds: number
  /**
   * Writes the manifest of a window; undefined when the window has nothing it could show, or what leaves nothing of it.
   * Equal inputs give equal bytes.
   */
  write(window: SummaryWindow, style: ManifestStyle): TextBody | LeavesNothing | undefined
}

/** Why a manifest has nothing to show: the filter excludes everything, or nothing can be encrypted as it should be. */
export type LeavesNothing = 'nothing left' | 'not encryptable'

/** A request for a segment or a header. */
export type SegmentRequest = {
  readonly kind: 'segment'
  /** Present for a header: the Initialization Section of CMAF and DASH. */
  readonly isHeader?: true
  /**
   * The body, or why there is none: 'no such' also where the stream has a gap. Equal inputs always give equal bytes.
   * Throws NoContentKey.
   */
  body(index: SegmentLookup, media: SourceMedia, keys: ContentKeys): Promise<SegmentBody | Absence>
}

/** The part of the archive in which segment names are looked up. */
export type SegmentLookup = Pick<ArchiveReader, 'outputSegment' | 'outputSegmentsAround' | 'era' | 'erasAt' | 'live'>

/** The style of a manifest: as players request it, or finished for an asset. */
export type ManifestStyle = PlayedStyle | { readonly kind: 'harvest' }

export type PlayedStyle = {
  readonly kind: 'live'
  /** The folder of the window a viewer asked for instead of the live one, and whether the window is complete. */
  readonly shift?: { readonly folder: string; readonly isOver: boolean }
  /** Filter of a parent manifest. */
  readonly filter?: ManifestFilter
  /** True where a parent manifest of HLS is to have no EXT-X-SESSION-KEY. */
  readonly excludesSessionKeys?: true
}

export type TextBody = {
  readonly contentType: string
  readonly text: string
  /** Sequence number of the newest segment, where the manifest does not use its number. */
  readonly lastSequence?: number
  /** Source streams that a parent manifest leaves out since they cannot be encrypted as they should be. */
  readonly notEncryptable?: readonly number[]
  /** Present for a window in the past of which part is left out until more is known. */
  readonly isHeldBack?: true
}

/** A body of one verbatim source object, of several in sequence, or of bytes made on request. */
export type SegmentBody = {
  readonly contentType: string
  readonly size: number
  /** Digests of the sources, which together with the endpoint's settings and the path determine the bytes. */
  readonly sources: readonly string[]
  /**
   * Of encrypted endpoints: whether the body is encrypted, or why it stays in the clear: its track has no key by the
   * contract with the provider, or is text. Absent where the media type says that there is neither video nor audio.
   */
  readonly protection?: 'encrypted' | 'not in contract' | 'text'
} & (
  | { readonly kind: 'object'; readonly object: StoredBytes }
  | { readonly kind: 'objects'; readonly objects: readonly StoredBytes[] }
  | { readonly kind: 'bytes'; readonly parts: readonly Uint8Array[] }
)

export type Asset = {
  /** Files that belong to no output segment. */
  readonly headers: readonly AssetFile[]
  /** The files of a batch of the window's segments; where a stream has a gap, there is none. */
  segmentsOf(batch: SegmentBatch<SegmentSummary>): readonly AssetSegment[]
  /** The deliverables for which the window has nothing, by the names of their main files. */
  readonly lacking?: readonly string[]
  /** Files that are made of the whole window; absent in an asset of manifests and segments alone. */
  readonly files?: readonly AssetWholeFile[]
  /** Bodies are written on demand, so that a long window can be written one manifest at a time. */
  readonly manifests: readonly AssetManifest[]
  /** The parent manifest, which is written last, under the name the job chose. Undefined in an asset without one. */
  parent?(): TextBody
}

/** A manifest of an asset; one that the job names, as it names the parent manifest, has no other name. */
export type AssetManifest = { readonly name: string; readonly isNamed?: true; readonly body: () => TextBody }

/** A file that is made of all segments of a window. */
export type AssetWholeFile = AssetFileName & {
  /** Its bytes; undefined when the window has nothing for it. Throws LostMedia, and NoDecoder. */
  body(batches: SegmentBatches, source: WholeFileSource, signal: AbortSignal): Promise<WholeFileBody | undefined>
}

/** Reads the segments of a window behind one of its numbers, or all, each time anew. */
export type SegmentBatches = (after?: number) => AsyncIterable<SegmentBatch>

export type WholeFileSource = {
  readonly media: SourceMedia
  readonly openSpool: OpenSpool
  readonly decoder: PictureDecoder
}

/** Several pictures on one sheet, in rows; `width` and `height` are those of each. */
export type SpriteSheet = {
  readonly columns: number
  readonly rows: number
  readonly width: number
  readonly height: number
}

/** An MP4 file in pieces. */
export type Movie = readonly Uint8Array[]

/** Port: decodes the first pictures of movies. All throw NoDecoder where there is none, and as the signal aborts. */
export type PictureDecoder = {
  check(): Promise<void>
  jpeg(movie: Movie, signal: AbortSignal): Promise<Uint8Array>
  /** A sheet as JPEG. */
  sheet(movies: AsyncIterable<Movie>, sheet: SpriteSheet, signal: AbortSignal): Promise<Uint8Array>
}

/** Thrown when a decoder is not there, or does not decode. The message is one sentence for the job's owner. */
export class NoDecoder extends Error {
  override readonly name = 'NoDecoder'
}

/** How pictures are encoded so that they can be shown in place of a source's, with parameter sets of their own. */
export type EncodingOrder = {
  /** Pictures of the movie are encoded that are shown from `from` up to but not including `until`, by its times. */
  readonly from: number
  readonly until: number
  /** Which of them, counted from 0 in the order in which they are shown, must be IDR pictures. */
  readonly keyFrames: readonly number[]
  /** profile_idc and level_idc, or in HEVC general_profile_idc and general_level_idc. */
  readonly profile: number
  readonly level: number
  /** seq_parameter_set_id and pic_parameter_set_id of H.264. */
  readonly setsId: number
  /** Each picture is two fields. */
  readonly isInterlaced: boolean
  /** The most bits a second. */
  readonly bandwidth: number
  /** True where the first picture of the movie can be decoded without any before it, and so can all others. */
  readonly isClosed: boolean
}

/** Port: encodes pictures anew. All throw NoEncoder where there is none, and as the signal aborts. */
export type PictureEncoder = {
  check(): Promise<void>
  /**
   * Pictures of a movie of H.264 as a byte stream of H.264 (annex B), in the order in which they are shown, each in one
   * slice. Equal movies and orders give equal bytes.
   */
  h264(movie: Movie, order: EncodingOrder, signal: AbortSignal): Promise<Uint8Array>
  /** The same of HEVC, with parameter sets whose ids are 0. */
  hevc(movie: Movie, order: EncodingOrder, signal: AbortSignal): Promise<Uint8Array>
}

/** Thrown when an encoder is not there, or does not encode. The message is one sentence for the job's owner. */
export class NoEncoder extends Error {
  override readonly name = 'NoEncoder' as const
}

/**
 * Thrown when an asset cannot begin or end at a picture even if pictures are encoded anew. The message is one sentence
 * for the job's owner.
 */
export class CannotCut extends Error {
  override readonly name = 'CannotCut' as const
}

/** A body that can be read again and again, with the same bytes, until it is closed. */
export type WholeFileBody = {
  readonly contentType: string
  readonly size: number
  /** Pieces that are valid until the next is requested. Throws LostMedia. */
  open(): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** A body of which a part can be read without what lies before it. */
export type SeekableBody = Omit<WholeFileBody, 'open'> & {
  /** Pieces of all bytes, or of a range, that are valid until the next is requested. Throws LostMedia. */
  open(range?: FileRange): AsyncIterable<Uint8Array>
}

/** The name of an asset's file, known before its bytes are. */
export type AssetFileName = {
  readonly name: string
  /** The track under which it is counted: its media playlist, or its track in all eras. */
  readonly track: string
}

/** A file that belongs to no output segment. */
export type AssetFile = AssetFileName & {
  /** Throws NoContentKey. */
  body(media: SourceMedia, keys: ContentKeys): Promise<SegmentBody | undefined>
}

/** A file of an output segment. */
export type AssetSegment = AssetFileName & {
  /** What it is made of: a segment of the batch, by its place there, and a source stream, by its index. */
  readonly source: { readonly place: number; readonly stream: number }
  /** True when a segment after the batch may still change its bytes. */
  readonly isOpen?: boolean
  /** The output segments after it on which its bytes depend, where they do. */
  readonly announces?: NumberRange
  /**
   * Its bytes, given the whole segments of the batch it was named from. Undefined when a gap is found only now. Throws
   * NoContentKey.
   */
  body(batch: SegmentBatch, media: SourceMedia, keys: ContentKeys): Promise<SegmentBody | undefined>
}

/** Removes files whose name occurs more than once. */
export function distinct<File extends AssetFileName>(files: readonly File[]): readonly File[] {
  return [...new Map(files.map((file) => [file.name, file])).values()]
}

/**
 * Consecutive output segments of a window, oldest first, with up to `NEIGHBOURS` adjacent ones on either side. Those
 * after them are summaries, since their bytes are not needed.
 */
export type SegmentBatch<Segment extends SegmentSummary = OutputSegment> = {
  readonly before: readonly Segment[]
  readonly segments: readonly Segment[]
  readonly after: readonly SegmentSummary[]
}

/**
 * Number of adjacent segments on which a segment's bytes may depend: earlier subtitles still shown, and fragments it
 * announces.
 */
export const NEIGHBOURS = 30
