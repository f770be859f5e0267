import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE } from './packet.ts'

/** Eight seconds of 8 Mb/s: tables come every tenth of a second, or once in a segment. */
const MOST_BYTES = 8 * 1024 * 1024
const PACKETS_PER_BLOCK = 512

/** The packets in front of a segment's tables, until those tell what they are. It holds 8 MiB at most. */
export class HeldPackets {
  private readonly blocks: Uint8Array[] = []
  /** Where each packet lies in the segment. */
  private readonly offsets: number[] = []

  /** Copies the packet at `at`, `offset` bytes into the segment. Throws MalformedMedia when there are too many. */
  hold(bytes: Uint8Array, at: number, offset: number): void {
    const index = this.offsets.length
    if ((index + 1) * PACKET_SIZE > MOST_BYTES) {
      throw new MalformedMedia('no program map table in the first 8 MiB of packets', offset)
    }
    const place = (index % PACKETS_PER_BLOCK) * PACKET_SIZE
    if (place === 0) this.blocks.push(new Uint8Array(PACKETS_PER_BLOCK * PACKET_SIZE))
    this.blocks.at(-1)!.set(bytes.subarray(at, at + PACKET_SIZE), place)
    this.offsets.push(offset)
  }

  /** Calls `take` with each packet, in their order. */
  forEach(take: (bytes: Uint8Array, at: number, offset: number) => void): void {
    for (const [index, offset] of this.offsets.entries()) {
      const block = this.blocks[Math.floor(index / PACKETS_PER_BLOCK)]!
      take(block, (index % PACKETS_PER_BLOCK) * PACKET_SIZE, offset)
    }
  }
}
