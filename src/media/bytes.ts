/** Thrown when bytes from outside break the rules of their format. */
export class MalformedMedia extends Error {
  override readonly name = 'MalformedMedia'
  /** Position of the problem, in bytes from the beginning of what was being read. */
  readonly offset: number

  constructor(problem: string, offset: number) {
    // Broken parts of media are skipped one by one: recording where in the code each was noticed would take longer than
    // all the rest.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`${problem} at byte ${offset}`)
    Error.stackTraceLimit = stackTraceLimit
    this.offset = offset
  }
}

/** Reads big-endian values from a range of bytes. A read past its end throws MalformedMedia. */
export class ByteReader {
  readonly bytes: Uint8Array
  /** Offset in `bytes` of the next read. */
  position: number
  /** Offset in `bytes` at which reading must stop. */
  readonly end: number

  constructor(bytes: Uint8Array, position = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  u8(): number {
    return this.bytes[this.take(1)]!
  }

  u16(): number {
    const at = this.take(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  u24(): number {
    const at = this.take(3)
    return (this.bytes[at]! << 16) | (this.bytes[at + 1]! << 8) | this.bytes[at + 2]!
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i32(): number {
    const at = this.take(4)
    const b = this.bytes
    return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
  }

  u64(): bigint {
    const high = this.u32()
    return (BigInt(high) << 32n) | BigInt(this.u32())
  }

  latin1(length: number): string {
    const at = this.take(length)
    let text = ''
    for (let i = at; i < at + length; i++) text += String.fromCharCode(this.bytes[i]!)
    return text
  }

  /** Takes the next `length` bytes as a view, not a copy. */
  view(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Takes the next `length` bytes as a reader of their own. */
  part(length: number): ByteReader {
    const at = this.take(length)
    return new ByteReader(this.bytes, at, at + length)
  }

  skip(length: number): void {
    this.take(length)
  }

  private take(length: number): number {
    const at = this.position
    if (length < 0 || length > this.end - at) {
      throw new MalformedMedia(`${length} bytes wanted, ${this.end - at} left`, at)
    }
    this.position = at + length
    return at
  }
}

/** Writes big-endian values into a buffer that grows. */
export class ByteWriter {
  private bytes: Uint8Array<ArrayBuffer>
  private length = 0

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Bytes written so far; also the offset of the next write. */
  get position(): number {
    return this.length
  }

  u8(value: number): void {
    const at = this.grow(1)
    this.bytes[at] = value
  }

  u16(value: number): void {
    const at = this.grow(2)
    this.bytes[at] = value >>> 8
    this.bytes[at + 1] = value
  }

  u24(value: number): void {
    const at = this.grow(3)
    this.bytes[at] = value >>> 16
    this.bytes[at + 1] = value >>> 8
    this.bytes[at + 2] = value
  }

  /** Writes 32 bits; signed values as their two's complement. */
  u32(value: number): void {
    const at = this.grow(4)
    storeU32(this.bytes, at, value)
  }

  u64(value: bigint): void {
    this.u32(Number((value >> 32n) & 0xffffffffn))
    this.u32(Number(value & 0xffffffffn))
  }

  latin1(text: string): void {
    const at = this.grow(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i)
  }

  write(bytes: Uint8Array): void {
    const at = this.grow(bytes.length)
    this.bytes.set(bytes, at)
  }

  zeros(count: number): void {
    const at = this.grow(count)
    this.bytes.fill(0, at, at + count)
  }

  /** Overwrites four bytes written earlier. */
  patchU32(at: number, value: number): void {
    storeU32(this.bytes, at, value)
  }

  /** A view of what has been written, valid until the next write. */
  result(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length)
  }

  /** What has been written since the last time, as a view valid until the next write; the next one begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const written = this.result()
    this.length = 0
    return written
  }

  /** Makes room for `by` bytes. It may replace `this.bytes`, so call it before reading that field. */
  private grow(by: number): number {
    const at = this.length
    const needed = at + by
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, at))
      this.bytes = larger
    }
    this.length = needed
    return at
  }
}

/** Stores a 32-bit big-endian number; the caller has checked that the four bytes exist. */
export function storeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Reads bits, most significant first, with the Exp-Golomb codes of ISO/IEC 14496-10 §9.1. */
export class BitReader {
  private readonly bytes: Uint8Array
  private readonly end: number
  private bit = 0

  /** Limits reading to the first `size` bytes. */
  constructor(bytes: Uint8Array, size = bytes.length) {
    this.bytes = bytes
    this.end = size * 8
  }

  /** Number of bits read so far. */
  get position(): number {
    return this.bit
  }

  /** Reads an unsigned number of at most 32 bits. */
  u(count: number): number {
    if (count > this.end - this.bit) {
      throw new MalformedMedia(`${count} bits wanted, ${this.end - this.bit} left`, this.bit >>> 3)
    }
    let value = 0
    for (let i = 0; i < count; i++, this.bit++) {
      value = value * 2 + ((this.bytes[this.bit >>> 3]! >>> (7 - (this.bit & 7))) & 1)
    }
    return value
  }

  flag(): boolean {
    return this.u(1) === 1
  }

  ue(): number {
    let zeros = 0
    while (!this.flag()) {
      if (++zeros > 31) throw new MalformedMedia('Exp-Golomb code longer than 32 bits', this.bit >>> 3)
    }
    return 2 ** zeros - 1 + this.u(zeros)
  }

  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Writes bytes in lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}

/** Reads the bytes that `hexOf` wrote. */
export function bytesOfHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** The UUID of 16 bytes, in lower case. */
export function uuidOf(bytes: Uint8Array): string {
  return hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The 16 bytes of a UUID, which may be without its hyphens. */
export function bytesOfUuid(uuid: string): Uint8Array<ArrayBuffer> {
  return bytesOfHex(uuid.replaceAll('-', ''))
}

/** A view of bytes by which `copy16` copies. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** Copies sixteen bytes, in two words: `set` of so few, or a loop over them, takes many times as long. */
export function copy16(source: DataView, from: number, target: DataView, to: number): void {
  target.setBigUint64(to, source.getBigUint64(from))
  target.setBigUint64(to + 8, source.getBigUint64(from + 8))
}
