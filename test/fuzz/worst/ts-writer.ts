import { writeMultiplex } from '../../fixtures/transport-stream.ts'

const PACKET = 188
const ROOM = PACKET - 4

export type ListedStream = { readonly pid: number; readonly type: number; readonly descriptors?: Buffer }

/** The tables of a program. */
export function tablesOf(streams: readonly ListedStream[]): Buffer {
  const listed = streams.map((stream) => ({ descriptors: Buffer.alloc(0), ...stream }))
  return writeMultiplex({ streams: listed, packets: [] }, new Map())
}

/** Writes a transport stream of a given size, packet by packet: faster than `writeMultiplex`, and whatever is asked. */
export class TsWriter {
  private readonly bytes: Buffer
  private readonly counters = new Map<number, number>()
  private at = 0

  constructor(size: number, streams: readonly ListedStream[] = []) {
    this.bytes = Buffer.alloc(Math.max(Math.floor(size / PACKET), 4) * PACKET)
    if (streams.length > 0) this.whole(tablesOf(streams))
  }

  get isFull(): boolean {
    return this.at + PACKET > this.bytes.length
  }

  result(): Buffer {
    return this.bytes.subarray(0, this.at)
  }

  /** Whole packets, as they are. */
  whole(packets: Buffer): void {
    for (let from = 0; from < packets.length && !this.isFull; from += PACKET) {
      this.at += packets.copy(this.bytes, this.at, from, from + PACKET)
    }
  }

  /** One packet with up to 184 bytes of payload, stuffed. */
  packet(pid: number, payload: Buffer, starts: boolean, counted = 1): void {
    if (this.isFull) return
    const { bytes, at } = this
    const counter = ((this.counters.get(pid) ?? 0) + counted) & 15
    this.counters.set(pid, counter)
    const stuffing = ROOM - payload.length
    bytes[at] = 0x47
    bytes[at + 1] = (starts ? 0x40 : 0) | (pid >> 8)
    bytes[at + 2] = pid & 0xff
    bytes[at + 3] = (stuffing > 0 ? 0x30 : 0x10) | counter
    if (stuffing > 0) {
      bytes[at + 4] = stuffing - 1
      if (stuffing > 1) bytes[at + 5] = 0
      bytes.fill(0xff, at + 6, at + 4 + stuffing)
    }
    payload.copy(bytes, at + 4 + stuffing)
    this.at += PACKET
  }

  /** A PES packet, in as many packets as it takes. */
  pes(pid: number, streamId: number, payload: Buffer, pts?: number): void {
    const whole = Buffer.concat([pesHeader(streamId, payload.length, pts), payload])
    for (let from = 0; from < whole.length && !this.isFull; from += ROOM) {
      this.packet(pid, whole.subarray(from, from + ROOM), from === 0)
    }
  }
}

function pesHeader(streamId: number, size: number, pts: number | undefined): Buffer {
  const header = Buffer.from([0, 0, 1, streamId, 0, 0, 0x80, pts === undefined ? 0 : 0x80, pts === undefined ? 0 : 5])
  const length = size + 3 + (pts === undefined ? 0 : 5)
  header.writeUInt16BE((streamId & 0xf0) === 0xe0 || length > 0xffff ? 0 : length, 4)
  if (pts === undefined) return header
  const time = Buffer.alloc(5)
  time[0] = 0x21 | ((Math.floor(pts / 2 ** 30) & 7) << 1)
  time.writeUInt16BE((((pts / 2 ** 15) & 0x7fff) << 1) | 1, 1)
  time.writeUInt16BE(((pts & 0x7fff) << 1) | 1, 3)
  return Buffer.concat([header, time])
}
