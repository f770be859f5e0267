import { ByteReader, bytesOfHex, MalformedMedia } from '../bytes.ts'
import type { VideoDescription } from '../track.ts'
import { readAvcC } from './avc-configuration.ts'
import { avcSliceHeaderSize, readAvcSlicePps } from './avc-slice-header.ts'
import { NAL_IDR_SLICE, NAL_PARTITION_A, NAL_PARTITION_C, NAL_PPS, NAL_SLICE, NAL_SPS, readSps } from './h264.ts'
import { HEVC_BLA_W_LP, HEVC_PPS, HEVC_RASL_R, HEVC_SPS } from './hevc.ts'
import { readHvcC } from './hevc-configuration.ts'
import { hevcNalType } from './hevc-slice.ts'
import { hevcSliceHeaderSize } from './hevc-slice-header.ts'
import { readHevcSlicePps, readHevcSliceSps } from './hevc-slice-sets.ts'
import type { SliceHeaderSize } from './nal-bits.ts'
import { ParameterSets } from './parameter-sets.ts'

/** The slice headers of a track, whose NAL units it is given in their order. */
export interface SliceHeaders {
  /**
   * The size of the slice header of the NAL unit between `at` and `end`; undefined when that is no slice of a picture
   * that a decoder of this track shows. Parameter sets are remembered. Throws MalformedMedia where no decoder could
   * know the size.
   */
  next(bytes: Uint8Array, at: number, end: number): SliceHeaderSize | undefined
}

/** The slice headers of a track that begins with the parameter sets of its decoder configuration record. */
export function sliceHeadersOf({ codec, configuration }: Pick<VideoDescription, 'codec' | 'configuration'>) {
  const record = new ByteReader(bytesOfHex(configuration))
  const isHevc = codec.startsWith('hvc1')
  const headers = isHevc ? new HevcSliceHeaders() : new AvcSliceHeaders()
  const { sps, pps } = isHevc ? readHvcC(record) : readAvcC(record)
  for (const nal of [...sps, ...pps]) headers.next(nal, 0, nal.length)
  return headers
}

export class AvcSliceHeaders implements SliceHeaders {
  private readonly sps = new ParameterSets(readSps)
  private readonly pps = new ParameterSets(readAvcSlicePps)

  next(bytes: Uint8Array, at: number, end: number): SliceHeaderSize | undefined {
    if (at === end) return undefined
    const type = bytes[at]! & 0x1f
    if (type === NAL_SPS) this.sps.add(bytes.subarray(at, end))
    if (type === NAL_PPS) this.pps.add(bytes.subarray(at, end))
    if (type >= NAL_PARTITION_A && type <= NAL_PARTITION_C) throw new MalformedMedia('partitioned slice', at)
    if (type !== NAL_SLICE && type !== NAL_IDR_SLICE) return undefined
    return avcSliceHeaderSize(bytes, at, end, (ppsId) => {
      const pps = this.pps.get(ppsId)
      const sps = pps && this.sps.get(pps.spsId)
      return pps && sps && { pps, sps }
    })
  }
}

/** The last type of an IRAP picture that is not reserved: CRA_NUT. */
const HEVC_CRA = 21

export class HevcSliceHeaders implements SliceHeaders {
  private readonly sps = new ParameterSets(readHevcSliceSps)
  private readonly pps = new ParameterSets(readHevcSlicePps)

  next(bytes: Uint8Array, at: number, end: number): SliceHeaderSize | undefined {
    // nuh_layer_id: decoders of the base layer pass over the NAL units of all others.
    if (end - at < 2 || (bytes[at]! & 1) !== 0 || bytes[at + 1]! >= 8) return undefined
    const type = hevcNalType(bytes, at)
    if (type === HEVC_SPS) this.sps.add(bytes.subarray(at, end))
    if (type === HEVC_PPS) this.pps.add(bytes.subarray(at, end))
    // Decoders pass over reserved types as well.
    if (type > HEVC_CRA || (type > HEVC_RASL_R && type < HEVC_BLA_W_LP)) return undefined
    return hevcSliceHeaderSize(bytes, at, end, (ppsId) => {
      const pps = this.pps.get(ppsId)
      const sps = pps && this.sps.get(pps.spsId)
      return pps && sps && { pps, sps }
    })
  }
}
