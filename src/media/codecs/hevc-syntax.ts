import type { BitReader } from '../bytes.ts'
import { inRange } from './video-usability.ts'

/** Structures in the sequence parameter set of HEVC that are parsed to reach the fields after them. */

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

/** A short-term reference picture set, §7.3.7: distances in picture order, those before the picture first. */
export type ShortTermSet = readonly { readonly delta: number; readonly used: boolean }[]

/** NumDeltaPocs is at most sps_max_dec_pic_buffering_minus1, §7.4.8. */
const MOST_PICTURES_OF_SET = 16

/** Reads num_short_term_ref_pic_sets and the sets, §7.3.2.2.1. */
export function readShortTermSets(bits: BitReader): readonly ShortTermSet[] {
  const count = inRange(bits.ue(), 64, 'num_short_term_ref_pic_sets')
  const sets: ShortTermSet[] = []
  for (let i = 0; i < count; i++) {
    sets.push(i > 0 && bits.flag() ? readPredictedSet(bits, sets[i - 1]!) : readExplicitSet(bits))
  }
  return sets
}

/** Reads the st_ref_pic_set of a slice header, which may be predicted from any of the sequence's `sets`. */
export function readSliceSet(bits: BitReader, sets: readonly ShortTermSet[]): ShortTermSet {
  if (sets.length === 0 || !bits.flag()) return readExplicitSet(bits)
  const distance = inRange(bits.ue(), sets.length - 1, 'delta_idx_minus1') + 1
  return readPredictedSet(bits, sets[sets.length - distance]!)
}

/** Derives a set from another, (7-61) and (7-62): a picture at the distance 0 would be this one, and is left out. */
function readPredictedSet(bits: BitReader, reference: ShortTermSet): ShortTermSet {
  const isNegative = bits.flag() // delta_rps_sign
  const distance = inRange(bits.ue(), 0x7fff, 'abs_delta_rps_minus1') + 1
  const shift = isNegative ? -distance : distance
  const set: { delta: number; used: boolean }[] = []
  for (const { delta } of [...reference, { delta: 0 }]) {
    const used = bits.flag() // used_by_curr_pic_flag
    const kept = used || bits.flag() // use_delta_flag
    if (kept) set.push({ delta: delta + shift, used })
  }
  const before = set.filter(({ delta }) => delta < 0).sort((a, b) => b.delta - a.delta)
  const after = set.filter(({ delta }) => delta > 0).sort((a, b) => a.delta - b.delta)
  inRange(before.length + after.length, MOST_PICTURES_OF_SET, 'NumDeltaPocs')
  return [...before, ...after]
}

function readExplicitSet(bits: BitReader): ShortTermSet {
  const negative = inRange(bits.ue(), MOST_PICTURES_OF_SET, 'num_negative_pics')
  const positive = inRange(bits.ue(), MOST_PICTURES_OF_SET - negative, 'num_positive_pics')
  const set: { delta: number; used: boolean }[] = []
  for (const [count, sign] of [
    [negative, -1],
    [positive, 1],
  ] as const) {
    for (let i = 0, delta = 0; i < count; i++) {
      delta += sign * (bits.ue() + 1) // delta_poc_minus1
      set.push({ delta, used: bits.flag() }) // used_by_curr_pic_flag
    }
  }
  return set
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
