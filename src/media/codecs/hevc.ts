import { BitReader } from '../bytes.ts'
import { type HevcCodingTools, readCodingTools } from './hevc-coding-tools.ts'
import { skipHrdParameters } from './hevc-syntax.ts'
import { unescapeNal } from './nal.ts'
import {
  checkedSize,
  frameRateOf,
  inRange,
  readVideoUsability,
  type VideoFrameRate,
  type VideoUsability,
} from './video-usability.ts'

/** Parameter sets and slice headers of HEVC: ISO/IEC 23008-2 §7.3.2, §7.3.3, §7.3.6. */

/** nal_unit_type, table 7-1. */
export const HEVC_RADL_N = 6
export const HEVC_RASL_R = 9
export const HEVC_BLA_W_LP = 16
export const HEVC_IDR_W_RADL = 19
export const HEVC_IDR_N_LP = 20
export const HEVC_LAST_IRAP = 23
export const HEVC_LAST_SLICE = 31
export const HEVC_VPS = 32
export const HEVC_SPS = 33
export const HEVC_PPS = 34
export const HEVC_AUD = 35
export const HEVC_FILLER = 38
export const HEVC_PREFIX_SEI = 39

export const HEVC_NAL_HEADER_SIZE = 2

/** The general_… fields of profile_tier_level, §7.3.3. */
export type ProfileTierLevel = {
  readonly profileSpace: number
  readonly tier: number
  readonly profile: number
  /** general_profile_compatibility_flag[0] is the highest of 32 bits. */
  readonly compatibility: number
  /** The 48 bits after the compatibility flags, as six bytes. */
  readonly constraints: readonly number[]
  readonly level: number
}

/** Reads profile_tier_level; sub-layers are skipped. */
function readProfileTierLevel(bits: BitReader, subLayersMinus1: number): ProfileTierLevel {
  const profileSpace = bits.u(2)
  const tier = bits.u(1)
  const profile = bits.u(5)
  const compatibility = bits.u(32)
  const constraints = Array.from({ length: 6 }, () => bits.u(8))
  const level = bits.u(8)
  const present = Array.from({ length: subLayersMinus1 }, () => ({ profile: bits.flag(), level: bits.flag() }))
  if (subLayersMinus1 > 0) bits.u(2 * (8 - subLayersMinus1))
  for (const subLayer of present) {
    if (subLayer.profile) for (let i = 0; i < 11; i++) bits.u(8)
    if (subLayer.level) bits.u(8)
  }
  return { profileSpace, tier, profile, compatibility, constraints, level }
}

/** A video parameter set's id, and the frame rate it states, §7.3.2.1. */
export type Vps = { readonly id: number; readonly frameRate?: VideoFrameRate }

export function readVps(nal: Uint8Array): Vps {
  const bits = new BitReader(unescapeNal(nal, HEVC_NAL_HEADER_SIZE))
  const id = bits.u(4)
  bits.u(8) // vps_base_layer_internal_flag, vps_base_layer_available_flag, vps_max_layers_minus1
  const subLayersMinus1 = inRange(bits.u(3), 6, 'vps_max_sub_layers_minus1')
  bits.u(17) // vps_temporal_id_nesting_flag, vps_reserved_0xffff_16bits
  readProfileTierLevel(bits, subLayersMinus1)
  skipSubLayerOrdering(bits, subLayersMinus1)
  const maxLayerId = bits.u(6)
  const layerSets = inRange(bits.ue(), 1023, 'vps_num_layer_sets_minus1')
  for (let i = 0; i < layerSets * (maxLayerId + 1); i++) bits.flag()
  const frameRate = bits.flag() ? readTiming(bits) : undefined
  return frameRate === undefined ? { id } : { id, frameRate }
}

function skipSubLayerOrdering(bits: BitReader, subLayersMinus1: number): void {
  for (let i = bits.flag() ? 0 : subLayersMinus1; i <= subLayersMinus1; i++) {
    bits.ue() // max_dec_pic_buffering_minus1, max_num_reorder_pics, max_latency_increase_plus1
    bits.ue()
    bits.ue()
  }
}

/** Pictures per second from num_units_in_tick and time_scale: a tick is a picture. */
function readTiming(bits: BitReader): VideoFrameRate | undefined {
  const unitsInTick = bits.u(32)
  return frameRateOf(bits.u(32), unitsInTick)
}

/** The fields of a sequence parameter set (§7.3.2.2.1, §E.2.1). */
export type HevcSps = VideoUsability & {
  readonly id: number
  readonly vpsId: number
  readonly subLayers: number
  readonly temporalIdNesting: boolean
  readonly profileTierLevel: ProfileTierLevel
  readonly chromaFormat: number
  readonly separatePlanes: boolean
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Size of slice_pic_order_cnt_lsb in bits. */
  readonly orderBits: number
  /** Luma samples inside the conformance window; so is `height`. */
  readonly width: number
  readonly height: number
  readonly frameRate?: VideoFrameRate
  /** min_spatial_segmentation_idc; 0 when it is not stated. */
  readonly minSpatialSegmentation: number
}

/** Reads a sequence parameter set up to its own id. */
export function skipToSequenceId(bits: BitReader) {
  const vpsId = bits.u(4)
  const subLayersMinus1 = inRange(bits.u(3), 6, 'sps_max_sub_layers_minus1')
  const temporalIdNesting = bits.flag()
  const profileTierLevel = readProfileTierLevel(bits, subLayersMinus1)
  return { vpsId, subLayersMinus1, temporalIdNesting, profileTierLevel }
}

export function readHevcSps(nal: Uint8Array): HevcSps {
  return readHevcSequence(nal).sps
}

/** Reads a sequence parameter set up to its extensions; `bits` goes on with sps_extension_present_flag. */
export function readHevcSequence(nal: Uint8Array): {
  readonly sps: HevcSps
  readonly tools: HevcCodingTools
  readonly bits: BitReader
} {
  const bits = new BitReader(unescapeNal(nal, HEVC_NAL_HEADER_SIZE))
  const { vpsId, subLayersMinus1, temporalIdNesting, profileTierLevel } = skipToSequenceId(bits)
  const id = inRange(bits.ue(), 15, 'sps_seq_parameter_set_id')
  const chromaFormat = inRange(bits.ue(), 3, 'chroma_format_idc')
  const separatePlanes = chromaFormat === 3 && bits.flag()
  const { coded, ...size } = readSize(bits, separatePlanes ? 0 : chromaFormat)
  const bitDepthLuma = 8 + inRange(bits.ue(), 8, 'bit_depth_luma_minus8')
  const bitDepthChroma = 8 + inRange(bits.ue(), 8, 'bit_depth_chroma_minus8')
  const orderBits = 4 + inRange(bits.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4')
  skipSubLayerOrdering(bits, subLayersMinus1)
  const tools = readCodingTools(bits, orderBits, coded)
  const vui = bits.flag() ? readVui(bits, subLayersMinus1) : { minSpatialSegmentation: 0 }
  const sps = {
    id,
    vpsId,
    subLayers: subLayersMinus1 + 1,
    temporalIdNesting,
    profileTierLevel,
    chromaFormat,
    separatePlanes,
    ...size,
    bitDepthLuma,
    bitDepthChroma,
    orderBits,
    ...vui,
  }
  return { sps, tools, bits }
}

function readSize(bits: BitReader, chromaArray: number) {
  const coded = checkedSize(bits.ue(), bits.ue())
  if (!bits.flag()) return { ...coded, coded }
  const unitX = chromaArray === 1 || chromaArray === 2 ? 2 : 1
  const unitY = chromaArray === 1 ? 2 : 1
  const cropX = (bits.ue() + bits.ue()) * unitX
  const cropY = (bits.ue() + bits.ue()) * unitY
  return { ...checkedSize(coded.width - cropX, coded.height - cropY), coded }
}

function readVui(bits: BitReader, subLayersMinus1: number) {
  const usability = readVideoUsability(bits)
  bits.u(3) // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (bits.flag()) for (let i = 0; i < 4; i++) bits.ue() // default display window
  let frameRate: VideoFrameRate | undefined
  if (bits.flag()) {
    frameRate = readTiming(bits)
    if (bits.flag()) bits.ue() // vui_num_ticks_poc_diff_one_minus1
    if (bits.flag()) skipHrdParameters(bits, subLayersMinus1)
  }
  let minSpatialSegmentation = 0
  if (bits.flag()) {
    bits.u(3) // tiles_fixed_structure_flag, motion_vectors_over_pic_boundaries_flag, restricted_ref_pic_lists_flag
    minSpatialSegmentation = inRange(bits.ue(), 4095, 'min_spatial_segmentation_idc')
  }
  return { ...usability, minSpatialSegmentation, ...(frameRate === undefined ? {} : { frameRate }) }
}

/** The fields of a picture parameter set that slice headers and decoder configurations need, §7.3.2.3.1. */
export type HevcPps = {
  readonly id: number
  readonly spsId: number
  readonly dependentSlices: boolean
  readonly outputFlagPresent: boolean
  readonly extraSliceHeaderBits: number
  readonly tiles: boolean
  /** entropy_coding_sync_enabled_flag: wavefronts. */
  readonly entropyCodingSync: boolean
}

export function readHevcPps(nal: Uint8Array): HevcPps {
  return readHevcPicture(nal).pps
}

/** What a picture parameter set says of slice headers before its tiles. */
export type HevcPictureTools = {
  readonly cabacInitPresent: boolean
  /** Reference pictures of each list, where a slice does not say how many. */
  readonly references: readonly [number, number]
  readonly transformSkip: boolean
  readonly sliceChromaOffsets: boolean
  /** weighted_pred_flag. */
  readonly weightedP: boolean
  /** weighted_bipred_flag. */
  readonly weightedB: boolean
}

/** Reads a picture parameter set up to entropy_coding_sync_enabled_flag; `bits` goes on behind it. */
export function readHevcPicture(nal: Uint8Array): {
  readonly pps: HevcPps
  readonly tools: HevcPictureTools
  readonly bits: BitReader
} {
  const bits = new BitReader(unescapeNal(nal, HEVC_NAL_HEADER_SIZE))
  const id = inRange(bits.ue(), 63, 'pps_pic_parameter_set_id')
  const spsId = inRange(bits.ue(), 15, 'pps_seq_parameter_set_id')
  const dependentSlices = bits.flag()
  const outputFlagPresent = bits.flag()
  const extraSliceHeaderBits = bits.u(3)
  bits.flag() // sign_data_hiding_enabled_flag
  const cabacInitPresent = bits.flag()
  const references = [bits.ue() + 1, bits.ue() + 1] as const // num_ref_idx_l0_default_active_minus1, …_l1_…
  bits.se() // init_qp_minus26
  bits.flag() // constrained_intra_pred_flag
  const transformSkip = bits.flag()
  if (bits.flag()) bits.ue() // diff_cu_qp_delta_depth
  bits.se() // pps_cb_qp_offset
  bits.se() // pps_cr_qp_offset
  const sliceChromaOffsets = bits.flag()
  const weightedP = bits.flag()
  const weightedB = bits.flag()
  bits.flag() // transquant_bypass_enabled_flag
  const tiles = bits.flag()
  const entropyCodingSync = bits.flag()
  return {
    pps: { id, spsId, dependentSlices, outputFlagPresent, extraSliceHeaderBits, tiles, entropyCodingSync },
    tools: { cabacInitPresent, references, transformSkip, sliceChromaOffsets, weightedP, weightedB },
    bits,
  }
}
