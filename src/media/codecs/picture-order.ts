/** Follows the picture order count of pictures in decoding order: §8.2.1.1 of H.264, §8.3.1 of HEVC. */
export class PictureOrder {
  private msb = 0
  private lsb = 0

  /** Restarts the count. */
  reset(): void {
    this.msb = 0
    this.lsb = 0
  }

  /** The picture order count for `lsb`, which has `bits` bits. `isReference`: later pictures count from this one. */
  next(lsb: number, bits: number, isReference: boolean): number {
    const modulus = 2 ** bits
    let msb = this.msb
    if (lsb < this.lsb && this.lsb - lsb >= modulus / 2) msb += modulus
    else if (lsb > this.lsb && lsb - this.lsb > modulus / 2) msb -= modulus
    if (isReference) {
      this.msb = msb
      this.lsb = lsb
    }
    return msb + lsb
  }
}
