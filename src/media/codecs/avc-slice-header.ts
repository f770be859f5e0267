import { BitReader, MalformedMedia } from '../bytes.ts'
import { AVC_NAL_HEADER_SIZE, NAL_IDR_SLICE, readPpsIds, type Sps } from './h264.ts'
import { unescapeNal } from './nal.ts'
import { NalBitReader, type SliceHeaderSize } from './nal-bits.ts'
import { inRange } from './video-usability.ts'

/** The whole slice header of H.264, ISO/IEC 14496-10 §7.3.3, read only to know where it ends. */

/** slice_type modulo 5, table 7-6. */
const B = 1
const I = 2
const SP = 3
const SI = 4

/** num_ref_idx_…_active_minus1 of fields; of frames it is half as much, §7.4.3. */
const MOST_REFERENCES_MINUS_1 = 31
/** A command for each of 16 frames or 32 fields to take it away and to put it back, and two more. */
const MOST_MARKING_COMMANDS = 66

/** The fields of a picture parameter set that slice headers depend on, §7.3.2.2. */
export type AvcSlicePps = {
  readonly id: number
  readonly spsId: number
  /** entropy_coding_mode_flag. */
  readonly cabac: boolean
  /** bottom_field_pic_order_in_frame_present_flag. */
  readonly bottomOrderPresent: boolean
  readonly sliceGroups: number
  /** Reference pictures of each list, where a slice does not say how many. */
  readonly references: readonly [number, number]
  /** weighted_pred_flag. */
  readonly weightedP: boolean
  /** weighted_bipred_idc 1: explicit. */
  readonly weightedB: boolean
  /** deblocking_filter_control_present_flag. */
  readonly deblockingPresent: boolean
  /** redundant_pic_cnt_present_flag. */
  readonly redundantCountPresent: boolean
}

export function readAvcSlicePps(nal: Uint8Array): AvcSlicePps {
  const bits = new BitReader(unescapeNal(nal, AVC_NAL_HEADER_SIZE))
  const { id, spsId } = readPpsIds(bits)
  const cabac = bits.flag()
  const bottomOrderPresent = bits.flag()
  const sliceGroups = 1 + inRange(bits.ue(), 7, 'num_slice_groups_minus1')
  const pps = { id, spsId, cabac, bottomOrderPresent, sliceGroups }
  // What follows lies behind the description of the groups, and no slice of these can be read.
  if (sliceGroups > 1) return { ...pps, ...NOT_READ }
  const references = [readReferences(bits, 0), readReferences(bits, 1)] as const
  const weightedP = bits.flag()
  const weightedB = inRange(bits.u(2), 2, 'weighted_bipred_idc') === 1
  bits.se() // pic_init_qp_minus26
  bits.se() // pic_init_qs_minus26
  bits.se() // chroma_qp_index_offset
  const deblockingPresent = bits.flag()
  bits.flag() // constrained_intra_pred_flag
  return { ...pps, references, weightedP, weightedB, deblockingPresent, redundantCountPresent: bits.flag() }
}

const NOT_READ = {
  references: [1, 1],
  weightedP: false,
  weightedB: false,
  deblockingPresent: false,
  redundantCountPresent: false,
} as const

function readReferences(bits: BitReader, list: 0 | 1): number {
  return 1 + inRange(bits.ue(), MOST_REFERENCES_MINUS_1, `num_ref_idx_l${list}_active_minus1`)
}

/**
 * Finds where the header of the slice between `at` and `end` ends: the slice's data begins with the next bit. Throws
 * MalformedMedia when it breaks the rules of its fields, refers to parameter sets that `setsOf` does not know, or has
 * slice groups.
 */
export function avcSliceHeaderSize(
  bytes: Uint8Array,
  at: number,
  end: number,
  setsOf: (ppsId: number) => { readonly sps: Sps; readonly pps: AvcSlicePps } | undefined,
): SliceHeaderSize {
  const bits = new NalBitReader(bytes, at + AVC_NAL_HEADER_SIZE, end)
  const isIdr = (bytes[at]! & 0x1f) === NAL_IDR_SLICE
  const isReference = (bytes[at]! & 0x60) !== 0
  bits.ue() // first_mb_in_slice
  const type = inRange(bits.ue(), 9, 'slice_type') % 5
  const id = inRange(bits.ue(), 255, 'pic_parameter_set_id')
  const sets = setsOf(id)
  if (sets === undefined) throw new MalformedMedia(`slice of unknown pic_parameter_set_id ${id}`, at)
  const { sps, pps } = sets
  if (pps.sliceGroups > 1) throw new MalformedMedia(`${pps.sliceGroups} slice groups`, at)
  const hasChroma = sps.chromaFormat !== 0 && !sps.separatePlanes
  const isField = skipPlace(bits, sets, isIdr)
  if (pps.redundantCountPresent) inRange(bits.ue(), 127, 'redundant_pic_cnt')
  if (type === B) bits.flag() // direct_spatial_mv_pred_flag
  const references = type === I || type === SI ? [] : readActive(bits, pps, type, isField)
  for (const count of references) skipListModification(bits, count)
  const isWeighted = type === B ? pps.weightedB : references.length > 0 && pps.weightedP
  if (isWeighted) skipWeights(bits, references, hasChroma)
  if (isReference) skipMarking(bits, isIdr)
  if (pps.cabac && references.length > 0) inRange(bits.ue(), 2, 'cabac_init_idc')
  bits.se() // slice_qp_delta
  if (type === SP) bits.flag() // sp_for_switch_flag
  if (type === SP || type === SI) bits.se() // slice_qs_delta
  if (pps.deblockingPresent && inRange(bits.ue(), 2, 'disable_deblocking_filter_idc') !== 1) {
    bits.se() // slice_alpha_c0_offset_div2
    bits.se() // slice_beta_offset_div2
  }
  return { bits: AVC_NAL_HEADER_SIZE * 8 + bits.position, bytes: bits.nextByte - at }
}

/** Skips from colour_plane_id to delta_pic_order_cnt; true for a field. */
function skipPlace(
  bits: BitReader,
  { sps, pps }: { readonly sps: Sps; readonly pps: AvcSlicePps },
  isIdr: boolean,
): boolean {
  if (sps.separatePlanes) bits.u(2) // colour_plane_id
  bits.u(sps.frameNumberBits)
  const isField = sps.mayHaveFields && bits.flag()
  if (isField) bits.flag() // bottom_field_flag
  if (isIdr) inRange(bits.ue(), 0xffff, 'idr_pic_id')
  const statesBottom = pps.bottomOrderPresent && !isField
  if (sps.orderBits > 0) {
    bits.u(sps.orderBits)
    if (statesBottom) bits.se() // delta_pic_order_cnt_bottom
  } else if (sps.statesOrderDelta) {
    bits.se() // delta_pic_order_cnt[0]
    if (statesBottom) bits.se() // delta_pic_order_cnt[1]
  }
  return isField
}

/** The number of reference pictures in each of the slice's lists. */
function readActive(bits: BitReader, pps: AvcSlicePps, type: number, isField: boolean): number[] {
  const lists = type === B ? ([0, 1] as const) : ([0] as const)
  // num_ref_idx_active_override_flag
  const active = bits.flag() ? lists.map((list) => readReferences(bits, list)) : pps.references.slice(0, lists.length)
  const most = isField ? MOST_REFERENCES_MINUS_1 + 1 : (MOST_REFERENCES_MINUS_1 + 1) / 2
  return active.map((count) => inRange(count, most, isField ? 'references of a field' : 'references of a frame'))
}

/** Skips the modification of one list, §7.3.3.1. */
function skipListModification(bits: BitReader, references: number): void {
  if (!bits.flag()) return
  for (let n = 0; inRange(bits.ue(), 3, 'modification_of_pic_nums_idc') !== 3; n++) {
    // §7.4.3.1: at most one for each picture of the list, and then the end.
    inRange(n + 1, references, 'modifications of a list')
    bits.ue() // abs_diff_pic_num_minus1, or long_term_pic_num
  }
}

/** Skips pred_weight_table, §7.3.3.2. */
function skipWeights(bits: NalBitReader, references: readonly number[], hasChroma: boolean): void {
  inRange(bits.ue(), 7, 'luma_log2_weight_denom')
  if (hasChroma) inRange(bits.ue(), 7, 'chroma_log2_weight_denom')
  for (const count of references) {
    for (let i = 0; i < count; i++) {
      if (bits.flag()) bits.skipSigned(2)
      if (hasChroma && bits.flag()) bits.skipSigned(4)
    }
  }
}

/** Skips dec_ref_pic_marking, §7.3.3.3. */
function skipMarking(bits: BitReader, isIdr: boolean): void {
  if (isIdr) {
    bits.u(2) // no_output_of_prior_pics_flag, long_term_reference_flag
    return
  }
  if (!bits.flag()) return // adaptive_ref_pic_marking_mode_flag
  for (let n = 0; ; n++) {
    inRange(n, MOST_MARKING_COMMANDS, 'commands of dec_ref_pic_marking')
    const command = inRange(bits.ue(), 6, 'memory_management_control_operation')
    if (command === 0) return
    if (command === 1 || command === 3) bits.ue() // difference_of_pic_nums_minus1
    if (command === 2) bits.ue() // long_term_pic_num
    if (command === 3 || command === 6) bits.ue() // long_term_frame_idx
    if (command === 4) bits.ue() // max_long_term_frame_idx_plus1
  }
}
