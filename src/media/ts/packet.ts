import { MalformedMedia } from '../bytes.ts'
import { PTS_MODULUS } from '../time.ts'

/** Transport stream packets, ISO/IEC 13818-1 §2.4.3. */
export const PACKET_SIZE = 188
/** Bytes of payload in a packet without an adaptation field. */
export const MOST_PAYLOAD = PACKET_SIZE - 4
export const SYNC_BYTE = 0x47
export const PID_COUNT = 8192
export const PAT_PID = 0
export const NULL_PID = 0x1fff

/** Problems with a packet, worded for the error that refuses the segment. */
export const LOST_SYNC = 'two packets in a row without the sync byte'
export const SCRAMBLED = 'scrambled packet'

/** Reads the PID. Like the functions below, it reads the packet at `at`, of which all 188 bytes are present. */
export function pidOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!
}

export function hasTransportError(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 1]! & 0x80) !== 0
}

/** payload_unit_start_indicator: true when a PES packet or a section begins in this packet. */
export function startsUnit(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 1]! & 0x40) !== 0
}

export function isScrambled(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 3]! & 0xc0) !== 0
}

export function hasPayload(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 3]! & 0x10) !== 0
}

export function continuityCounter(bytes: Uint8Array, at: number): number {
  return bytes[at + 3]! & 0x0f
}

/**
 * Offset of the payload in the packet; 188 when there is none; 0 when the adaptation field is longer than the packet.
 */
export function payloadOffset(bytes: Uint8Array, at: number): number {
  const control = bytes[at + 3]! & 0x30
  if (control === 0x10) return 4
  if (control !== 0x30) return PACKET_SIZE
  const length = bytes[at + 4]!
  return length <= 182 ? 5 + length : 0
}

/** The flags byte of the adaptation field; 0 when there is none. */
export function adaptationFlags(bytes: Uint8Array, at: number): number {
  return (bytes[at + 3]! & 0x20) !== 0 && bytes[at + 4]! > 0 ? bytes[at + 5]! : 0
}

export const DISCONTINUITY_INDICATOR = 0x80
export const RANDOM_ACCESS_INDICATOR = 0x40
const PCR_FLAG = 0x10

/**
 * The header of a packet without a transport error, the beginning of a unit or priority, as `Kernel` has headers: its
 * four bytes as a little-endian number.
 */
export function plainHeader(pid: number, fourthByte: number): number {
  return SYNC_BYTE | (pid & 0xff00) | ((pid & 0xff) << 16) | (fourthByte << 24)
}

/** program_clock_reference_base in 90 kHz ticks; -1 when the packet has none. */
export function pcrBase(bytes: Uint8Array, at: number): number {
  if ((adaptationFlags(bytes, at) & PCR_FLAG) === 0 || bytes[at + 4]! < 7) return -1
  const high = (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!
  return high * 512 + (bytes[at + 9]! << 1) + (bytes[at + 10]! >>> 7)
}

/** Adds `ticks`, at least 0, to the PCR of a packet, if it has one, modulo 2³³. */
export function addToPcr(bytes: Uint8Array, at: number, ticks: number): void {
  const before = pcrBase(bytes, at)
  if (before < 0) return
  const base = (before + ticks) % PTS_MODULUS
  bytes[at + 6] = Math.floor(base / 2 ** 25)
  bytes[at + 7] = Math.floor(base / 2 ** 17)
  bytes[at + 8] = Math.floor(base / 2 ** 9)
  bytes[at + 9] = Math.floor(base / 2)
  bytes[at + 10] = ((base % 2) << 7) | (bytes[at + 10]! & 0x7f)
}

/** Sets the continuity_counter to `counter` modulo 16. */
export function setContinuityCounter(bytes: Uint8Array, at: number, counter: number): void {
  bytes[at + 3] = (bytes[at + 3]! & 0xf0) | (counter & 0x0f)
}

/** A packet with a whole PES packet of at most 183 bytes, filled up by its adaptation field. */
export function packetOf(pes: Uint8Array, pid: number, counter: number): Uint8Array<ArrayBuffer> {
  const stuffing = MOST_PAYLOAD - pes.length
  if (stuffing < 1) throw new MalformedMedia(`a PES packet of ${pes.length} bytes for one packet`, 0)
  const packet = new Uint8Array(PACKET_SIZE).fill(0xff)
  packet[0] = SYNC_BYTE
  packet[1] = 0x40 | (pid >>> 8)
  packet[2] = pid
  packet[3] = 0x30 | (counter & 0x0f)
  packet[4] = stuffing - 1
  if (stuffing > 1) packet[5] = 0
  packet.set(pes, 4 + stuffing)
  return packet
}

/**
 * Writes a packet that carries nothing but the PCR (and discontinuity_indicator) of the packet at `from`. Its
 * continuity_counter is that of the last packet of its PID, since it has no payload (§2.4.3.3).
 */
export function writePcrPacket(
  target: Uint8Array,
  to: number,
  { source, from, counter }: { readonly source: Uint8Array; readonly from: number; readonly counter: number },
): void {
  target[to] = SYNC_BYTE
  target[to + 1] = source[from + 1]! & 0x1f
  target[to + 2] = source[from + 2]!
  target[to + 3] = 0x20 | counter
  target[to + 4] = PACKET_SIZE - 5
  target[to + 5] = (adaptationFlags(source, from) & DISCONTINUITY_INDICATOR) | PCR_FLAG
  target.set(source.subarray(from + 6, from + 12), to + 6)
  target.fill(0xff, to + 12, to + PACKET_SIZE)
}

/** Follows the continuity_counter of one PID (§2.4.3.3). */
export class Continuity {
  /** The fourth byte expected of a packet that continues and has only payload; -1 before the first packet. */
  plainNext = -1

  /** Tells whether packets are missing before this one, or it repeats the one before. */
  next(bytes: Uint8Array, at: number): 'continuous' | 'repeated' | 'broken' {
    if (!hasPayload(bytes, at)) return 'continuous'
    const counter = bytes[at + 3]! & 0x0f
    const expected = this.plainNext & 0x0f
    const isFirst = this.plainNext < 0
    this.plainNext = 0x10 | ((counter + 1) & 0x0f)
    if (isFirst || counter === expected) return 'continuous'
    if ((adaptationFlags(bytes, at) & DISCONTINUITY_INDICATOR) !== 0) return 'continuous'
    return counter === ((expected - 1) & 0x0f) ? 'repeated' : 'broken'
  }
}
