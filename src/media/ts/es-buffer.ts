import { equalBytes } from '../bytes.ts'
import {
  adaptationFlags,
  Continuity,
  PACKET_SIZE,
  payloadOffset,
  RANDOM_ACCESS_INDICATOR,
  startsUnit,
} from './packet.ts'
import { PesHeader } from './pes.ts'
import type { ElementaryStream } from './psi.ts'

const PAYLOAD_SIZE = PACKET_SIZE - 4

/**
 * The PES packets of one elementary stream, put together inside the buffer that also holds the segment. A quarter of
 * their size is free in front of them: NAL units are rewritten from there, one byte longer at most (a start code of
 * three bytes becomes a length of four) for every four they take, so what is written never reaches what is still to be
 * read. The largest stream is put together over the segment itself, which a packet's header always keeps ahead of it.
 */
export class EsBuffer {
  readonly stream: ElementaryStream
  readonly bytes: Buffer
  /** Where output may begin. */
  readonly start: number
  /** PES packets cut off by the segment's start, broken, or without a time. */
  dropped = 0
  /** Places where packets are missing or do not belong. */
  continuityErrors = 0

  private readonly continuity = new Continuity()
  /** Offsets of the PES packets, and the random_access_indicator of each. */
  private readonly begins: number[] = []
  private readonly randomAccess: boolean[] = []
  private filled: number
  /** Bytes of payload in the last packet. */
  private lastSize = 0
  private cutOff = false

  /** Puts the stream together from `first` on, with the margin for `packets` packets in front. */
  constructor(stream: ElementaryStream, bytes: Buffer, first: number, packets: number) {
    this.stream = stream
    this.bytes = bytes
    this.filled = first
    this.start = first - EsBuffer.margin(packets)
  }

  static margin(packets: number): number {
    return (packets * PAYLOAD_SIZE) / 4
  }

  /** Bytes for so many packets, without the margin, with room for a start code behind the last. */
  static room(packets: number): number {
    return packets * PAYLOAD_SIZE + 4
  }

  /** Takes the packet at `at` of the same buffer. */
  push(at: number): void {
    const { bytes } = this
    // Nearly all packets are the plain continuation of a PES packet.
    if (bytes[at + 3] === this.continuity.plainNext && this.begins.length > 0 && !startsUnit(bytes, at)) {
      this.continuity.plainNext = 0x10 | ((bytes[at + 3]! + 1) & 0x0f)
      bytes.copyWithin(this.filled, at + 4, at + PACKET_SIZE)
      this.filled += PAYLOAD_SIZE
      this.lastSize = PAYLOAD_SIZE
      return
    }
    this.pushAny(at)
  }

  private pushAny(at: number): void {
    const { bytes } = this
    const from = at + payloadOffset(bytes, at)
    const end = at + PACKET_SIZE
    if (from === at) {
      this.continuityErrors++
      return
    }
    const continuity = this.continuity.next(bytes, at)
    if (continuity === 'repeated' && this.repeats(from, end)) return
    if (continuity !== 'continuous') this.continuityErrors++
    if (startsUnit(bytes, at)) {
      this.begins.push(this.filled)
      this.randomAccess.push((adaptationFlags(bytes, at) & RANDOM_ACCESS_INDICATOR) !== 0)
    } else if (this.begins.length === 0) {
      if (!this.cutOff) this.dropped++
      this.cutOff = true
      return
    }
    bytes.copyWithin(this.filled, from, end)
    this.filled += end - from
    if (end > from) this.lastSize = end - from
  }

  get pesCount(): number {
    return this.begins.length
  }

  /** Raw DTS of the first PES packet that has one; -1 when none has. */
  firstDts(): number {
    const header = new PesHeader()
    for (const [index, at] of this.begins.entries()) {
      if (header.read(this.bytes, at, this.endOf(index)) === 'read' && header.dts >= 0) return header.dts
    }
    return -1
  }

  /** Calls `take` with each whole header, in order, and where its payload begins and ends. Skips broken and scrambled packets. */
  forEachPes(take: (header: PesHeader, from: number, end: number, randomAccess: boolean) => void): void {
    const header = new PesHeader()
    for (let index = 0; index < this.begins.length; index++) {
      const at = this.begins[index]!
      let end = this.endOf(index)
      if (header.read(this.bytes, at, end) !== 'read' || header.scrambled) {
        this.dropped++
        continue
      }
      const from = at + header.headerSize
      if (header.payloadSize >= 0) {
        if (header.payloadSize > end - from) this.continuityErrors++
        else end = from + header.payloadSize
      }
      take(header, from, end, this.randomAccess[index]!)
    }
  }

  private endOf(index: number): number {
    return this.begins[index + 1] ?? this.filled
  }

  /** Whether the payload is that of the packet before. */
  private repeats(from: number, end: number): boolean {
    if (this.lastSize !== end - from) return false
    const { bytes, filled, lastSize } = this
    return equalBytes(bytes.subarray(filled - lastSize, filled), bytes.subarray(from, end))
  }
}
