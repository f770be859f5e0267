const SMALLEST = 1 << 16

/**
 * Buffers for parts of objects, of powers of two, kept for later parts. `most` bounds the bytes of all together, those
 * in use and those kept: memory that is left to the garbage collector is still there for a while.
 */
export class PartBuffers {
  private readonly most: number
  /** Buffers kept, by size. */
  private readonly free = new Map<number, Buffer[]>()
  private allocated = 0
  private readonly waiting: { readonly size: number; readonly resolve: (buffer: Buffer) => void }[] = []

  constructor(most: number) {
    this.most = most
  }

  /** A buffer of at least `size` bytes; undefined while there is no room for it. */
  take(size: number): Buffer | undefined {
    return this.waiting.length === 0 ? this.find(size) : undefined
  }

  /** Waits for a buffer of at least `size` bytes, behind those who wait already. */
  async wait(size: number): Promise<Buffer> {
    return this.take(size) ?? new Promise((resolve) => this.waiting.push({ size, resolve }))
  }

  /** Returns a buffer for others to use. */
  give(buffer: Buffer): void {
    if (buffer.length === 0) return
    this.keptOf(buffer.length).push(buffer)
    this.serve()
  }

  /** Returns a buffer that may not be used again, because its bytes may still be on their way to the network. */
  drop(buffer: Buffer): void {
    this.allocated -= buffer.length
    this.serve()
  }

  private find(size: number): Buffer | undefined {
    const length = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size)))
    const kept = this.keptOf(length).pop()
    if (kept) return kept
    for (const buffers of this.free.values()) {
      while (this.allocated + length > this.most && buffers.length > 0) this.allocated -= buffers.pop()!.length
    }
    if (this.allocated + length > this.most) return undefined
    this.allocated += length
    return Buffer.allocUnsafeSlow(length)
  }

  private serve(): void {
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const buffer = this.find(first.size)
      if (!buffer) return
      this.waiting.shift()
      first.resolve(buffer)
    }
  }

  private keptOf(length: number): Buffer[] {
    const kept = this.free.get(length) ?? []
    this.free.set(length, kept)
    return kept
  }
}
