import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE } from './packet.ts'

/** Eight seconds at 8 Mb/s. Multiplexers repeat the tables every 100 ms, or at least once in a segment. */
const MOST_BYTES = 8 * 1024 * 1024
const PACKETS_PER_BLOCK = 512
const BLOCK_SIZE = PACKETS_PER_BLOCK * PACKET_SIZE

/** The memory, in bytes, that segments which arrive at the same time share for packets that precede their tables. */
export type HoldingRoom = { free: number }

/**
 * Holds the packets that precede the tables of a segment, 8 MiB at most, until the program map is known; then those
 * that follow, until all before them have been taken. `release` gives their memory back to `room`.
 */
export class HeldPackets {
  private readonly room: HoldingRoom
  private readonly blocks: (Uint8Array | undefined)[] = []
  /** Offset of each packet in the segment. */
  private readonly offsets: number[] = []
  /** Number of packets taken. */
  private taken = 0

  constructor(room: HoldingRoom) {
    this.room = room
  }

  /**
   * Copies the packet at `at`, `offset` bytes into the segment. Throws MalformedMedia beyond 8 MiB, and when there is
   * no room, unless the program map is known: then packets are taken faster than they come.
   */
  hold(bytes: Uint8Array, at: number, offset: number, isMapped: boolean): void {
    const index = this.offsets.length
    if (!isMapped && (index + 1) * PACKET_SIZE > MOST_BYTES) {
      throw new MalformedMedia('no program map table in the first 8 MiB of packets', offset)
    }
    const place = (index % PACKETS_PER_BLOCK) * PACKET_SIZE
    if (place === 0) this.blocks.push(this.newBlock(offset, isMapped))
    this.blocks.at(-1)!.set(bytes.subarray(at, at + PACKET_SIZE), place)
    this.offsets.push(offset)
  }

  get isEmpty(): boolean {
    return this.taken === this.offsets.length
  }

  /** Takes the first packet: calls `take` with it, its offset in the segment, and its number from 0 on. */
  takeFirst(take: (bytes: Uint8Array, at: number, offset: number, index: number) => void): void {
    const index = this.taken++
    const at = Math.floor(index / PACKETS_PER_BLOCK)
    take(this.blocks[at]!, (index % PACKETS_PER_BLOCK) * PACKET_SIZE, this.offsets[index]!, index)
    if (this.taken % PACKETS_PER_BLOCK > 0) return
    this.blocks[at] = undefined
    this.room.free += BLOCK_SIZE
  }

  get count(): number {
    return this.offsets.length
  }

  /** Calls `take` with each packet in order, and its offset in the segment. None has been taken. */
  forEach(take: (bytes: Uint8Array, at: number, offset: number) => void): void {
    for (const [index, offset] of this.offsets.entries()) {
      const block = this.blocks[Math.floor(index / PACKETS_PER_BLOCK)]!
      take(block, (index % PACKETS_PER_BLOCK) * PACKET_SIZE, offset)
    }
  }

  release(): void {
    this.room.free += this.blocks.filter((block) => block !== undefined).length * BLOCK_SIZE
    this.blocks.length = 0
    this.taken = 0
    this.offsets.length = 0
  }

  private newBlock(offset: number, isMapped: boolean): Uint8Array {
    if (!isMapped && this.room.free < BLOCK_SIZE) {
      throw new MalformedMedia('no program map table yet, and no memory left to wait for it', offset)
    }
    this.room.free -= BLOCK_SIZE
    return new Uint8Array(BLOCK_SIZE)
  }
}
