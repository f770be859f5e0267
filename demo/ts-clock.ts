/** Moves MPEG-TS segments in time (ISO/IEC 13818-1), so that a few recorded ones can be sent for ever. */

const PACKET = 188
const WRAP = 2 ** 33
const NULL_PID = 0x1fff

/** One stream's place in time: continuity counters run on from segment to segment. */
export class TsClock {
  private readonly counters = new Map<number, number>()

  /** A copy of the segment with `ticks` (90 kHz) added to every PCR, PTS and DTS. */
  move(segment: Uint8Array, ticks: number): Uint8Array<ArrayBuffer> {
    const moved = Uint8Array.from(segment)
    for (let at = 0; at < moved.length; at += PACKET) this.movePacket(moved.subarray(at, at + PACKET), ticks)
    return moved
  }

  private movePacket(packet: Uint8Array, ticks: number): void {
    if (packet.length !== PACKET || packet[0] !== 0x47) throw new Error('the recorded stream is not MPEG-TS')
    const pid = ((packet[1]! & 0x1f) << 8) | packet[2]!
    const hasAdaptation = (packet[3]! & 0x20) !== 0
    const hasPayload = (packet[3]! & 0x10) !== 0
    if (hasPayload && pid !== NULL_PID) {
      const counter = ((this.counters.get(pid) ?? -1) + 1) & 0x0f
      this.counters.set(pid, counter)
      packet[3] = (packet[3]! & 0xf0) | counter
    }
    const adaptationLength = hasAdaptation ? packet[4]! + 1 : 0
    if (adaptationLength > 1 && (packet[5]! & 0x10) !== 0) movePcr(packet.subarray(6, 12), ticks)
    const startsPes = hasPayload && (packet[1]! & 0x40) !== 0
    if (startsPes) movePesTimes(packet.subarray(4 + adaptationLength), ticks)
  }
}

/** program_clock_reference: 33 bits of 90 kHz, 6 reserved bits, 9 bits of 27 MHz. */
function movePcr(field: Uint8Array, ticks: number): void {
  const base = field[0]! * 2 ** 25 + field[1]! * 2 ** 17 + field[2]! * 2 ** 9 + field[3]! * 2 + (field[4]! >> 7)
  const moved = (base + ticks) % WRAP
  field[0] = moved / 2 ** 25
  field[1] = moved / 2 ** 17
  field[2] = moved / 2 ** 9
  field[3] = moved / 2
  field[4] = ((moved % 2) << 7) | (field[4]! & 0x7f)
}

function movePesTimes(pes: Uint8Array, ticks: number): void {
  const isPes = pes[0] === 0 && pes[1] === 0 && pes[2] === 1
  if (!isPes) return // a table
  const flags = pes[7]! >> 6
  if (flags & 2) moveTimestamp(pes.subarray(9, 14), ticks)
  if (flags === 3) moveTimestamp(pes.subarray(14, 19), ticks)
}

function moveTimestamp(field: Uint8Array, ticks: number): void {
  const moved = (readTimestamp(field) + ticks) % WRAP
  field[0] = (field[0]! & 0xf1) | (((moved / 2 ** 30) & 7) << 1)
  field[1] = moved / 2 ** 22
  field[2] = ((moved / 2 ** 14) & 0xfe) | 1
  field[3] = moved / 2 ** 7
  field[4] = ((moved << 1) & 0xfe) | 1
}

/** A 33-bit PTS or DTS as a PES header carries it, between marker bits. */
export function readTimestamp(field: Uint8Array): number {
  const high = ((field[0]! >> 1) & 7) * 2 ** 30
  return high + (field[1]! << 22) + ((field[2]! >> 1) << 15) + (field[3]! << 7) + (field[4]! >> 1)
}
