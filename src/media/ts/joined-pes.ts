import { equalBytes } from '../bytes.ts'
import { START_CODE_SIZE } from '../codecs/nal.ts'
import { Continuity, PACKET_SIZE, payloadOffset, startsUnit } from './packet.ts'
import { PesHeader } from './pes.ts'
import { payloadRoom } from './pes-packets.ts'

/** A PES packet of a stream that is to be written anew. */
export type JoinedPesPacket = {
  /** A copy of its header; empty when it is left out: broken, scrambled, or cut off by the end. */
  header: Uint8Array
  /** Number of transport stream packets that carry it. */
  packets: number
  /** Bytes that these carry, and could carry without their stuffing. */
  carried: number
  room: number
}

const DROPPED = -1
const NONE = new Uint8Array(0)

/**
 * The payloads of a stream's PES packets as one copy, to be changed in place, and which PES packet each transport
 * stream packet belongs to. Repeated packets, and what precedes the first PES packet, are left out.
 */
export class JoinedPes {
  /** The joined payloads, with room for a start code after them. */
  readonly bytes: Buffer
  readonly packets: JoinedPesPacket[] = []
  /** Where the payload of each of these begins; the end is the last. */
  readonly begins: number[] = []
  /** Number of bytes joined. */
  filled = 0

  /** By transport stream packet with a payload, in order: the place of its PES packet in `packets`. */
  private readonly owners: Int32Array
  private owned = 0
  private taken = 0
  private readonly header = new PesHeader()
  private readonly continuity = new Continuity()
  /** True until the header of the last PES packet has been read. */
  private isOpen = false
  /** Where the joined bytes must end, given the length that the last PES packet states. */
  private limit = 0
  private last: Uint8Array = NONE

  /** Makes room for so many packets, with so many bytes of payload. */
  constructor({ packets, bytes }: { readonly packets: number; readonly bytes: number }) {
    this.bytes = Buffer.from(new ArrayBuffer(bytes + START_CODE_SIZE))
    this.owners = new Int32Array(packets)
  }

  /** Takes the transport stream packet at `at`, which has a payload. */
  push(source: Uint8Array, at: number): void {
    this.owners[this.owned++] = this.ownerOf(source, at)
  }

  /** Ends the stream. */
  end(): void {
    this.endPacket()
    this.begins.push(this.filled)
  }

  /**
   * Tells for each transport stream packet, in the order in which they were pushed, where in `packets` its PES packet
   * is; -1 when it is left out.
   */
  nextOwner(): number {
    const owner = this.owners[this.taken++]!
    return owner >= 0 && this.packets[owner]!.header.length === 0 ? DROPPED : owner
  }

  private ownerOf(source: Uint8Array, at: number): number {
    const from = at + payloadOffset(source, at)
    const payload = source.subarray(from, at + PACKET_SIZE)
    const isRepeated = this.continuity.next(source, at) === 'repeated' && equalBytes(payload, this.last)
    this.last = payload
    if (isRepeated) return DROPPED
    if (startsUnit(source, at)) this.begin()
    const packet = this.packets.at(-1)
    if (packet === undefined) return DROPPED
    packet.packets++
    packet.carried += payload.length
    packet.room += payloadRoom(source, at)
    this.append(packet, payload)
    return this.packets.length - 1
  }

  private begin(): void {
    this.endPacket()
    this.packets.push({ header: NONE, packets: 0, carried: 0, room: 0 })
    this.begins.push(this.filled)
    this.isOpen = true
    this.limit = Number.POSITIVE_INFINITY
  }

  private append(packet: JoinedPesPacket, payload: Uint8Array): void {
    const from = this.begins.at(-1)!
    const piece = payload.subarray(0, Math.max(0, this.limit - this.filled))
    this.bytes.set(piece, this.filled)
    this.filled += piece.length
    if (!this.isOpen) return
    const outcome = this.header.read(this.bytes, from, this.filled)
    if (outcome === 'short') return
    this.isOpen = false
    if (outcome === 'malformed' || this.header.scrambled) {
      this.limit = from
      this.filled = from
      return
    }
    const { headerSize, payloadSize } = this.header
    packet.header = Uint8Array.from(this.bytes.subarray(from, from + headerSize))
    this.bytes.copyWithin(from, from + headerSize, this.filled)
    this.limit = payloadSize < 0 ? Number.POSITIVE_INFINITY : from + payloadSize
    this.filled = Math.min(this.filled - headerSize, this.limit)
  }

  private endPacket(): void {
    if (this.isOpen) this.filled = this.begins.at(-1)!
    this.isOpen = false
  }
}
