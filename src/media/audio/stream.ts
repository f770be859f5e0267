import { type FrameSyntax, Sampler } from './sampler.ts'
import type { SampleSink } from './samples.ts'

/** Room for the largest frame, the header after it, and some more. */
const CAPACITY = 16 * 1024

/** A stream of frames that arrives in pieces cut anywhere. It keeps 16 KiB. */
export class FrameStream {
  readonly sampler: Sampler
  private readonly bytes = new Uint8Array(CAPACITY)
  private filled = 0
  /** Position in the stream of the first byte kept. */
  private kept = 0

  constructor(syntax: FrameSyntax, sink: SampleSink) {
    this.sampler = new Sampler(syntax, sink)
  }

  /** Number of bytes that have arrived. */
  get position(): number {
    return this.kept + this.filled
  }

  push(source: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; ) {
      const size = Math.min(end - at, CAPACITY - this.filled)
      this.bytes.set(source.subarray(at, at + size), this.filled)
      this.filled += size
      at += size
      if (this.filled >= this.sampler.wanted) this.walk(false)
    }
  }

  end(): void {
    this.walk(true)
  }

  private walk(final: boolean): void {
    const stopped = this.sampler.walk(this.bytes, 0, this.filled, this.kept, final)
    this.bytes.copyWithin(0, stopped, this.filled)
    this.filled -= stopped
    this.kept += stopped
  }
}
