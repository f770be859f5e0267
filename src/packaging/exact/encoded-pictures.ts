import { ByteReader, ByteWriter, bytesOfHex, hexOf } from '../../media/bytes.ts'
import { readAvcC, writeAvcC } from '../../media/codecs/avc-configuration.ts'
import {
  NAL_IDR_SLICE,
  NAL_PPS,
  NAL_SEI,
  NAL_SLICE,
  NAL_SPS,
  type Reordering,
  readPps,
  readReordering,
  readSps,
  type Sps,
  withReordering,
} from '../../media/codecs/h264.ts'
import { nextStartCode, SENTINEL_SIZE, trimZeros, writeSentinel } from '../../media/codecs/nal.ts'
import type { VideoDescription } from '../../media/track.ts'
import { CannotCut } from '../output-format.ts'
import { lengthPrefixed } from '../tracks/parameter-sets.ts'

/** What is to be known of a source to encode pictures alike. */
export type SourceFormat = Pick<Sps, 'profile' | 'level'> & {
  readonly isInterlaced: boolean
  /** An id that no parameter set of the source has. */
  readonly freeId: number
  readonly reordering: Reordering | undefined
}

/** Ids that both kinds of sets may have: seq_parameter_set_id goes to 31. */
const MOST_SETS = 32

/** Throws CannotCut for pictures that cannot be encoded alike. */
export function sourceFormat({ codec, configuration }: VideoDescription): SourceFormat {
  if (!codec.startsWith('avc1')) {
    throw new CannotCut(`Pictures of ${codec} cannot be encoded anew, only those of H.264; cut to FRAME instead.`)
  }
  const { sps, pps } = readAvcC(new ByteReader(bytesOfHex(configuration)))
  const sets = sps.map(readSps)
  const used = new Set([...sets, ...pps.map(readPps)].map(({ id }) => id))
  const freeId = Array.from({ length: MOST_SETS }, (_, id) => id).find((id) => !used.has(id))
  const [first] = sets
  if (!first || freeId === undefined) throw new CannotCut('The source has no parameter sets, or all there can be.')
  const isInterlaced = sets.some((set) => set.mayHaveFields)
  return { profile: first.profile, level: first.level, isInterlaced, freeId, reordering: readReordering(sps[0]!) }
}

/** Encoded pictures as samples have them, in the order in which they are shown, and their parameter sets. */
export type PictureData = {
  readonly pictures: readonly { readonly isIdr: boolean; readonly data: Uint8Array }[]
  readonly sps: Uint8Array
  readonly pps: Uint8Array
}

/** user_data_unregistered, in which encoders tell of themselves. */
const USER_DATA = 5

/**
 * Reads a byte stream of H.264 (annex B) with one slice for each picture; its parameter sets say that pictures are
 * reordered as far as those of the source. Undefined unless it has parameter sets and `count` pictures.
 */
export function readEncoded(stream: Uint8Array, count: number, reordering?: Reordering): PictureData | undefined {
  const bytes = Buffer.alloc(stream.length + SENTINEL_SIZE)
  bytes.set(stream)
  writeSentinel(bytes, stream.length)
  const pictures: PictureData['pictures'][number][] = []
  let sps: Uint8Array | undefined
  let pps: Uint8Array | undefined
  let ahead: Uint8Array[] = []
  for (let at = nextStartCode(bytes, 0); at < stream.length; ) {
    const from = at + SENTINEL_SIZE
    at = nextStartCode(bytes, from)
    const nal = bytes.subarray(from, trimZeros(bytes, from, at))
    const type = nal[0]! & 0x1f
    if (type === NAL_SPS) sps = nal
    else if (type === NAL_PPS) pps = nal
    else if (type === NAL_SEI && nal[1] !== USER_DATA) ahead.push(nal)
    else if (type === NAL_SLICE || type === NAL_IDR_SLICE) {
      pictures.push({ isIdr: type === NAL_IDR_SLICE, data: lengthPrefixed([...ahead, nal]) })
      ahead = []
    }
  }
  if (!sps || !pps || pictures.length !== count) return undefined
  return { pictures, sps: withReordering(sps, reordering), pps: new Uint8Array(pps) }
}

/** True when pictures of both parameter sets are alike but for how they are coded. */
export function areAlike({ configuration }: VideoDescription, { sps }: PictureData): boolean {
  const [first] = readAvcC(new ByteReader(bytesOfHex(configuration))).sps
  const [own, other] = [readSps(first!), readSps(sps)]
  const facts = ['width', 'height', 'chromaFormat', 'bitDepthLuma', 'bitDepthChroma', 'mayHaveFields'] as const
  return facts.every((fact) => own[fact] === other[fact])
}

/** The description with the parameter sets of encoded pictures beside its own. */
export function withSets(description: VideoDescription, encoded: readonly PictureData[]): VideoDescription {
  const { sps, pps } = readAvcC(new ByteReader(bytesOfHex(description.configuration)))
  const distinct = (nals: readonly Uint8Array[]) => [...new Map(nals.map((nal) => [hexOf(nal), nal])).values()]
  const writer = new ByteWriter(256)
  writeAvcC(writer, {
    sps: distinct([...sps, ...encoded.map((each) => each.sps)]),
    pps: distinct([...pps, ...encoded.map((each) => each.pps)]),
  })
  return { ...description, configuration: hexOf(writer.result()) }
}

/** True of a picture, as samples have it, that nothing after it in order of decoding is shown before. */
export function isIdr(data: Uint8Array): boolean {
  const reader = new ByteReader(data)
  while (reader.position + 4 < data.length) {
    const size = reader.u32()
    const type = data[reader.position]! & 0x1f
    if (type === NAL_IDR_SLICE || type === NAL_SLICE) return type === NAL_IDR_SLICE
    reader.skip(size)
  }
  return false
}
