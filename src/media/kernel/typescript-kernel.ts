import { nextStartCode, START_CODE_SIZE, writeSentinel } from '../codecs/nal.ts'
import type { Kernel } from './kernel.ts'

const PACKET_SIZE = 188
const HEADER_SIZE = 4

/** The reference: as quick as JavaScript allows. */
export class TypeScriptKernel implements Kernel {
  readonly bytes: Buffer
  /** The bytes, with room behind them for the start code at which a search ends. */
  private readonly searched: Buffer

  constructor(size: number) {
    this.searched = Buffer.from(new ArrayBuffer(size + START_CODE_SIZE))
    this.bytes = Buffer.from(this.searched.buffer, 0, size)
  }

  copyPayloads(from: number, end: number, to: number, header: number): number {
    const { bytes } = this
    const [sync, high, low] = [header & 0xff, (header >>> 8) & 0xff, (header >>> 16) & 0xff]
    let last = header >>> 24
    let at = from
    let target = to
    while (bytes[at + 3] === last && bytes[at + 2] === low && bytes[at + 1] === high && bytes[at] === sync) {
      if (at + PACKET_SIZE > end) break
      bytes.copyWithin(target, at + HEADER_SIZE, at + PACKET_SIZE)
      at += PACKET_SIZE
      target += PACKET_SIZE - HEADER_SIZE
      last = 0x10 | ((last + 1) & 0x0f)
    }
    return at
  }

  endOfPackets(from: number, end: number, header: number): number {
    const { bytes } = this
    const [sync, high, low] = [header & 0xff, (header >>> 8) & 0xff, (header >>> 16) & 0xff]
    let at = from
    while (bytes[at] === sync && bytes[at + 1] === high && bytes[at + 2] === low) {
      if (at + PACKET_SIZE > end || (bytes[at + 3]! & 0xc0) !== 0) break
      at += PACKET_SIZE
    }
    return at
  }

  findStartCode(from: number, end: number): number {
    const { searched: bytes } = this
    const [behind0, behind1, behind2] = [bytes[end]!, bytes[end + 1]!, bytes[end + 2]!]
    writeSentinel(bytes, end)
    const found = nextStartCode(bytes, from)
    bytes[end] = behind0
    bytes[end + 1] = behind1
    bytes[end + 2] = behind2
    return found
  }
}
