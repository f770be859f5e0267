import { ByteReader, hexOf } from '../bytes.ts'
import { captionsIn } from './captions.ts'
import { unescapeNal } from './nal.ts'

/** payloadType, annex D of ISO/IEC 14496-10 and ISO/IEC 23008-2, which use the same numbers. */
const REGISTERED_USER_DATA = 4
const RECOVERY_POINT = 6
const MASTERING_DISPLAY = 137
const CONTENT_LIGHT = 144
const ALTERNATIVE_TRANSFER = 147

const MASTERING_DISPLAY_SIZE = 24
const CONTENT_LIGHT_SIZE = 4

/** Bytes of a NAL unit that are read: captions of a picture take a few hundred. */
const MOST_SEI_SIZE = 16 * 1024

/** The supplemental enhancement information that is used here. */
export type Sei = {
  /** A recovery point that is exact immediately: recovery_frame_cnt or recovery_poc_cnt is 0. */
  readonly recoveryPoint?: true
  /**
   * mastering_display_colour_volume in hexadecimal; an `mdcv` box has the same fields with the primaries in the same
   * order.
   */
  readonly masteringDisplay?: string
  readonly contentLight?: { readonly maxContent: number; readonly maxPictureAverage: number }
  /** What captions the message has, see `captionsIn`. */
  readonly captions?: readonly string[]
  /** preferred_transfer_characteristics, which replaces the stream's own. */
  readonly transfer?: number
}

/**
 * Reads a NAL unit of SEI messages after a header of `headerSize` bytes, up to 16 KiB of it; a message that is cut off
 * ends the reading.
 */
export function readSei(nal: Uint8Array, headerSize: number): Sei {
  const rbsp = unescapeNal(nal.subarray(0, MOST_SEI_SIZE), headerSize)
  const reader = new ByteReader(rbsp)
  let sei: Sei = {}
  // rbsp_trailing_bits take the last byte.
  while (reader.remaining > 2) {
    const type = readExtended(reader)
    const size = readExtended(reader)
    if (size > reader.remaining) break
    const found = readMessage(type, reader.part(size))
    if (found !== undefined) sei = { ...sei, ...found }
  }
  return sei
}

/** Reads the sum of 0xff bytes and the byte after them (§7.3.2.3.1). */
function readExtended(reader: ByteReader): number {
  let value = 0
  while (reader.remaining > 0) {
    const byte = reader.u8()
    value += byte
    if (byte !== 0xff) break
  }
  return value
}

function readMessage(type: number, payload: ByteReader): Sei | undefined {
  const size = payload.remaining
  if (type === REGISTERED_USER_DATA) {
    const captions = captionsIn(payload)
    return captions.length > 0 ? { captions } : undefined
  }
  // The value 0 is the single bit 1 in either Exp-Golomb coding.
  if (type === RECOVERY_POINT && size > 0) return (payload.u8() & 0x80) === 0 ? undefined : { recoveryPoint: true }
  if (type === MASTERING_DISPLAY && size >= MASTERING_DISPLAY_SIZE) {
    return { masteringDisplay: hexOf(payload.view(MASTERING_DISPLAY_SIZE)) }
  }
  if (type === CONTENT_LIGHT && size >= CONTENT_LIGHT_SIZE) {
    return { contentLight: { maxContent: payload.u16(), maxPictureAverage: payload.u16() } }
  }
  if (type === ALTERNATIVE_TRANSFER && size > 0) return { transfer: payload.u8() }
  return undefined
}
