import { type Kernel, type KernelMaker, newKernel } from '../kernel/kernel.ts'
import { TypeScriptKernel } from '../kernel/typescript-kernel.ts'

/**
 * Memory to demux in, one segment after the other. Its pages stay warm, which for segments of megabytes saves more
 * time than demuxing takes. Demuxing destroys the segment, and tracks are views of the buffer: loading the next
 * segment overwrites them.
 */
export class DemuxBuffer {
  kernel: Kernel = new TypeScriptKernel(0)
  /** Offset of the segment; the room in front of it is what its largest stream needs to grow (see `EsBuffer`). */
  start = 0
  end = 0
  private readonly newKernel: KernelMaker

  /** Each time a segment needs more memory than there is, a kernel is made. */
  constructor(kernels: KernelMaker = newKernel) {
    this.newKernel = kernels
  }

  get bytes(): Buffer {
    return this.kernel.bytes
  }

  /** Makes room for a segment of `size` bytes, which the caller fills in. */
  load(size: number): Uint8Array {
    const margin = Math.ceil(size / 4)
    // All streams but the largest are assembled after the segment; each takes at most 5/4 of its packets' bytes.
    const needed = margin + size + Math.ceil((size * 5) / 4)
    if (needed > this.bytes.length) this.kernel = this.newKernel(needed)
    this.start = margin
    this.end = margin + size
    return this.bytes.subarray(this.start, this.end)
  }

  /** Copies segments in, one after the other. */
  fill(segments: readonly Uint8Array[]): void {
    const target = this.load(segments.reduce((sum, segment) => sum + segment.length, 0))
    let at = 0
    for (const segment of segments) {
      target.set(segment, at)
      at += segment.length
    }
  }
}
