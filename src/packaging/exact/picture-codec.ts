import { hexOf } from '../../media/bytes.ts'
import { nextStartCode, START_CODE_SIZE, trimZeros, writeSentinel } from '../../media/codecs/nal.ts'
import type { VideoDescription } from '../../media/track.ts'

/** What is to be known of a source to encode pictures alike. */
export type SourceFormat = {
  /** As the codec numbers them: profile_idc and level_idc, or their general_… namesakes. */
  readonly profile: number
  readonly level: number
  readonly isInterlaced: boolean
  /** Ids that no parameter set of the source has: of sequences (and videos), and of pictures. */
  readonly sequenceId: number
  readonly pictureId: number
}

/** Encoded pictures as samples have them, in the order in which they are shown, and their parameter sets. */
export type PictureData = {
  readonly pictures: readonly { readonly isIdr: boolean; readonly data: Uint8Array }[]
  readonly sets: readonly Uint8Array[]
}

/** What differs between codecs where pictures are encoded in place of others. */
export type PictureCodec = {
  readonly name: 'h264' | 'hevc'
  /** Throws CannotCut for pictures that cannot be encoded alike. */
  formatOf(description: VideoDescription): SourceFormat
  /**
   * Reads a byte stream (annex B) with one slice for each picture, and gives its parameter sets the free ids. Undefined
   * unless it has parameter sets and `count` pictures, which are like those of the source but for how they are coded.
   */
  read(stream: Uint8Array, count: number, description: VideoDescription): PictureData | undefined
  /** The description with parameter sets beside its own. */
  withSets(description: VideoDescription, sets: readonly Uint8Array[]): VideoDescription
  /** True of a picture, as samples have it, that nothing before it in order of decoding is needed for. */
  isIdr(data: Uint8Array): boolean
}

/** The NAL units of a byte stream (annex B). */
export function nalsOf(stream: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.alloc(stream.length + START_CODE_SIZE)
  bytes.set(stream)
  writeSentinel(bytes, stream.length)
  const nals: Uint8Array[] = []
  for (let at = nextStartCode(bytes, 0); at < stream.length; ) {
    const from = at + START_CODE_SIZE
    at = nextStartCode(bytes, from)
    nals.push(bytes.subarray(from, trimZeros(bytes, from, at)))
  }
  return nals
}

/** Each of several NAL units once. */
export function distinctNals(nals: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(nals.map((nal) => [hexOf(nal), nal])).values()]
}

/** The least number from `from` up to `to` that is not used. */
export function freeId(used: readonly number[], from: number, to: number): number | undefined {
  for (let id = from; id <= to; id++) if (!used.includes(id)) return id
  return undefined
}
