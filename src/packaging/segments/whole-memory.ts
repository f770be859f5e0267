import type { WarmBuffers } from '../../cache/warm-buffers.ts'

/** Memory for whole source objects and what is made of them. */
export type WholeMemory = {
  /** Exactly so many bytes, whose contents are undefined. */
  readonly allocate: (size: number) => Uint8Array
}

/** Memory that is taken from buffers for one segment, and returned to them when that has been written. */
export class LentMemory implements WholeMemory {
  private readonly buffers: WarmBuffers
  private readonly taken: Buffer[] = []

  constructor(buffers: WarmBuffers) {
    this.buffers = buffers
  }

  readonly allocate = (size: number): Uint8Array => {
    const buffer = this.buffers.take(size)
    this.taken.push(buffer)
    return buffer.subarray(0, size)
  }

  /** Returns all of it, for others to use. */
  end(): void {
    for (const buffer of this.taken.splice(0)) this.buffers.give(buffer)
  }
}
