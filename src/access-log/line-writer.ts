const FIRST_BYTES = 16 * 1024
/** What is kept for other lines: room for a batch of a busy log. */
const MOST_KEPT_BYTES = 1024 * 1024
/** The most bytes that UTF-8 takes for a unit of UTF-16. */
const MOST_BYTES_OF_A_UNIT = 3
const QUOTE = 0x22
const BACKSLASH = 0x5c
const FIRST_PRINTABLE = 0x20
const LAST_PRINTABLE = 0x7e
const ZERO = 0x30

/**
 * Writes JSON as UTF-8 into memory that is used again. Text that is put together first, and made into bytes afterwards,
 * would leave several times a line's size to the garbage collector.
 */
export class LineWriter {
  private buffer = Buffer.alloc(0)
  private written = 0

  /** Forgets what has been written. */
  clear(): void {
    this.written = 0
    if (this.buffer.length > MOST_KEPT_BYTES) this.buffer = Buffer.alloc(0)
  }

  /** Forgets what has been written beyond so many bytes. */
  cut(length: number): void {
    this.written = Math.min(this.written, length)
  }

  /** Bytes that have been written since it was cleared. */
  get length(): number {
    return this.written
  }

  /** What has been written since it was cleared; valid until more is, or it is cleared again. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.written)
  }

  /** Writes text that is ASCII alone, as it is. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { buffer } = this
    let at = this.written
    for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i)
    this.written = at
  }

  /** Writes any text as it is. */
  text(text: string): void {
    this.reserve(MOST_BYTES_OF_A_UNIT * text.length)
    this.written += this.buffer.write(text, this.written)
  }

  /** Writes bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.written)
    this.written += bytes.length
  }

  /** Writes what stands between the quotes of a JSON string, with the escapes that it needs. */
  json(text: string): void {
    this.reserve(text.length)
    const { buffer } = this
    let at = this.written
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit < FIRST_PRINTABLE || unit > LAST_PRINTABLE || unit === QUOTE || unit === BACKSLASH) {
        this.text(JSON.stringify(text).slice(1, -1))
        return
      }
      buffer[at++] = unit
    }
    this.written = at
  }

  /**
   * Writes an integer that is not negative, with zeros before it where it has fewer digits.
   * @throws RangeError where it is none, or larger than `Number.MAX_SAFE_INTEGER`
   */
  integer(value: number, digits = 1): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a number that a line can have`)
    let count = digits
    for (let most = 10 ** digits; most <= value; most *= 10) count++
    this.reserve(count)
    let rest = value
    for (let at = this.written + count - 1; at >= this.written; at--) {
      const next = Math.floor(rest / 10)
      this.buffer[at] = ZERO + (rest - next * 10)
      rest = next
    }
    this.written += count
  }

  private reserve(bytes: number): void {
    const wanted = this.written + bytes
    if (wanted <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * wanted))
    this.buffer.copy(larger, 0, 0, this.written)
    this.buffer = larger
  }
}
