import { type HevcPictureTools, type HevcPps, type HevcSps, readHevcPicture, readHevcSequence } from './hevc.ts'
import type { HevcCodingTools } from './hevc-coding-tools.ts'
import { skipScalingListData } from './hevc-syntax.ts'
import { inRange } from './video-usability.ts'

/** Parameter sets of HEVC as far as whole slice headers depend on them: ISO/IEC 23008-2 §7.3.2.2 and §7.3.2.3. */

/** A sequence parameter set, for slice headers. */
export type HevcSliceSps = HevcSps &
  HevcCodingTools & {
    /** Its extensions give slice headers fields that are not known here: screen content coding. */
    readonly hasUnknownFields: boolean
  }

/** A picture parameter set, for slice headers. */
export type HevcSlicePps = HevcPps &
  HevcPictureTools & {
    /** Columns and rows of tiles; 1 each without tiles. */
    readonly tileGrid: { readonly across: number; readonly down: number }
    /** pps_loop_filter_across_slices_enabled_flag. */
    readonly filterAcrossSlices: boolean
    readonly deblockingOverride: boolean
    readonly deblockingDisabled: boolean
    /** lists_modification_present_flag. */
    readonly listsModification: boolean
    /** slice_segment_header_extension_present_flag. */
    readonly headerExtension: boolean
    /** chroma_qp_offset_list_enabled_flag. */
    readonly chromaOffsetList: boolean
    readonly hasUnknownFields: boolean
  }

/** Bits of the eight that follow sps_extension_present_flag and pps_extension_present_flag. */
const RANGE_EXTENSION = 0x80
const MULTILAYER_EXTENSION = 0x40
const THREE_D_EXTENSION = 0x20
/** Those that give slice headers no field but what is read here; other layers concern other NAL units. */
const KNOWN_EXTENSIONS = RANGE_EXTENSION | MULTILAYER_EXTENSION | THREE_D_EXTENSION

/** num_ref_idx_…_active_minus1 is at most 14, §7.4.3.3.1 and §7.4.7.1. */
export const MOST_REFERENCES = 15

/** Limits of columns and rows of tiles at any level, table A.8. */
const MOST_TILE_COLUMNS = 20
const MOST_TILE_ROWS = 22

export function readHevcSliceSps(nal: Uint8Array): HevcSliceSps {
  const { sps, tools, bits } = readHevcSequence(nal)
  const extensions = bits.flag() ? bits.u(8) : 0
  return { ...sps, ...tools, hasUnknownFields: (extensions & ~KNOWN_EXTENSIONS) !== 0 }
}

export function readHevcSlicePps(nal: Uint8Array): HevcSlicePps {
  const { pps, tools, bits } = readHevcPicture(nal)
  inRange(Math.max(...tools.references) - 1, MOST_REFERENCES - 1, 'num_ref_idx_default_active_minus1')
  const tileGrid = { across: 1, down: 1 }
  if (pps.tiles) {
    tileGrid.across = 1 + inRange(bits.ue(), MOST_TILE_COLUMNS - 1, 'num_tile_columns_minus1')
    tileGrid.down = 1 + inRange(bits.ue(), MOST_TILE_ROWS - 1, 'num_tile_rows_minus1')
    // uniform_spacing_flag, or the sizes of all but the last column and row
    if (!bits.flag()) for (let i = tileGrid.across + tileGrid.down - 2; i > 0; i--) bits.ue()
    bits.flag() // loop_filter_across_tiles_enabled_flag
  }
  const filterAcrossSlices = bits.flag()
  let [deblockingOverride, deblockingDisabled] = [false, false]
  if (bits.flag()) {
    deblockingOverride = bits.flag()
    deblockingDisabled = bits.flag()
    if (!deblockingDisabled) {
      bits.se() // pps_beta_offset_div2
      bits.se() // pps_tc_offset_div2
    }
  }
  if (bits.flag()) skipScalingListData(bits)
  const listsModification = bits.flag()
  bits.ue() // log2_parallel_merge_level_minus2
  const headerExtension = bits.flag()
  const extensions = bits.flag() ? bits.u(8) : 0
  let chromaOffsetList = false
  if ((extensions & RANGE_EXTENSION) !== 0) {
    if (tools.transformSkip) bits.ue() // log2_max_transform_skip_block_size_minus2
    bits.flag() // cross_component_prediction_enabled_flag
    chromaOffsetList = bits.flag()
  }
  return {
    ...pps,
    ...tools,
    tileGrid,
    filterAcrossSlices,
    deblockingOverride,
    deblockingDisabled,
    listsModification,
    headerExtension,
    chromaOffsetList,
    hasUnknownFields: (extensions & ~KNOWN_EXTENSIONS) !== 0,
  }
}
