import { ByteReader, ByteWriter, bytesOfHex, hexOf } from '../../media/bytes.ts'
import {
  HEVC_IDR_N_LP,
  HEVC_IDR_W_RADL,
  HEVC_LAST_SLICE,
  HEVC_PPS,
  HEVC_SPS,
  HEVC_VPS,
  readHevcPps,
  readHevcSps,
  readVps,
} from '../../media/codecs/hevc.ts'
import { readHvcC, writeHvcC } from '../../media/codecs/hevc-configuration.ts'
import { type HevcIds, LEAST_PICTURE_ID, MOST_PICTURE_ID, withHevcIds } from '../../media/codecs/hevc-ids.ts'
import type { VideoDescription } from '../../media/track.ts'
import { CannotCut } from '../output-format.ts'
import { lengthPrefixed } from '../tracks/parameter-sets.ts'
import {
  distinctNals,
  freeId,
  nalsOf,
  type PictureCodec,
  type PictureData,
  type SourceFormat,
} from './picture-codec.ts'

/** vps_video_parameter_set_id and sps_seq_parameter_set_id go so far. */
const MOST_ID = 15
/** general_interlaced_source_flag, in the first byte of the constraint flags. */
const INTERLACED_SOURCE = 0x40

const typeOf = (nal: Uint8Array) => nal[0]! >>> 1
const setsOf = ({ configuration }: VideoDescription) => readHvcC(new ByteReader(bytesOfHex(configuration)))

/** Pictures of HEVC. The encoder has no choice of ids: parameter sets and slices get others when they are read. */
export const HEVC_PICTURES: PictureCodec = {
  name: 'hevc',

  formatOf(description): SourceFormat {
    const { vps, sps, pps, profileTierLevel } = setsOf(description)
    const [videos, sequences] = [vps.map(readVps), sps.map(readHevcSps)]
    const sequenceId = freeId(
      [...videos, ...sequences].map(({ id }) => id),
      1,
      MOST_ID,
    )
    const pictureId = freeId(
      pps.map(readHevcPps).map(({ id }) => id),
      LEAST_PICTURE_ID,
      MOST_PICTURE_ID,
    )
    if (sequences.length === 0 || sequenceId === undefined || pictureId === undefined) {
      throw new CannotCut('The source has no parameter sets, or all there can be.')
    }
    const { profile, level, constraints } = profileTierLevel
    if ((constraints[0]! & INTERLACED_SOURCE) !== 0) {
      throw new CannotCut('Fields of HEVC cannot be encoded anew; cut to FRAME instead.')
    }
    return { profile, level, isInterlaced: false, sequenceId, pictureId }
  },

  read(stream, count, description) {
    const { sequenceId, pictureId } = HEVC_PICTURES.formatOf(description)
    const ids: HevcIds = { sequenceId, pictureId }
    const pictures: PictureData['pictures'][number][] = []
    const sets = new Map<number, Uint8Array>()
    for (const nal of nalsOf(stream)) {
      const type = typeOf(nal)
      if (type > HEVC_PPS || (type > HEVC_LAST_SLICE && type < HEVC_VPS)) continue
      const changed = withHevcIds(nal, ids)
      if (!changed) return undefined
      if (type <= HEVC_LAST_SLICE) pictures.push({ isIdr: isIdrType(type), data: lengthPrefixed([changed]) })
      else sets.set(type, changed)
    }
    const [sps, source] = [sets.get(HEVC_SPS), setsOf(description).sps[0]]
    if (sets.size !== 3 || pictures.length !== count || !sps || !source || !areAlike(source, sps)) return undefined
    return { pictures, sets: [...sets.values()] }
  },

  withSets(description, added) {
    const own = setsOf(description)
    const all = (type: number, nals: readonly Uint8Array[]) =>
      distinctNals([...nals, ...added.filter((nal) => typeOf(nal) === type)])
    const [vps, sps, pps] = [all(HEVC_VPS, own.vps), all(HEVC_SPS, own.sps), all(HEVC_PPS, own.pps)]
    const writer = new ByteWriter(512)
    writeHvcC(writer, { vps, sps, pps }, { sps: readHevcSps(own.sps[0]!), pps: readHevcPps(own.pps[0]!) })
    return { ...description, configuration: hexOf(writer.result()) }
  },

  isIdr(data) {
    const reader = new ByteReader(data)
    while (reader.position + 4 < data.length) {
      const size = reader.u32()
      const type = data[reader.position]! >>> 1
      if (type <= HEVC_LAST_SLICE) return isIdrType(type)
      reader.skip(size)
    }
    return false
  },
}

function isIdrType(type: number): boolean {
  return type === HEVC_IDR_W_RADL || type === HEVC_IDR_N_LP
}

const FACTS = ['width', 'height', 'chromaFormat', 'bitDepthLuma', 'bitDepthChroma'] as const

function areAlike(a: Uint8Array, b: Uint8Array): boolean {
  const [own, other] = [readHevcSps(a), readHevcSps(b)]
  return FACTS.every((fact) => own[fact] === other[fact])
}
