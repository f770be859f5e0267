import type { FileHandle } from 'node:fs/promises'
import { type ByteRange, MOST_PIECE_BYTES, type ObjectStream } from './objects.ts'

/** Buffers kept for later streams: their pages are warm, and a new one costs more than reading into it. */
const MOST_SPARE = 32

const spare: Buffer[] = []

/** Reads a range of a file through one buffer. */
export class FileStream implements ObjectStream {
  private readonly file: FileHandle
  private readonly name: string
  private position: number
  private readonly end: number
  private closing: Promise<void> | undefined

  constructor(file: FileHandle, name: string, { start, end }: ByteRange) {
    this.file = file
    this.name = name
    this.position = start
    this.end = end
  }

  /** The number of bytes that are still to come. */
  get left(): number {
    return this.end - this.position
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(MOST_PIECE_BYTES)
    try {
      while (this.position < this.end) {
        const wanted = Math.min(MOST_PIECE_BYTES, this.end - this.position)
        const { bytesRead } = await this.file.read(buffer, 0, wanted, this.position)
        if (bytesRead === 0) throw new Error(`object ${this.name} ends at ${this.position}, not at ${this.end}`)
        this.position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      if (spare.length < MOST_SPARE) spare.push(buffer)
    }
  }

  close(): Promise<void> {
    this.closing ??= this.file.close()
    return this.closing
  }
}
