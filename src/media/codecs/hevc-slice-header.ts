import { MalformedMedia } from '../bytes.ts'
import { HEVC_NAL_HEADER_SIZE } from './hevc.ts'
import { hevcNalType, isIdr, isIrap } from './hevc-slice.ts'
import { type HevcSlicePps, type HevcSliceSps, MOST_REFERENCES } from './hevc-slice-sets.ts'
import { readSliceSet } from './hevc-syntax.ts'
import { NalBitReader, type SliceHeaderSize } from './nal-bits.ts'
import { inRange } from './video-usability.ts'

/** The whole slice segment header of HEVC, ISO/IEC 23008-2 §7.3.6.1, read only to know where it ends. */

/** The parameter sets of a slice. */
export type HevcSliceSets = { readonly sps: HevcSliceSps; readonly pps: HevcSlicePps }

/** slice_type, table 7-7. */
const B = 0
const I = 2

/** num_long_term_sps and num_long_term_pics: a decoded picture buffer has no more pictures, §7.4.7.1. */
const MOST_LONG_TERM = 16
const MOST_EXTENSION_BYTES = 256

/**
 * Finds where the header of the slice segment between `at` and `end` ends, with its byte_alignment(): the data begins
 * with the next bit. Throws MalformedMedia when it breaks the rules of its fields, refers to parameter sets that
 * `setsOf` does not know, or these have extensions for screen content.
 */
export function hevcSliceHeaderSize(
  bytes: Uint8Array,
  at: number,
  end: number,
  setsOf: (ppsId: number) => HevcSliceSets | undefined,
): SliceHeaderSize {
  const type = hevcNalType(bytes, at)
  const bits = new NalBitReader(bytes, at + HEVC_NAL_HEADER_SIZE, end)
  const isFirst = bits.flag()
  if (isIrap(type)) bits.flag() // no_output_of_prior_pics_flag
  const id = inRange(bits.ue(), 63, 'slice_pic_parameter_set_id')
  const sets = setsOf(id)
  if (sets === undefined) throw new MalformedMedia(`slice of unknown slice_pic_parameter_set_id ${id}`, at)
  const { sps, pps } = sets
  if (sps.hasUnknownFields || pps.hasUnknownFields) throw new MalformedMedia('slice of an unknown extension', at)
  let isDependent = false
  if (!isFirst) {
    isDependent = pps.dependentSlices && bits.flag()
    bits.u(bitsFor(sps.treeBlocks.across * sps.treeBlocks.down)) // slice_segment_address
  }
  if (!isDependent) skipIndependent(bits, sets, type)
  if (pps.tiles || pps.entropyCodingSync) skipEntryPoints(bits, sets)
  if (pps.headerExtension) {
    bits.skip(8 * inRange(bits.ue(), MOST_EXTENSION_BYTES, 'slice_segment_header_extension_length'))
  }
  if (!bits.flag()) throw new MalformedMedia('slice header without its alignment', at)
  bits.skip((8 - (bits.position % 8)) % 8)
  return { bits: HEVC_NAL_HEADER_SIZE * 8 + bits.position, bytes: bits.nextByte - at }
}

/** Skips what dependent slice segments take over from the slice before. */
function skipIndependent(bits: NalBitReader, sets: HevcSliceSets, nalType: number): void {
  const { sps, pps } = sets
  const hasChroma = sps.chromaFormat !== 0 && !sps.separatePlanes
  bits.skip(pps.extraSliceHeaderBits)
  const type = inRange(bits.ue(), 2, 'slice_type')
  if (pps.outputFlagPresent) bits.flag() // pic_output_flag
  if (sps.separatePlanes) bits.u(2) // colour_plane_id
  const pictures = isIdr(nalType) ? { current: 0, temporal: false } : readReferencePictures(bits, sps)
  const saoLuma = sps.sampleAdaptiveOffset && bits.flag()
  const saoChroma = sps.sampleAdaptiveOffset && hasChroma && bits.flag()
  if (type !== I) skipPrediction(bits, sets, type === B, pictures)
  bits.se() // slice_qp_delta
  if (pps.sliceChromaOffsets) bits.skipSigned(2)
  if (pps.chromaOffsetList) bits.flag() // cu_chroma_qp_offset_enabled_flag
  let deblockingDisabled = pps.deblockingDisabled
  if (pps.deblockingOverride && bits.flag()) {
    deblockingDisabled = bits.flag()
    if (!deblockingDisabled) bits.skipSigned(2) // slice_beta_offset_div2, slice_tc_offset_div2
  }
  if (pps.filterAcrossSlices && (saoLuma || saoChroma || !deblockingDisabled)) bits.flag()
}

type ReferencePictures = {
  /** NumPicTotalCurr, (7-55). */
  readonly current: number
  /** slice_temporal_mvp_enabled_flag. */
  readonly temporal: boolean
}

/** Reads from slice_pic_order_cnt_lsb to slice_temporal_mvp_enabled_flag. */
function readReferencePictures(bits: NalBitReader, sps: HevcSliceSps): ReferencePictures {
  bits.u(sps.orderBits) // slice_pic_order_cnt_lsb
  const sets = sps.shortTermSets
  const isOfSequence = bits.flag()
  const at = isOfSequence ? bits.u(bitsFor(sets.length)) : 0
  const set = isOfSequence ? sets[at] : readSliceSet(bits, sets)
  if (set === undefined) throw new MalformedMedia(`short_term_ref_pic_set_idx ${at}`, bits.nextByte)
  let current = set.filter(({ used }) => used).length
  if (sps.longTermUsed !== undefined) current += readLongTerm(bits, sps.longTermUsed, sps.orderBits)
  return { current, temporal: sps.temporalMotionVectors && bits.flag() }
}

/** Reads the long-term pictures; the number of those that the picture may refer to. */
function readLongTerm(bits: NalBitReader, ofSequence: readonly boolean[], orderBits: number): number {
  const listed = ofSequence.length > 0 ? inRange(bits.ue(), MOST_LONG_TERM, 'num_long_term_sps') : 0
  const count = listed + inRange(bits.ue(), MOST_LONG_TERM, 'num_long_term_pics')
  let current = 0
  for (let i = 0; i < count; i++) {
    if (i < listed) {
      if (ofSequence[bits.u(bitsFor(ofSequence.length))]) current++ // lt_idx_sps
    } else {
      bits.u(orderBits) // poc_lsb_lt
      if (bits.flag()) current++ // used_by_curr_pic_lt_flag
    }
    if (bits.flag()) bits.ue() // delta_poc_msb_cycle_lt
  }
  return current
}

/** Skips from num_ref_idx_active_override_flag to five_minus_max_num_merge_cand. */
function skipPrediction(bits: NalBitReader, { sps, pps }: HevcSliceSets, isB: boolean, pictures: ReferencePictures) {
  const lists = isB ? ([0, 1] as const) : ([0] as const)
  const active = bits.flag()
    ? lists.map((list) => 1 + inRange(bits.ue(), MOST_REFERENCES - 1, `num_ref_idx_l${list}_active_minus1`))
    : pps.references.slice(0, lists.length)
  if (pps.listsModification && pictures.current > 1) {
    for (const count of active) if (bits.flag()) bits.skip(count * bitsFor(pictures.current)) // list_entry
  }
  if (isB) bits.flag() // mvd_l1_zero_flag
  if (pps.cabacInitPresent) bits.flag() // cabac_init_flag
  if (pictures.temporal) {
    const list = isB && !bits.flag() ? 1 : 0 // collocated_from_l0_flag
    if (active[list]! > 1) inRange(bits.ue(), active[list]! - 1, 'collocated_ref_idx')
  }
  if (isB ? pps.weightedB : pps.weightedP) skipWeights(bits, active, sps.chromaFormat !== 0 && !sps.separatePlanes)
  inRange(bits.ue(), 4, 'five_minus_max_num_merge_cand')
}

/** Skips pred_weight_table, §7.3.6.3: the flags of each list stand in front of its weights. */
function skipWeights(bits: NalBitReader, active: readonly number[], hasChroma: boolean): void {
  inRange(bits.ue(), 7, 'luma_log2_weight_denom')
  if (hasChroma) bits.se() // delta_chroma_log2_weight_denom
  for (const count of active) {
    const luma = Array.from({ length: count }, () => bits.flag())
    const chroma = luma.map(() => hasChroma && bits.flag())
    for (let i = 0; i < count; i++) {
      if (luma[i]) bits.skipSigned(2)
      if (chroma[i]) bits.skipSigned(4)
    }
  }
}

/** Skips the offsets of tiles' and wavefronts' beginnings. */
function skipEntryPoints(bits: NalBitReader, { sps, pps }: HevcSliceSets): void {
  const { across, down } = pps.tileGrid
  const most = across * (pps.entropyCodingSync ? sps.treeBlocks.down : down) - 1
  const count = inRange(bits.ue(), most, 'num_entry_point_offsets')
  if (count > 0) bits.skip(count * (1 + inRange(bits.ue(), 31, 'offset_len_minus1')))
}

/** Ceil(Log2(count)): bits of a number below `count`. */
function bitsFor(count: number): number {
  return count > 1 ? 32 - Math.clz32(count - 1) : 0
}
