import { BitWriter } from '../bit-writer.ts'
import { BitReader } from '../bytes.ts'
import {
  HEVC_BLA_W_LP,
  HEVC_LAST_IRAP,
  HEVC_LAST_SLICE,
  HEVC_NAL_HEADER_SIZE,
  HEVC_PPS,
  HEVC_SPS,
  HEVC_VPS,
  skipToSequenceId,
} from './hevc.ts'
import { escapedNal, unescapeNal } from './nal.ts'

/** Other ids of parameter sets: of videos and sequences, up to 15, and of pictures. */
export type HevcIds = { readonly sequenceId: number; readonly pictureId: number }

/**
 * Ids of pictures whose code takes nine bits, eight more than that of 0: what follows it in a slice stays where it is
 * within bytes.
 */
export const LEAST_PICTURE_ID = 15
export const MOST_PICTURE_ID = 30

/**
 * A parameter set, or a slice, with other ids in place of 0; `ids.pictureId` is from `LEAST_PICTURE_ID` to
 * `MOST_PICTURE_ID`. Undefined for a slice with another id. ISO/IEC 23008-2 §7.3.2, §7.3.6.1.
 */
export function withHevcIds(nal: Uint8Array, { sequenceId, pictureId }: HevcIds): Uint8Array | undefined {
  const type = nal[0]! >>> 1
  const header = nal.subarray(0, HEVC_NAL_HEADER_SIZE)
  const rbsp = unescapeNal(nal, HEVC_NAL_HEADER_SIZE)
  if (type <= HEVC_LAST_SLICE) {
    const changed = sliceOf(rbsp, type >= HEVC_BLA_W_LP && type <= HEVC_LAST_IRAP, pictureId)
    return changed && escapedNal(header, changed)
  }
  const bits = new BitReader(rbsp)
  const written = new BitWriter(rbsp.length + 4)
  const copyTo = (position: number) => {
    for (let count = position - bits.position; count > 0; count--) written.u(1, bits.u(1))
  }
  if (type === HEVC_VPS || type === HEVC_SPS) {
    bits.u(4)
    written.u(4, sequenceId)
  }
  if (type === HEVC_SPS) {
    const ahead = new BitReader(rbsp)
    skipToSequenceId(ahead)
    copyTo(ahead.position)
  }
  if (type === HEVC_PPS) {
    bits.ue()
    written.ue(pictureId)
  }
  if (type !== HEVC_VPS) {
    bits.ue()
    written.ue(sequenceId)
  }
  copyTo(stopBit(rbsp))
  written.u(1, 1)
  written.align()
  return escapedNal(header, written.result())
}

/** A slice with another slice_pic_parameter_set_id than 0, which comes behind one flag, or two. */
function sliceOf(rbsp: Uint8Array, isIrap: boolean, pictureId: number): Uint8Array | undefined {
  const flags = isIrap ? 2 : 1
  const first = rbsp[0]!
  const rest = 7 - flags
  if (((first >>> rest) & 1) !== 1) return undefined
  const bits = ((first >>> (rest + 1)) << (rest + 9)) | ((pictureId + 1) << rest) | (first & ((1 << rest) - 1))
  const changed = new Uint8Array(rbsp.length + 1)
  changed[0] = bits >>> 8
  changed[1] = bits
  changed.set(rbsp.subarray(1), 2)
  return changed
}

/** Position of rbsp_stop_one_bit. */
function stopBit(rbsp: Uint8Array): number {
  const last = rbsp.findLastIndex((byte) => byte !== 0)
  const byte = rbsp[last] ?? 1
  return 8 * last + 7 - Math.log2(byte & -byte)
}
