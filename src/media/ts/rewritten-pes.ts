import { StepMeter, type Steps } from '../steps.ts'
import type { JoinedPes, JoinedPesPacket } from './joined-pes.ts'
import { continuityCounter, MOST_PAYLOAD, pcrBase } from './packet.ts'
import type { PesBytes, PesPackets, Spread } from './pes-packets.ts'

const COUNTERS = 16
const MOST_PES_LENGTH = 0xffff

/** Joined payloads, and where that of each PES packet begins; the end is the last. */
export type RewrittenPayloads = { readonly bytes: Uint8Array; readonly begins: readonly number[] }

/**
 * Writes a stream whose payloads have been changed, packet by packet of its source. Packets are added behind those of
 * a PES packet that does not fit any more, and the counters of all that follow are moved; at the end they are again
 * those of the source.
 */
export class RewrittenPes {
  private readonly pes: JoinedPes
  private readonly payloads: RewrittenPayloads
  /** How many packets more than the source each PES packet has; fewer where its source has bytes beyond its end. */
  private readonly added: Int32Array
  /** The PES packet being written: its place, and how many packets of its source have been met. */
  private current = -1
  private met = 0
  private bytes: Bytes | undefined
  private spread: Spread = { packets: 0, growth: 0 }
  /** By how much counters have moved. */
  private shift = 0
  /** continuity_counter of the last packet with a payload; -1 before the first. */
  private lastCounter = -1

  private constructor(pes: JoinedPes, payloads: RewrittenPayloads) {
    this.pes = pes
    this.payloads = payloads
    this.added = new Int32Array(pes.packets.length)
  }

  /** Plans the stream, in steps. */
  static *of(pes: JoinedPes, payloads: RewrittenPayloads): Steps<RewrittenPes> {
    const stream = new RewrittenPes(pes, payloads)
    yield* stream.plan()
    return stream
  }

  /** Writes what stands for the packet at `at`, which has a payload. */
  write(source: Uint8Array, at: number, output: PesPackets): void {
    const place = this.pes.nextOwner()
    if (place < 0) {
      this.writeClock(source, at, output)
      return
    }
    const packet = this.pes.packets[place]!
    if (place !== this.current) this.begin(place, packet)
    const { bytes, spread } = this
    if (spread.packets > 0) output.packet(source, at, this.counted(source, at), bytes!, spread)
    else {
      this.shift--
      this.writeClock(source, at, output)
    }
    if (++this.met < packet.packets) return
    while (spread.packets > 0) {
      this.shift++
      output.more(source, at, this.counted(source, at), bytes!, spread)
    }
  }

  /** Writes the PCR of the packet at `at`, which is to have no payload. */
  private writeClock(source: Uint8Array, at: number, output: PesPackets): void {
    if (pcrBase(source, at) < 0) return
    output.clock(source, at, this.uncounted(source, at))
  }

  /** Copies the packet at `at`, which has no payload. */
  copy(source: Uint8Array, at: number, output: PesPackets): void {
    output.renumbered(source, at, this.uncounted(source, at))
  }

  /** The counter of a packet without a payload: that of the last with one. */
  private uncounted(source: Uint8Array, at: number): number {
    return this.lastCounter < 0 ? continuityCounter(source, at) : this.lastCounter
  }

  private counted(source: Uint8Array, at: number): number {
    this.lastCounter = (continuityCounter(source, at) + this.shift) & (COUNTERS - 1)
    return this.lastCounter
  }

  private begin(place: number, packet: JoinedPesPacket): void {
    this.current = place
    this.met = 0
    const [from, end] = [this.payloads.begins[place]!, this.payloads.begins[place + 1]!]
    const growth = this.sizeOf(place) - packet.carried
    this.bytes = new Bytes(longerHeader(packet.header, growth), this.payloads.bytes, from, end)
    this.spread = { packets: packet.packets + this.added[place]!, growth: Math.max(0, growth) }
  }

  private sizeOf(place: number): number {
    const { begins } = this.payloads
    const { header } = this.pes.packets[place]!
    return header.length === 0 ? 0 : header.length + begins[place + 1]! - begins[place]!
  }

  private addedTo({ header, packets, room }: JoinedPesPacket, size: number): number {
    if (header.length === 0) return 0
    return size < packets ? size - packets : Math.max(0, Math.ceil((size - room) / MOST_PAYLOAD))
  }

  /** Has the last PES packet that is long enough take some packets more, so that all in all 16 are added, or none. */
  private *plan(): Steps<void> {
    const meter = new StepMeter()
    let moved = 0
    let roomy = -1
    for (const [place, packet] of this.pes.packets.entries()) {
      const size = this.sizeOf(place)
      const added = this.addedTo(packet, size)
      this.added[place] = added
      moved += added
      if (size >= packet.packets + added + COUNTERS + MOST_PAYLOAD) roomy = place
      if (meter.ends()) yield
    }
    if (roomy >= 0) this.added[roomy]! += (COUNTERS - (moved % COUNTERS)) % COUNTERS
  }
}

/** The header of a PES packet that is so much longer than it states. */
function longerHeader(header: Uint8Array, growth: number): Uint8Array {
  const stated = (header[4]! << 8) | header[5]!
  if (stated === 0 || growth <= 0) return header
  const changed = Uint8Array.from(header)
  const length = stated + growth
  const isOpen = length > MOST_PES_LENGTH
  changed[4] = isOpen ? 0 : length >>> 8
  changed[5] = isOpen ? 0 : length
  return changed
}

class Bytes implements PesBytes {
  private readonly header: Uint8Array
  private readonly payloads: Uint8Array
  private readonly from: number
  private readonly size: number
  private taken = 0

  constructor(header: Uint8Array, payloads: Uint8Array, from: number, end: number) {
    this.header = header
    this.payloads = payloads
    this.from = from
    this.size = header.length + end - from
  }

  get remaining(): number {
    return this.size - this.taken
  }

  take(target: Uint8Array, to: number, size: number): void {
    const ofHeader = this.header.subarray(this.taken, this.taken + size)
    target.set(ofHeader, to)
    const from = this.from + this.taken + ofHeader.length - this.header.length
    target.set(this.payloads.subarray(from, from + size - ofHeader.length), to + ofHeader.length)
    this.taken += size
  }
}
