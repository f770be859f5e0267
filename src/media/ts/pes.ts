import { ByteWriter } from '../bytes.ts'
import { PTS_MODULUS } from '../time.ts'

/** Bytes of a PES packet: a picture ten times as large as the others has 10 MB at 200 Mb/s and 24 pictures a second. */
export const MOST_PES_SIZE = 16 * 1024 * 1024

/** PES packets of a stream in one segment: more than an hour of audio has with one for each frame. */
export const MOST_PES_PACKETS = 2 ** 18

/** A PES packet header, ISO/IEC 13818-1 §2.4.3.7. One object is reused for every packet. */
export class PesHeader {
  streamId = 0
  /** Offset of the payload in bytes. */
  headerSize = 0
  /** Size of the payload from PES_packet_length; -1 when the length is left open. */
  payloadSize = -1
  /** 33-bit PTS; -1 when absent. */
  pts = -1
  /** 33-bit DTS; the PTS when absent. */
  dts = -1
  scrambled = false

  /**
   * Reads the header that begins at `at`.
   * @returns 'short' when the header extends past `end`, 'malformed' when it is none
   */
  read(bytes: Uint8Array, at: number, end: number): 'read' | 'short' | 'malformed' {
    const available = end - at
    if (available < 6) return 'short'
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) return 'malformed'
    this.streamId = bytes[at + 3]!
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!
    this.pts = -1
    this.dts = -1
    this.scrambled = false
    if (!hasOptionalHeader(this.streamId)) {
      this.headerSize = 6
      this.payloadSize = length
      return 'read'
    }
    if (available < 9) return 'short'
    const headerDataLength = bytes[at + 8]!
    const headerSize = 9 + headerDataLength
    if (available < headerSize) return 'short'
    if ((bytes[at + 6]! & 0xc0) !== 0x80) return 'malformed'
    if (length !== 0 && length < headerSize - 6) return 'malformed'
    this.scrambled = (bytes[at + 6]! & 0x30) !== 0
    this.headerSize = headerSize
    this.payloadSize = length === 0 ? -1 : length - (headerSize - 6)
    const timestamps = bytes[at + 7]! >>> 6
    if (timestamps === 1 || headerDataLength < [0, 0, 5, 10][timestamps]!) return 'malformed'
    if (timestamps >= 2) this.pts = timestamp(bytes, at + 9)
    this.dts = timestamps === 3 ? timestamp(bytes, at + 14) : this.pts
    return 'read'
  }
}

/** False for the streams of table 2-22 whose PES packets are nothing but payload. */
function hasOptionalHeader(streamId: number): boolean {
  switch (streamId) {
    case 0xbc: // program_stream_map
    case 0xbe: // padding_stream
    case 0xbf: // private_stream_2
    case 0xf0: // ECM_stream
    case 0xf1: // EMM_stream
    case 0xf2: // DSMCC_stream
    case 0xf8: // H.222.1 type E
    case 0xff: // program_stream_directory
      return false
    default:
      return true
  }
}

export function isVideoStreamId(streamId: number): boolean {
  return (streamId & 0xf0) === 0xe0
}

export function isAudioStreamId(streamId: number): boolean {
  return (streamId & 0xe0) === 0xc0
}

function timestamp(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! >>> 1) & 0x07
  const middle = (bytes[at + 1]! << 7) | (bytes[at + 2]! >>> 1)
  const low = (bytes[at + 3]! << 7) | (bytes[at + 4]! >>> 1)
  return high * 2 ** 30 + middle * 2 ** 15 + low
}

/** Writes a PTS or DTS of 33 bits at `at`, where one is already: its prefix of four bits stays. */
function writeTimestamp(bytes: Uint8Array, at: number, time: number): void {
  bytes[at] = (bytes[at]! & 0xf0) | (Math.floor(time / 2 ** 30) << 1) | 1
  bytes[at + 1] = Math.floor(time / 2 ** 22)
  bytes[at + 2] = (Math.floor(time / 2 ** 14) & 0xfe) | 1
  bytes[at + 3] = Math.floor(time / 2 ** 7)
  bytes[at + 4] = ((time << 1) & 0xfe) | 1
}

/** Adds `ticks`, at least 0, to PTS and DTS of the PES packet header that begins at `at`, modulo 2³³. */
export function addToTimestamps(bytes: Uint8Array, at: number, ticks: number): void {
  const timestamps = bytes[at + 7]! >>> 6
  if (timestamps >= 2) writeTimestamp(bytes, at + 9, (timestamp(bytes, at + 9) + ticks) % PTS_MODULUS)
  if (timestamps === 3) writeTimestamp(bytes, at + 14, (timestamp(bytes, at + 14) + ticks) % PTS_MODULUS)
}

/** private_stream_1, table 2-22 */
const PRIVATE_STREAM_1 = 0xbd

/** A PES packet of private_stream_1 with a PTS, such as timed metadata are carried in; `payload` has at most 64 KB. */
export function writePrivatePes(pts: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(14 + payload.length)
  writer.u24(1)
  writer.u8(PRIVATE_STREAM_1)
  writer.u16(8 + payload.length)
  // data_alignment_indicator, then a PTS alone.
  writer.u24(0x848005)
  writer.u8(0x20)
  writer.zeros(4)
  writer.write(payload)
  const packet = writer.result()
  writeTimestamp(packet, 9, pts)
  return packet
}
