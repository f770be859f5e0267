import { BitReader, MalformedMedia } from '../bytes.ts'

/** nal_unit_type, ISO/IEC 14496-10 table 7-1. */
const NAL_SLICE = 1
const NAL_PARTITION_A = 2
export const NAL_IDR_SLICE = 5
export const NAL_SEI = 6
export const NAL_SPS = 7
export const NAL_PPS = 8
export const NAL_AUD = 9
export const NAL_FILLER = 12

const SEI_RECOVERY_POINT = 6
const EXTENDED_SAR = 255
const MAX_DIMENSION = 16_384
/** Above this a stated frame rate is a clock rather than a rate. */
const MAX_FRAME_RATE = 300

/** Profiles whose SPS says chroma format and bit depths (§7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

const START_CODE = '\0\0\x01'

/** Bytes that follow a stretch given to `nextStartCode`. */
export const SENTINEL_SIZE = 3

/**
 * Offset of the next 00 00 01 at or after `from`. The caller keeps one right behind the stretch it searches, so that
 * the native search always ends there and never runs on through the rest of the buffer.
 */
export function nextStartCode(bytes: Buffer, from: number): number {
  return bytes.indexOf(START_CODE, from, 'latin1')
}

export function writeSentinel(bytes: Uint8Array, at: number): void {
  bytes[at] = 0
  bytes[at + 1] = 0
  bytes[at + 2] = 1
}

/** Where the NAL unit ends that a start code or the end of the stretch follows at `end`: zeros before it are not its. */
export function trimZeros(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === 0) trimmed--
  return trimmed
}

export function isSliceStart(nalType: number): boolean {
  return nalType === NAL_SLICE || nalType === NAL_IDR_SLICE || nalType === NAL_PARTITION_A
}

/** The RBSP of a NAL unit: its header byte and the emulation prevention bytes are gone (§7.4.1). */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const rbsp = new Uint8Array(Math.max(0, nal.length - 1))
  let length = 0
  let zeros = 0
  for (let i = 1; i < nal.length; i++) {
    const byte = nal[i]!
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    rbsp[length++] = byte
  }
  return rbsp.subarray(0, length)
}

/** What a sequence parameter set says (§7.3.2.1.1, §E.1.1). */
export type Sps = {
  readonly id: number
  readonly profile: number
  /** The byte of constraint_set flags. */
  readonly constraints: number
  readonly level: number
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
  /** Of the cropped picture. */
  readonly width: number
  readonly height: number
  /** From the VUI's timing, in lowest terms. */
  readonly frameRate?: { readonly numerator: number; readonly denominator: number }
}

export function readSps(nal: Uint8Array): Sps {
  const bits = new BitReader(unescapeNal(nal))
  const profile = bits.u(8)
  const constraints = bits.u(8)
  const level = bits.u(8)
  const id = inRange(bits.ue(), 31, 'seq_parameter_set_id')
  let chromaFormat = 1
  let bitDepthLuma = 8
  let bitDepthChroma = 8
  let separatePlanes = false
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = inRange(bits.ue(), 3, 'chroma_format_idc')
    if (chromaFormat === 3) separatePlanes = bits.flag()
    bitDepthLuma = 8 + inRange(bits.ue(), 6, 'bit_depth_luma_minus8')
    bitDepthChroma = 8 + inRange(bits.ue(), 6, 'bit_depth_chroma_minus8')
    bits.flag() // qpprime_y_zero_transform_bypass_flag
    if (bits.flag()) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8)
  }
  bits.ue() // log2_max_frame_num_minus4
  skipPictureOrderCount(bits)
  bits.ue() // max_num_ref_frames
  bits.flag() // gaps_in_frame_num_value_allowed_flag
  const codedWidth = (bits.ue() + 1) * 16
  const mapUnits = bits.ue() + 1
  const frameMbsOnly = bits.flag()
  if (!frameMbsOnly) bits.flag() // mb_adaptive_frame_field_flag
  const fieldFactor = frameMbsOnly ? 1 : 2
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
  const width = codedWidth - cropX
  const height = codedHeight - cropY
  if (width <= 0 || height <= 0 || width > MAX_DIMENSION || height > MAX_DIMENSION) {
    throw new MalformedMedia(`picture of ${width}x${height}`, 0)
  }
  const frameRate = bits.flag() ? readVuiFrameRate(bits) : undefined
  const sps = { id, profile, constraints, level, chromaFormat, bitDepthLuma, bitDepthChroma, width, height }
  return frameRate === undefined ? sps : { ...sps, frameRate }
}

function inRange(value: number, max: number, name: string): number {
  if (value > max) throw new MalformedMedia(`${name} ${value}`, 0)
  return value
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

function skipPictureOrderCount(bits: BitReader): void {
  const type = inRange(bits.ue(), 2, 'pic_order_cnt_type')
  if (type === 0) bits.ue()
  if (type !== 1) return
  bits.flag()
  bits.se()
  bits.se()
  const cycle = inRange(bits.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle')
  for (let i = 0; i < cycle; i++) bits.se()
}

function readVuiFrameRate(bits: BitReader): Sps['frameRate'] {
  if (bits.flag() && bits.u(8) === EXTENDED_SAR) bits.u(32)
  if (bits.flag()) bits.flag() // overscan
  if (bits.flag()) {
    bits.u(4) // video_format, video_full_range_flag
    if (bits.flag()) bits.u(24) // colour description
  }
  if (bits.flag()) {
    bits.ue()
    bits.ue()
  }
  if (!bits.flag()) return undefined
  const unitsInTick = bits.u(32)
  const timeScale = bits.u(32)
  // A tick is a field: two of them make a frame.
  const denominator = unitsInTick * 2
  if (denominator === 0 || timeScale === 0 || timeScale / denominator > MAX_FRAME_RATE) return undefined
  const divisor = greatestCommonDivisor(timeScale, denominator)
  return { numerator: timeScale / divisor, denominator: denominator / divisor }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** pic_parameter_set_id and the SPS it refers to. */
export function readPps(nal: Uint8Array): { readonly id: number; readonly spsId: number } {
  const bits = new BitReader(unescapeNal(nal))
  const id = inRange(bits.ue(), 255, 'pic_parameter_set_id')
  return { id, spsId: inRange(bits.ue(), 31, 'seq_parameter_set_id') }
}

/** Whether an SEI NAL unit holds a recovery point that is exact at once: recovery_frame_cnt 0 (§D.1.8). */
export function hasRecoveryPoint(nal: Uint8Array): boolean {
  const rbsp = unescapeNal(nal)
  let at = 0
  // rbsp_trailing_bits take the last byte.
  while (at + 2 < rbsp.length) {
    let type = 0
    while (rbsp[at] === 0xff) {
      type += 255
      at++
    }
    type += rbsp[at++] ?? 0
    let size = 0
    while (rbsp[at] === 0xff) {
      size += 255
      at++
    }
    size += rbsp[at++] ?? 0
    if (type === SEI_RECOVERY_POINT) return ((rbsp[at] ?? 0) & 0x80) !== 0
    at += size
  }
  return false
}
