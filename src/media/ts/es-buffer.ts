import { equalBytes } from '../bytes.ts'
import type { Kernel } from '../kernel/kernel.ts'
import {
  adaptationFlags,
  Continuity,
  MOST_PAYLOAD,
  PACKET_SIZE,
  payloadOffset,
  plainHeader,
  RANDOM_ACCESS_INDICATOR,
  startsUnit,
} from './packet.ts'
import { MOST_PES_SIZE, PesHeader } from './pes.ts'
import type { ElementaryStream } from './psi.ts'

/** A PES packet in an EsBuffer. */
export type PesPacket = {
  readonly header: PesHeader
  /** Where its payload begins. */
  from: number
  end: number
  /** random_access_indicator of its first packet. */
  randomAccess: boolean
}

/**
 * The PES packets of one elementary stream, assembled inside the buffer that also holds the segment. A quarter of
 * their size is kept free in front of them: NAL units are rewritten from there, each at most one byte longer (a start
 * code of three bytes becomes a length of four) for at least four bytes read, so output never overtakes input. The
 * largest stream is assembled over the segment itself, since packet headers always keep the reading position ahead.
 */
export class EsBuffer {
  readonly stream: ElementaryStream
  readonly kernel: Kernel
  /** Those of the kernel. */
  readonly bytes: Buffer
  /** Offset at which output may begin. */
  readonly start: number
  /** Number of PES packets cut off by the segment's start, broken, or without a time. */
  dropped = 0
  /** Number of places where packets are missing or misplaced. */
  continuityErrors = 0

  private readonly continuity = new Continuity()
  /** Offsets of the PES packets, and the random_access_indicator of each. */
  private readonly begins: number[] = []
  private readonly randomAccess: boolean[] = []
  private filled: number
  /** Bytes of payload in the last packet. */
  private lastSize = 0
  private cutOff = false

  /** Assembles the stream from `first` on, after the margin for `packets` packets. */
  constructor(stream: ElementaryStream, kernel: Kernel, first: number, packets: number) {
    this.stream = stream
    this.kernel = kernel
    this.bytes = kernel.bytes
    this.filled = first
    this.start = first - EsBuffer.margin(packets)
  }

  static margin(packets: number): number {
    return (packets * MOST_PAYLOAD) / 4
  }

  /** Bytes that `packets` packets need, without the margin, with room for a start code after the last. */
  static room(packets: number): number {
    return packets * MOST_PAYLOAD + 4
  }

  /**
   * Takes the packet at `at` of the same buffer, and those directly after it that plainly continue it, as nearly all
   * do.
   * @returns where the next packet begins
   */
  push(at: number, end: number): number {
    this.pushAny(at)
    return this.begins.length === 0 ? at + PACKET_SIZE : this.pushPlain(at + PACKET_SIZE, end)
  }

  /** Takes the packets that have no transport error, no beginning of a PES packet and no adaptation field. */
  private pushPlain(from: number, end: number): number {
    const { stream, kernel } = this
    const { plainNext } = this.continuity
    if (plainNext < 0) return from
    const next = kernel.copyPayloads(from, end, this.filled, plainHeader(stream.pid, plainNext))
    const count = (next - from) / PACKET_SIZE
    if (count > 0) this.lastSize = MOST_PAYLOAD
    this.filled += count * MOST_PAYLOAD
    this.continuity.plainNext = 0x10 | ((plainNext + count) & 0x0f)
    return next
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

  /**
   * Yields each PES packet with a complete header, in order: one object, which is reused. Skips packets that are
   * broken, scrambled or too long.
   */
  *pesPackets(): Generator<PesPacket, void, void> {
    const header = new PesHeader()
    const packet: PesPacket = { header, from: 0, end: 0, randomAccess: false }
    for (let index = 0; index < this.begins.length; index++) {
      const at = this.begins[index]!
      let end = this.endOf(index)
      if (
        header.read(this.bytes, at, end) !== 'read' ||
        header.scrambled ||
        end - at - header.headerSize > MOST_PES_SIZE
      ) {
        this.dropped++
        continue
      }
      const from = at + header.headerSize
      if (header.payloadSize >= 0) {
        if (header.payloadSize > end - from) this.continuityErrors++
        else end = from + header.payloadSize
      }
      packet.from = from
      packet.end = end
      packet.randomAccess = this.randomAccess[index]!
      yield packet
    }
  }

  private endOf(index: number): number {
    return this.begins[index + 1] ?? this.filled
  }

  /** True when the payload repeats that of the packet before. */
  private repeats(from: number, end: number): boolean {
    if (this.lastSize !== end - from) return false
    const { bytes, filled, lastSize } = this
    return equalBytes(bytes.subarray(filled - lastSize, filled), bytes.subarray(from, end))
  }
}
