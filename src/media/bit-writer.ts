/** Writes bits, most significant first. */
export class BitWriter {
  private bytes: Uint8Array<ArrayBuffer>
  private bit = 0

  constructor(capacity = 16) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Writes the lowest `count` bits of `value`; `count` is at most 32. */
  u(count: number, value: number): void {
    if (this.bit + count > this.bytes.length * 8) {
      const larger = new Uint8Array(this.bytes.length * 2 + 4)
      larger.set(this.bytes)
      this.bytes = larger
    }
    for (let i = count - 1; i >= 0; i--, this.bit++) {
      if (((value >>> i) & 1) === 1) this.bytes[this.bit >>> 3]! |= 0x80 >>> (this.bit & 7)
    }
  }

  /** Writes an unsigned Exp-Golomb code, ISO/IEC 14496-10 §9.1; `value` is below 2³¹. */
  ue(value: number): void {
    const bits = Math.floor(Math.log2(value + 1))
    this.u(bits, 0)
    this.u(bits + 1, value + 1)
  }

  /** Writes zeros up to the next byte boundary. */
  align(): void {
    this.bit = (this.bit + 7) & ~7
  }

  /** A copy of what has been written, the last byte filled up with zeros. */
  result(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, (this.bit + 7) >>> 3)
  }
}
