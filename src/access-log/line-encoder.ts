import type { AccessLine } from './sink.ts'

/** Room for the largest batch, as lines usually are. */
const USUAL_BYTES = 2 * 1024 * 1024
/** The most bytes that UTF-8 takes for a unit of UTF-16. */
const MOST_BYTES_OF_A_UNIT = 3

/**
 * Writes lines as UTF-8 into memory that is used again. A new buffer for each batch, and a string before it, would have
 * the garbage collector run several times as often.
 */
export class LineEncoder {
  private buffer: Buffer | undefined

  /** The texts of lines, one after the other; they are valid until the next call. */
  bytesOf(lines: readonly AccessLine[]): Uint8Array {
    let buffer = this.buffer ?? Buffer.allocUnsafeSlow(USUAL_BYTES)
    this.buffer = buffer
    let size = 0
    for (const line of lines) {
      const text = line.text()
      const most = size + MOST_BYTES_OF_A_UNIT * text.length
      if (most > buffer.length) {
        // Of this batch alone.
        const larger = Buffer.allocUnsafeSlow(2 * most)
        buffer.copy(larger, 0, 0, size)
        buffer = larger
      }
      size += buffer.write(text, size)
    }
    return buffer.subarray(0, size)
  }
}
