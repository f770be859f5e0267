import { ByteReader, ByteWriter, bytesOfHex, hexOf } from '../../media/bytes.ts'
import { readAvcC, writeAvcC } from '../../media/codecs/avc-configuration.ts'
import {
  NAL_IDR_SLICE,
  NAL_PPS,
  NAL_SEI,
  NAL_SLICE,
  NAL_SPS,
  readPps,
  readReordering,
  readSps,
  withReordering,
} from '../../media/codecs/h264.ts'
import type { VideoDescription } from '../../media/track.ts'
import { CannotCut } from '../output-format.ts'
import { lengthPrefixed } from '../tracks/parameter-sets.ts'
import { distinctNals, freeId, nalsOf, type PictureCodec, type PictureData } from './picture-codec.ts'

/** seq_parameter_set_id goes so far; the encoder gives both sets one id. */
const MOST_ID = 31
/** user_data_unregistered, in which encoders tell of themselves. */
const USER_DATA = 5

const typeOf = (nal: Uint8Array) => nal[0]! & 0x1f
const setsOf = ({ configuration }: VideoDescription) => readAvcC(new ByteReader(bytesOfHex(configuration)))

/** Pictures of H.264. The encoder gives parameter sets their ids. */
export const AVC_PICTURES: PictureCodec = {
  name: 'h264',

  formatOf(description) {
    const { sps, pps } = setsOf(description)
    const sets = sps.map(readSps)
    const id = freeId(
      [...sets, ...pps.map(readPps)].map((each) => each.id),
      0,
      MOST_ID,
    )
    const [first] = sets
    if (!first || id === undefined) throw new CannotCut('The source has no parameter sets, or all there can be.')
    const { profile, level } = first
    return { profile, level, isInterlaced: sets.some((each) => each.mayHaveFields), sequenceId: id, pictureId: id }
  },

  /** The sequence parameter set says that pictures are reordered as far as those of the source. */
  read(stream, count, description) {
    const [source] = setsOf(description).sps
    const pictures: PictureData['pictures'][number][] = []
    let [sps, pps]: (Uint8Array | undefined)[] = []
    let ahead: Uint8Array[] = []
    for (const nal of nalsOf(stream)) {
      const type = typeOf(nal)
      if (type === NAL_SPS) sps = nal
      else if (type === NAL_PPS) pps = nal
      else if (type === NAL_SEI && nal[1] !== USER_DATA) ahead.push(nal)
      else if (type === NAL_SLICE || type === NAL_IDR_SLICE) {
        pictures.push({ isIdr: type === NAL_IDR_SLICE, data: lengthPrefixed([...ahead, nal]) })
        ahead = []
      }
    }
    if (!source || !sps || !pps || pictures.length !== count || !areAlike(source, sps)) return undefined
    return { pictures, sets: [withReordering(sps, readReordering(source)), new Uint8Array(pps)] }
  },

  withSets(description, sets) {
    const { sps, pps } = setsOf(description)
    const writer = new ByteWriter(256)
    writeAvcC(writer, {
      sps: distinctNals([...sps, ...sets.filter((nal) => typeOf(nal) === NAL_SPS)]),
      pps: distinctNals([...pps, ...sets.filter((nal) => typeOf(nal) === NAL_PPS)]),
    })
    return { ...description, configuration: hexOf(writer.result()) }
  },

  isIdr(data) {
    const reader = new ByteReader(data)
    while (reader.position + 4 < data.length) {
      const size = reader.u32()
      const type = data[reader.position]! & 0x1f
      if (type === NAL_IDR_SLICE || type === NAL_SLICE) return type === NAL_IDR_SLICE
      reader.skip(size)
    }
    return false
  },
}

const FACTS = ['width', 'height', 'chromaFormat', 'bitDepthLuma', 'bitDepthChroma', 'mayHaveFields'] as const

function areAlike(a: Uint8Array, b: Uint8Array): boolean {
  const [own, other] = [readSps(a), readSps(b)]
  return FACTS.every((fact) => own[fact] === other[fact])
}
