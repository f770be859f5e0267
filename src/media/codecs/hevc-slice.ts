import {
  HEVC_BLA_W_LP,
  HEVC_IDR_N_LP,
  HEVC_IDR_W_RADL,
  HEVC_LAST_IRAP,
  HEVC_NAL_HEADER_SIZE,
  HEVC_RADL_N,
  HEVC_RASL_R,
  type HevcPps,
  type HevcSps,
} from './hevc.ts'
import { sliceBits } from './nal.ts'

export function hevcNalType(bytes: Uint8Array, at: number): number {
  return (bytes[at]! >>> 1) & 0x3f
}

/** True for an intra random access point (IRAP). */
export function isIrap(type: number): boolean {
  return type >= HEVC_BLA_W_LP && type <= HEVC_LAST_IRAP
}

/** True where the picture order count restarts: BLA, whose types precede those of IDR, and IDR. */
export function beginsOrder(type: number): boolean {
  return type >= HEVC_BLA_W_LP && type <= HEVC_IDR_N_LP
}

/** True for an instantaneous decoding refresh (IDR). */
export function isIdr(type: number): boolean {
  return type === HEVC_IDR_W_RADL || type === HEVC_IDR_N_LP
}

/**
 * True when later pictures count their order from this one: TemporalId 0, and neither leading nor unreferenced,
 * §8.3.1.
 */
export function isOrderReference(bytes: Uint8Array, at: number): boolean {
  const type = hevcNalType(bytes, at)
  const temporalId = (bytes[at + 1]! & 7) - 1
  const isLeading = type >= HEVC_RADL_N && type <= HEVC_RASL_R
  // Below 16, even types are sub-layer non-reference pictures.
  return temporalId === 0 && !isLeading && (type >= HEVC_BLA_W_LP || type % 2 === 1)
}

/**
 * slice_pic_order_cnt_lsb (0 in IDR pictures) of the slice between `at` and `end`, ISO/IEC 23008-2 §7.3.6.1.
 * Undefined when it is not the first slice of its picture, or `setsOf` does not know its parameter sets.
 */
export function readOrderLsb(
  bytes: Uint8Array,
  at: number,
  end: number,
  setsOf: (ppsId: number) => { readonly pps: HevcPps; readonly sps: HevcSps } | undefined,
): number | undefined {
  const type = hevcNalType(bytes, at)
  const bits = sliceBits(bytes, at + HEVC_NAL_HEADER_SIZE, end)
  const isFirst = bits.flag()
  if (isIrap(type)) bits.flag() // no_output_of_prior_pics_flag
  const sets = setsOf(bits.ue())
  if (!isFirst || sets === undefined) return undefined
  bits.u(sets.pps.extraSliceHeaderBits)
  bits.ue() // slice_type
  if (sets.pps.outputFlagPresent) bits.flag()
  if (sets.sps.separatePlanes) bits.u(2) // colour_plane_id
  return isIdr(type) ? 0 : bits.u(sets.sps.orderBits)
}
