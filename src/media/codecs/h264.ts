import { BitWriter } from '../bit-writer.ts'
import { BitReader } from '../bytes.ts'
import { escapedNal, sliceBits, unescapeNal } from './nal.ts'
import {
  checkedSize,
  frameRateOf,
  inRange,
  readVideoUsability,
  type VideoFrameRate,
  type VideoUsability,
} from './video-usability.ts'

/** Parameter sets and slice headers of H.264: ISO/IEC 14496-10 §7.3.2, §7.3.3. */

/** nal_unit_type, table 7-1. */
export const NAL_SLICE = 1
export const NAL_PARTITION_A = 2
/** That of the last partition of a slice. */
export const NAL_PARTITION_C = 4
export const NAL_IDR_SLICE = 5
export const NAL_SEI = 6
export const NAL_SPS = 7
export const NAL_PPS = 8
export const NAL_AUD = 9
export const NAL_FILLER = 12

export const AVC_NAL_HEADER_SIZE = 1

/** Profiles whose SPS states chroma format and bit depths (§7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

/** The fields of a sequence parameter set (§7.3.2.1.1, §E.1.1). */
export type Sps = VideoUsability & {
  readonly id: number
  readonly profile: number
  /** The byte of constraint_set flags. */
  readonly constraints: number
  readonly level: number
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  readonly separatePlanes: boolean
  /** Size of frame_num in bits. */
  readonly frameNumberBits: number
  /** Size of pic_order_cnt_lsb in bits; 0 when pic_order_cnt_type is not 0. */
  readonly orderBits: number
  /** Slices state delta_pic_order_cnt: pic_order_cnt_type 1, and not always zero. */
  readonly statesOrderDelta: boolean
  /** frame_mbs_only_flag 0: pictures may be fields. */
  readonly mayHaveFields: boolean
  /** Luma samples, after cropping; so is `height`. */
  readonly width: number
  readonly height: number
  /** Pictures per second from the VUI's timing, in lowest terms. */
  readonly frameRate?: VideoFrameRate
}

export function readSps(nal: Uint8Array): Sps {
  return readSpsTo(new BitReader(unescapeNal(nal, AVC_NAL_HEADER_SIZE))).sps
}

/** Reads up to the frame rate; `hasUsability` tells whether there is a VUI that goes on behind it. */
function readSpsTo(bits: BitReader): { readonly sps: Sps; readonly hasUsability: boolean } {
  const profile = bits.u(8)
  const constraints = bits.u(8)
  const level = bits.u(8)
  const id = inRange(bits.ue(), 31, 'seq_parameter_set_id')
  const format = HIGH_PROFILES.has(profile) ? readChromaFormat(bits) : DEFAULT_FORMAT
  const frameNumberBits = 4 + inRange(bits.ue(), 12, 'log2_max_frame_num_minus4')
  const order = readPictureOrderCount(bits)
  bits.ue() // max_num_ref_frames
  bits.flag() // gaps_in_frame_num_value_allowed_flag
  const size = readSize(bits, format)
  const sps = { id, profile, constraints, level, ...format, frameNumberBits, ...order, ...size }
  if (!bits.flag()) return { sps, hasUsability: false }
  const usability = readVideoUsability(bits)
  const hasTiming = bits.flag()
  const frameRate = hasTiming ? readFrameRate(bits) : undefined
  if (hasTiming) bits.flag() // fixed_frame_rate_flag
  return { sps: { ...sps, ...usability, ...(frameRate === undefined ? {} : { frameRate }) }, hasUsability: true }
}

/** How far pictures are reordered: max_num_reorder_frames and max_dec_frame_buffering (§E.2.1). */
export type Reordering = { readonly reordered: number; readonly buffered: number }

/** What a sequence parameter set says of that; undefined where it says nothing. */
export function readReordering(nal: Uint8Array): Reordering | undefined {
  return readRestriction(nal)?.reordering
}

/**
 * A sequence parameter set that says so much of how far pictures are reordered, as far as its own pictures allow it: a
 * decoder that goes from one to the other then waits for pictures as long. What has no VUI stays as it is.
 */
export function withReordering(nal: Uint8Array, wanted: Reordering | undefined): Uint8Array {
  const found = readRestriction(nal)
  if (!found) return nal
  const { reordering: own, position, limits } = found
  const rbsp = unescapeNal(nal, AVC_NAL_HEADER_SIZE)
  const before = new BitReader(rbsp)
  const bits = new BitWriter(rbsp.length + 16)
  for (let i = 0; i < position; i++) bits.u(1, before.u(1))
  bits.u(1, wanted ? 1 : 0)
  if (wanted) {
    bits.u(1, 1) // motion_vectors_over_pic_boundaries_flag
    for (const limit of limits ?? [0, 0, 15, 15]) bits.ue(limit)
    bits.ue(Math.max(wanted.reordered, own?.reordered ?? 0))
    bits.ue(Math.max(wanted.buffered, own?.buffered ?? 0))
  }
  bits.u(1, 1) // rbsp_stop_one_bit
  bits.align()
  return escapedNal(nal.subarray(0, AVC_NAL_HEADER_SIZE), bits.result())
}

/** Reads bitstream_restriction, which begins at a bit of the RBSP; undefined without a VUI. */
function readRestriction(nal: Uint8Array) {
  const bits = new BitReader(unescapeNal(nal, AVC_NAL_HEADER_SIZE))
  if (!readSpsTo(bits).hasUsability) return undefined
  const hrds = [skipHrd(bits), skipHrd(bits)]
  if (hrds.includes(true)) bits.flag() // low_delay_hrd_flag
  bits.flag() // pic_struct_present_flag
  const { position } = bits
  if (!bits.flag()) return { position }
  bits.flag() // motion_vectors_over_pic_boundaries_flag
  // max_bytes_per_pic_denom, max_bits_per_mb_denom, and the longest motion vectors, across and down.
  const limits = [bits.ue(), bits.ue(), bits.ue(), bits.ue()]
  return { position, limits, reordering: { reordered: bits.ue(), buffered: bits.ue() } }
}

/** Skips hrd_parameters (§E.1.2); true where there are any. */
function skipHrd(bits: BitReader): boolean {
  if (!bits.flag()) return false
  const count = inRange(bits.ue(), 31, 'cpb_cnt_minus1') + 1
  bits.u(8)
  for (let i = 0; i < count; i++) {
    bits.ue()
    bits.ue()
    bits.flag()
  }
  bits.u(20)
  return true
}

type Format = Pick<Sps, 'chromaFormat' | 'bitDepthLuma' | 'bitDepthChroma' | 'separatePlanes'>

const DEFAULT_FORMAT: Format = { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8, separatePlanes: false }

function readChromaFormat(bits: BitReader): Format {
  const chromaFormat = inRange(bits.ue(), 3, 'chroma_format_idc')
  const separatePlanes = chromaFormat === 3 && bits.flag()
  const bitDepthLuma = 8 + inRange(bits.ue(), 6, 'bit_depth_luma_minus8')
  const bitDepthChroma = 8 + inRange(bits.ue(), 6, 'bit_depth_chroma_minus8')
  bits.flag() // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8)
  return { chromaFormat, bitDepthLuma, bitDepthChroma, separatePlanes }
}

function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!bits.flag()) continue
    const size = list < 6 ? 16 : 64
    for (let i = 0, last = 8, next = 8; i < size && next !== 0; i++, last = next === 0 ? last : next) {
      next = (last + bits.se() + 256) % 256
    }
  }
}

function readPictureOrderCount(bits: BitReader): Pick<Sps, 'orderBits' | 'statesOrderDelta'> {
  const type = inRange(bits.ue(), 2, 'pic_order_cnt_type')
  if (type === 0) {
    return { orderBits: 4 + inRange(bits.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4'), statesOrderDelta: false }
  }
  if (type === 2) return { orderBits: 0, statesOrderDelta: false }
  const statesOrderDelta = !bits.flag() // delta_pic_order_always_zero_flag
  bits.se()
  bits.se()
  const cycle = inRange(bits.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle')
  for (let i = 0; i < cycle; i++) bits.se()
  return { orderBits: 0, statesOrderDelta }
}

function readSize(bits: BitReader, { chromaFormat, separatePlanes }: Format) {
  const codedWidth = (bits.ue() + 1) * 16
  const mapUnits = bits.ue() + 1
  const mayHaveFields = !bits.flag()
  if (mayHaveFields) bits.flag() // mb_adaptive_frame_field_flag
  const fieldFactor = mayHaveFields ? 2 : 1
  const codedHeight = mapUnits * 16 * fieldFactor
  bits.flag() // direct_8x8_inference_flag
  let cropX = 0
  let cropY = 0
  if (bits.flag()) {
    const chromaArray = separatePlanes ? 0 : chromaFormat
    const unitX = chromaArray === 1 || chromaArray === 2 ? 2 : 1
    const unitY = (chromaArray === 1 ? 2 : 1) * fieldFactor
    cropX = (bits.ue() + bits.ue()) * unitX
    cropY = (bits.ue() + bits.ue()) * unitY
  }
  return { mayHaveFields, ...checkedSize(codedWidth - cropX, codedHeight - cropY) }
}

/** Pictures per second: a tick is a field, and two fields make a frame. */
function readFrameRate(bits: BitReader): VideoFrameRate | undefined {
  const unitsInTick = bits.u(32)
  const timeScale = bits.u(32)
  return frameRateOf(timeScale, unitsInTick * 2)
}

/** pic_parameter_set_id and the SPS it refers to. */
export type Pps = { readonly id: number; readonly spsId: number }

export function readPps(nal: Uint8Array): Pps {
  return readPpsIds(new BitReader(unescapeNal(nal, AVC_NAL_HEADER_SIZE)))
}

/** Reads the beginning of a picture parameter set. */
export function readPpsIds(bits: BitReader): Pps {
  const id = inRange(bits.ue(), 255, 'pic_parameter_set_id')
  return { id, spsId: inRange(bits.ue(), 31, 'seq_parameter_set_id') }
}

/** The beginning of a slice header (§7.3.3). */
export type SliceHeader = {
  /** True when its macroblocks depend on no other picture: slice_type I or SI. */
  readonly intra: boolean
  readonly frameNumber: number
  /** Parity of a field, or 'frame'. */
  readonly parity: 'frame' | 'top' | 'bottom'
  /** pic_order_cnt_lsb; 0 when pic_order_cnt_type is not 0. */
  readonly orderLsb: number
}

/**
 * Reads the beginning of the slice between `at` and `end`; `spsOf` finds the SPS for its pic_parameter_set_id.
 * Undefined when there is none.
 */
export function readSliceHeader(
  bytes: Uint8Array,
  at: number,
  end: number,
  spsOf: (ppsId: number) => Sps | undefined,
): SliceHeader | undefined {
  const bits = sliceBits(bytes, at + AVC_NAL_HEADER_SIZE, end)
  bits.ue() // first_mb_in_slice
  const type = inRange(bits.ue(), 9, 'slice_type')
  const sps = spsOf(bits.ue())
  if (sps === undefined) return undefined
  if (sps.separatePlanes) bits.u(2) // colour_plane_id
  const frameNumber = bits.u(sps.frameNumberBits)
  const isField = sps.mayHaveFields && bits.flag()
  const parity = isField ? (bits.flag() ? 'bottom' : 'top') : 'frame'
  if ((bytes[at]! & 0x1f) === NAL_IDR_SLICE) bits.ue() // idr_pic_id
  return { intra: type % 5 === 2 || type % 5 === 4, frameNumber, parity, orderLsb: bits.u(sps.orderBits) }
}
