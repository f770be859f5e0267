import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE } from './packet.ts'

/** Eight seconds at 8 Mb/s. Multiplexers repeat the tables every 100 ms, or at least once in a segment. */
const MOST_BYTES = 8 * 1024 * 1024
const PACKETS_PER_BLOCK = 512

/** Holds the packets that precede the tables of a segment, 8 MiB at most, until the program map is known. */
export class HeldPackets {
  private readonly blocks: Uint8Array[] = []
  /** Offset of each packet in the segment. */
  private readonly offsets: number[] = []

  /** Copies the packet at `at`, `offset` bytes into the segment. Throws MalformedMedia beyond 8 MiB. */
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

  /** Calls `take` with each packet in order, and its offset in the segment. */
  forEach(take: (bytes: Uint8Array, at: number, offset: number) => void): void {
    for (const [index, offset] of this.offsets.entries()) {
      const block = this.blocks[Math.floor(index / PACKETS_PER_BLOCK)]!
      take(block, (index % PACKETS_PER_BLOCK) * PACKET_SIZE, offset)
    }
  }
}
