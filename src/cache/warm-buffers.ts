const SMALLEST = 1 << 16

/**
 * Memory that is used again and again: a new buffer for each use would have to be cleared and collected. Keeps at most
 * `mostKept` bytes of what nobody uses.
 */
export class WarmBuffers {
  private readonly free: Buffer[] = []
  private readonly mostKept: number

  constructor(mostKept: number) {
    this.mostKept = mostKept
  }

  /** A buffer of at least `size` bytes, with whatever they were last. */
  take(size: number): Buffer {
    const at = this.free.findIndex(({ length }) => length >= size)
    if (at >= 0) return this.free.splice(at, 1)[0]!
    return Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size))))
  }

  /** Returns a buffer. The largest ones are kept, since they serve every size. */
  give(buffer: Buffer): void {
    this.free.push(buffer)
    this.free.sort((a, b) => a.length - b.length)
    let kept = this.free.reduce((sum, { length }) => sum + length, 0)
    while (kept > this.mostKept) kept -= this.free.shift()!.length
  }
}
