import { equalBytes, MalformedMedia } from '../bytes.ts'
import type { Track } from '../sample.ts'
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

/** Makes a track of the PES packets of one elementary stream. */
export type TrackBuilder = {
  /** Takes a PES packet that is complete: its payload lies in `es.bytes`, and stays there until `finish`. */
  take(es: EsBuffer, header: PesHeader, from: number, end: number, randomAccess: boolean): void
  /** Raw DTS of the first PES packet that has one; -1 when none has. */
  readonly firstDts: number
  /** The track, with `unwrap` applied to its times; undefined when it has no samples. */
  finish(es: EsBuffer, unwrap: (time: number) => number): Track | undefined
}

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

  readonly builder: TrackBuilder

  private readonly continuity = new Continuity()
  private readonly header = new PesHeader()
  private filled: number
  /** Where the current PES packet begins; -1 before the first. */
  private pesStart = -1
  private randomAccess = false
  /** Bytes of payload in the last packet. */
  private lastSize = 0
  private cutOff = false

  /** Puts the stream together from `first` on, with the margin for `packets` packets in front. */
  constructor(stream: ElementaryStream, builder: TrackBuilder, bytes: Buffer, first: number, packets: number) {
    this.stream = stream
    this.builder = builder
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
    if (bytes[at + 3] === this.continuity.plainNext && this.pesStart >= 0 && !startsUnit(bytes, at)) {
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
      this.endPes()
      this.pesStart = this.filled
      this.randomAccess = (adaptationFlags(bytes, at) & RANDOM_ACCESS_INDICATOR) !== 0
    } else if (this.pesStart < 0) {
      if (!this.cutOff) this.dropped++
      this.cutOff = true
      return
    }
    bytes.copyWithin(this.filled, from, end)
    this.filled += end - from
    if (end > from) this.lastSize = end - from
  }

  /** Hands the current PES packet over, if there is one: while the processor's cache still holds it. */
  endPes(): void {
    const { bytes, header, pesStart } = this
    if (pesStart < 0) return
    if (header.read(bytes, pesStart, this.filled) !== 'read') {
      this.dropped++
      return
    }
    if (header.scrambled) throw new MalformedMedia(`scrambled PES packet on PID ${this.stream.pid}`, 0)
    const from = pesStart + header.headerSize
    let end = this.filled
    if (header.payloadSize >= 0) {
      if (header.payloadSize > end - from) this.continuityErrors++
      else end = from + header.payloadSize
    }
    this.builder.take(this, header, from, end, this.randomAccess)
  }

  /** Whether the payload is that of the packet before. */
  private repeats(from: number, end: number): boolean {
    if (this.lastSize !== end - from) return false
    const { bytes, filled, lastSize } = this
    return equalBytes(bytes.subarray(filled - lastSize, filled), bytes.subarray(from, end))
  }
}
