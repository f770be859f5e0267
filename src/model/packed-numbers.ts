/** Integers one after the other, each in as few bytes as it needs: LEB128, those with a sign folded onto the others. */
export class PackedNumbers {
  #bytes = new Uint8Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** From 0 to 2^53 - 1. Throws RangeError for anything else: it could not be read again. */
  unsigned(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} cannot be packed`)
    if (this.#length + MOST_BYTES > this.#bytes.length) this.#grow()
    let rest = value
    while (rest >= MORE) {
      this.#bytes[this.#length++] = (rest % MORE) + MORE
      rest = Math.floor(rest / MORE)
    }
    this.#bytes[this.#length++] = rest
  }

  /** Below 2^52 on either side of 0. Throws RangeError. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** A copy of what has been written. */
  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads them again, in their order, from a place on. */
export class PackedNumbersReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  unsigned(): number {
    let value = 0
    let weight = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('there are no more packed numbers')
      if (byte < MORE) return value + byte * weight
      value += (byte - MORE) * weight
      weight *= MORE
    }
  }

  signed(): number {
    const folded = this.unsigned()
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }
}

/** Set in all bytes of a number but its last. */
const MORE = 128
/** Of the greatest number. */
const MOST_BYTES = 8
