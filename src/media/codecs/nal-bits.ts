import { BitReader, MalformedMedia } from '../bytes.ts'

/**
 * Size of a slice header with the NAL unit header before it: in bits without emulation prevention bytes, and in whole
 * bytes of the NAL unit as it stands.
 */
export type SliceHeaderSize = { readonly bits: number; readonly bytes: number }

/**
 * Reads the bits of a NAL unit as it stands, passing over its emulation prevention bytes (ISO/IEC 14496-10 §7.4.1), and
 * knows at which byte of the unit it is.
 */
export class NalBitReader extends BitReader {
  private readonly nal: Uint8Array
  private readonly stop: number
  private next: number
  private zeros = 0
  private current = 0
  /** Bits of `current` that have not been read. */
  private left = 0
  private read = 0

  /** Reads from `from` up to but not including `stop`. */
  constructor(nal: Uint8Array, from: number, stop: number) {
    super(nal, stop)
    this.nal = nal
    this.next = from
    this.stop = stop
  }

  override get position(): number {
    return this.read
  }

  /** Offset of the first byte of which no bit has been read. An emulation prevention byte there counts as such. */
  get nextByte(): number {
    return this.next
  }

  override u(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) {
      if (this.left === 0) this.advance()
      this.left--
      value = value * 2 + ((this.current >>> this.left) & 1)
    }
    this.read += count
    return value
  }

  /** Passes over a number of bits of any size. */
  skip(count: number): void {
    for (let left = count; left > 0; left -= 32) this.u(Math.min(32, left))
  }

  /** Passes over signed Exp-Golomb codes. */
  skipSigned(count: number): void {
    for (let i = 0; i < count; i++) this.se()
  }

  private advance(): void {
    if (this.zeros >= 2 && this.nal[this.next] === 3 && this.next < this.stop) {
      this.next++
      this.zeros = 0
    }
    if (this.next >= this.stop) throw new MalformedMedia('slice header longer than its NAL unit', this.stop)
    this.current = this.nal[this.next++]!
    this.left = 8
    this.zeros = this.current === 0 ? this.zeros + 1 : 0
  }
}
