/** Smaller than what a busy log appends at a time, as most logs are not busy. */
const FIRST_BYTES = 64 * 1024

/** The last bytes of a stream, in memory that is kept: buffers of their own would be a new one for each batch. */
export class RecentBytes {
  private readonly most: number
  private ring = Buffer.alloc(0)
  /** Where the next byte goes. */
  private at = 0
  private isFull = false

  /** Keeps so many at least, once there are so many. */
  constructor(most: number) {
    this.most = most
  }

  add(bytes: Uint8Array): void {
    if (this.at + bytes.length >= this.ring.length && this.ring.length < this.most) this.grow(this.at + bytes.length)
    for (let rest = bytes.subarray(-this.ring.length); rest.length > 0; ) {
      const part = rest.subarray(0, this.ring.length - this.at)
      this.ring.set(part, this.at)
      rest = rest.subarray(part.length)
      this.at += part.length
      if (this.at < this.ring.length) break
      this.at = 0
      this.isFull = true
    }
  }

  /** In their order. */
  all(): Buffer {
    const newest = this.ring.subarray(0, this.at)
    return this.isFull ? Buffer.concat([this.ring.subarray(this.at), newest]) : Buffer.from(newest)
  }

  clear(): void {
    this.at = 0
    this.isFull = false
  }

  /** Before it is full for the first time: what is in it begins at its beginning. */
  private grow(wanted: number): void {
    let size = Math.max(this.ring.length, FIRST_BYTES)
    while (size <= wanted && size < this.most) size *= 2
    const larger = Buffer.allocUnsafeSlow(Math.min(size, this.most))
    this.ring.copy(larger, 0, 0, this.at)
    this.ring = larger
  }
}
