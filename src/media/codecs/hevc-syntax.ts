import type { BitReader } from '../bytes.ts'
import { inRange } from './video-usability.ts'

/** Structures in the sequence parameter set of HEVC that are parsed only to reach the fields after them. */

/** Skips scaling_list_data, ISO/IEC 23008-2 §7.3.4. */
export function skipScalingListData(bits: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue() // scaling_list_pred_matrix_id_delta
        continue
      }
      const coefficients = Math.min(64, 1 << (4 + 2 * sizeId))
      if (sizeId > 1) bits.se() // scaling_list_dc_coef_minus8
      for (let i = 0; i < coefficients; i++) bits.se()
    }
  }
}

/** Skips num_short_term_ref_pic_sets and the sets, §7.3.7. */
export function skipShortTermRefPicSets(bits: BitReader): void {
  const count = inRange(bits.ue(), 64, 'num_short_term_ref_pic_sets')
  let pictures = 0
  for (let i = 0; i < count; i++) {
    const isPredicted = i > 0 && bits.flag()
    pictures = isPredicted ? skipPredictedSet(bits, pictures) : skipExplicitSet(bits)
  }
}

/** @returns NumDeltaPocs */
function skipPredictedSet(bits: BitReader, reference: number): number {
  bits.flag() // delta_rps_sign
  bits.ue() // abs_delta_rps_minus1
  let pictures = 0
  for (let j = 0; j <= reference; j++) {
    const used = bits.flag() // used_by_curr_pic_flag
    const kept = used || bits.flag() // use_delta_flag
    if (kept) pictures++
  }
  return inRange(pictures, 16, 'NumDeltaPocs')
}

/** @returns NumDeltaPocs */
function skipExplicitSet(bits: BitReader): number {
  const negative = inRange(bits.ue(), 16, 'num_negative_pics')
  const positive = inRange(bits.ue(), 16 - negative, 'num_positive_pics')
  for (let i = 0; i < negative + positive; i++) {
    bits.ue() // delta_poc_minus1
    bits.flag() // used_by_curr_pic_flag
  }
  return negative + positive
}

/** Skips hrd_parameters with commonInfPresentFlag, §E.2.2. */
export function skipHrdParameters(bits: BitReader, subLayersMinus1: number): void {
  const nal = bits.flag()
  const vcl = bits.flag()
  let subPictures = false
  if (nal || vcl) {
    subPictures = bits.flag()
    if (subPictures) bits.u(19)
    bits.u(8) // bit_rate_scale, cpb_size_scale
    if (subPictures) bits.u(4) // cpb_size_du_scale
    bits.u(15) // lengths of delays
  }
  for (let i = 0; i <= subLayersMinus1; i++) {
    const fixedGeneral = bits.flag()
    const fixedWithinCvs = fixedGeneral || bits.flag()
    let lowDelay = false
    if (fixedWithinCvs)
      bits.ue() // elemental_duration_in_tc_minus1
    else lowDelay = bits.flag()
    const buffers = lowDelay ? 1 : inRange(bits.ue(), 31, 'cpb_cnt_minus1') + 1
    for (let n = buffers * ((nal ? 1 : 0) + (vcl ? 1 : 0)); n > 0; n--) skipSubLayerHrd(bits, subPictures)
  }
}

/** Skips one entry of sub_layer_hrd_parameters, §E.2.3. */
function skipSubLayerHrd(bits: BitReader, subPictures: boolean): void {
  bits.ue()
  bits.ue()
  if (subPictures) {
    bits.ue()
    bits.ue()
  }
  bits.flag()
}
