import { adaptationFlags, MOST_PAYLOAD, PACKET_SIZE, payloadOffset, SYNC_BYTE, writePcrPacket } from './packet.ts'

/** Flags of the adaptation field, ISO/IEC 13818-1 §2.4.3.4, and the sizes of the fields that they announce. */
const PCR = 0x10
const OPCR = 0x08
const SPLICE_COUNTDOWN = 0x04
const PRIVATE_DATA = 0x02
const EXTENSION = 0x01
const CLOCK_SIZE = 6

const HEADER_SIZE = 4

/** 1 MB, of whole packets. */
const PIECE_SIZE = 5578 * PACKET_SIZE
/** Packets that a short segment may have more than its source. */
const SPARE_PACKETS = 16

/** Bytes of payload that the packet at `at` could have with the same adaptation field, if that had no stuffing. */
export function payloadRoom(bytes: Uint8Array, at: number): number {
  return MOST_PAYLOAD - fieldSize(bytes, at)
}

/**
 * Size of the adaptation field with its length byte and without stuffing; 0 when there is nothing in it. A field whose
 * lengths contradict each other counts as a whole.
 */
function fieldSize(bytes: Uint8Array, at: number): number {
  const flags = adaptationFlags(bytes, at)
  if (flags === 0) return 0
  const end = at + 5 + bytes[at + 4]!
  let next = at + 6
  if ((flags & PCR) !== 0) next += CLOCK_SIZE
  if ((flags & OPCR) !== 0) next += CLOCK_SIZE
  if ((flags & SPLICE_COUNTDOWN) !== 0) next++
  if ((flags & PRIVATE_DATA) !== 0) next += 1 + (bytes[next] ?? 0)
  if ((flags & EXTENSION) !== 0) next += 1 + (bytes[next] ?? 0)
  return Math.min(next, end) - at - HEADER_SIZE
}

/** The bytes of a PES packet, to be taken piece by piece. */
export type PesBytes = {
  /** Number of bytes left. */
  readonly remaining: number
  /** Moves the next `size` bytes to `target`. */
  take(target: Uint8Array, to: number, size: number): void
}

/** How a PES packet is spread over transport stream packets. */
export type Spread = {
  /** Number of transport stream packets that are still to be written; no more than bytes remain. */
  packets: number
  /** Bytes that have been added to the PES packet, as far as no packet has taken them yet. */
  growth: number
}

/**
 * Writes transport stream packets into memory of its own. Packets with a payload are those of a source, with the same
 * adaptation fields and another payload, and more of them where that has become longer.
 */
export class PesPackets {
  private readonly pieces: Uint8Array[] = []
  private readonly pieceSize: number
  private piece = new Uint8Array(0)
  private filled = 0

  /** Expects so many bytes of packets, or somewhat more. */
  constructor(expected: number) {
    this.pieceSize = Math.min(PIECE_SIZE, (Math.ceil(expected / PACKET_SIZE) + SPARE_PACKETS) * PACKET_SIZE)
  }

  /** All that has been written, in order. */
  end(): readonly Uint8Array[] {
    const pieces = [...this.pieces, this.piece.subarray(0, this.filled)].filter(({ length }) => length > 0)
    this.pieces.length = 0
    this.piece = new Uint8Array(0)
    this.filled = 0
    return pieces
  }

  /** Copies whole packets as they are. */
  copy(packets: Uint8Array): void {
    for (let from = 0; from < packets.length; from += PACKET_SIZE) {
      const to = this.next()
      this.piece.set(packets.subarray(from, from + PACKET_SIZE), to)
    }
  }

  /** Copies the packet at `at` with another continuity_counter. */
  renumbered(source: Uint8Array, at: number, counter: number): void {
    const to = this.next()
    this.piece.set(source.subarray(at, at + PACKET_SIZE), to)
    this.piece[to + 3] = (source[at + 3]! & 0xf0) | counter
  }

  /** Writes nothing but the PCR of the packet at `at`. */
  clock(source: Uint8Array, at: number, counter: number): void {
    // Making room may begin another piece.
    const to = this.next()
    writePcrPacket(this.piece, to, { source, from: at, counter })
  }

  /**
   * Writes the packet at `at` with the next bytes of `pes` in place of its payload: as many as it had, as far as they
   * are there and each of the packets after it gets one, and more when it has stuffing and the PES packet has grown.
   */
  packet(source: Uint8Array, at: number, counter: number, pes: PesBytes, spread: Spread): void {
    const had = PACKET_SIZE - payloadOffset(source, at)
    const most = Math.min(payloadRoom(source, at), had + spread.growth)
    const size = Math.min(most, pes.remaining - (spread.packets - 1))
    spread.growth -= Math.max(0, size - had)
    spread.packets--
    const to = this.next()
    this.head(source, at, source[at + 1]! & 0x7f, counter, to)
    this.fill(source, at, to, size, pes)
  }

  /** Writes a packet of the same stream, with the next bytes of `pes`, and none of the adaptation field of `source`. */
  more(source: Uint8Array, at: number, counter: number, pes: PesBytes, spread: Spread): void {
    const size = Math.min(MOST_PAYLOAD, pes.remaining - (spread.packets - 1))
    spread.packets--
    const to = this.next()
    this.head(source, at, source[at + 1]! & 0x3f, counter, to)
    this.fill(undefined, at, to, size, pes)
  }

  private head(source: Uint8Array, at: number, second: number, counter: number, to: number): void {
    this.piece[to] = SYNC_BYTE
    this.piece[to + 1] = second
    this.piece[to + 2] = source[at + 2]!
    this.piece[to + 3] = counter
  }

  /** Writes adaptation field and payload behind the first four bytes, which have nothing but the counter so far. */
  private fill(source: Uint8Array | undefined, at: number, to: number, size: number, pes: PesBytes): void {
    const { piece } = this
    const field = MOST_PAYLOAD - size
    piece[to + 3]! |= field > 0 ? 0x30 : 0x10
    if (field > 0) {
      piece[to + 4] = field - 1
      const kept = source === undefined ? 0 : fieldSize(source, at)
      if (field > 1) piece[to + 5] = 0
      if (kept > 1) piece.set(source!.subarray(at + 5, at + HEADER_SIZE + kept), to + 5)
      piece.fill(0xff, to + HEADER_SIZE + Math.max(kept, Math.min(field, 2)), to + HEADER_SIZE + field)
    }
    pes.take(piece, to + HEADER_SIZE + field, size)
  }

  /** Makes room for a packet. */
  private next(): number {
    if (this.filled + PACKET_SIZE > this.piece.length) {
      if (this.filled > 0) this.pieces.push(this.piece.subarray(0, this.filled))
      this.piece = new Uint8Array(this.pieceSize)
      this.filled = 0
    }
    const at = this.filled
    this.filled += PACKET_SIZE
    return at
  }
}
