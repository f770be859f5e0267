import type { BitReader } from '../bytes.ts'
import { readShortTermSets, type ShortTermSet, skipScalingListData } from './hevc-syntax.ts'
import { inRange } from './video-usability.ts'

/** The tools of a sequence that decide which fields its slice headers have. */
export type HevcCodingTools = {
  /** Coding tree blocks of a picture, across and down. */
  readonly treeBlocks: { readonly across: number; readonly down: number }
  /** sample_adaptive_offset_enabled_flag. */
  readonly sampleAdaptiveOffset: boolean
  readonly shortTermSets: readonly ShortTermSet[]
  /** used_by_curr_pic_lt_sps_flag of each long-term picture; undefined without long_term_ref_pics_present_flag. */
  readonly longTermUsed: readonly boolean[] | undefined
  /** sps_temporal_mvp_enabled_flag. */
  readonly temporalMotionVectors: boolean
}

/** Reads log2_min_luma_coding_block_size_minus3 to strong_intra_smoothing_enabled_flag. */
export function readCodingTools(
  bits: BitReader,
  orderBits: number,
  coded: { readonly width: number; readonly height: number },
): HevcCodingTools {
  // log2_min_luma_coding_block_size_minus3 and log2_diff_max_min_luma_coding_block_size: CtbLog2SizeY is at most 6.
  const treeBlockBits = inRange(3 + bits.ue() + bits.ue(), 6, 'CtbLog2SizeY')
  for (let i = 0; i < 4; i++) bits.ue()
  if (bits.flag() && bits.flag()) skipScalingListData(bits)
  bits.flag() // amp_enabled_flag
  const sampleAdaptiveOffset = bits.flag()
  if (bits.flag()) {
    bits.u(8) // pcm_sample_bit_depth of luma and chroma
    bits.ue()
    bits.ue()
    bits.flag()
  }
  const shortTermSets = readShortTermSets(bits)
  let longTermUsed: boolean[] | undefined
  if (bits.flag()) {
    const longTerm = inRange(bits.ue(), 32, 'num_long_term_ref_pics_sps')
    longTermUsed = []
    for (let i = 0; i < longTerm; i++) {
      bits.u(orderBits) // lt_ref_pic_poc_lsb_sps
      longTermUsed.push(bits.flag())
    }
  }
  const temporalMotionVectors = bits.flag()
  bits.flag() // strong_intra_smoothing_enabled_flag
  const treeBlocks = {
    across: Math.ceil(coded.width / 2 ** treeBlockBits),
    down: Math.ceil(coded.height / 2 ** treeBlockBits),
  }
  return { treeBlocks, sampleAdaptiveOffset, shortTermSets, longTermUsed, temporalMotionVectors }
}
