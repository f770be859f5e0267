/**
 * Memory to demux in, one segment after the other: its pages stay warm, which for segments of megabytes is worth more
 * than the demuxing costs. Tracks are views of it: loading the next segment overwrites them.
 */
export class DemuxBuffer {
  /** The segment, and behind it the room to take it apart. */
  bytes: Buffer = Buffer.from(new ArrayBuffer(0))
  /** Size of the segment. */
  size = 0

  /** Room for a segment of `size` bytes, to be filled by the caller. */
  load(size: number): Uint8Array {
    // A stream takes at most 5/4 of its packets' bytes: see `EsBuffer.room`.
    const needed = size + Math.ceil((size * 5) / 4)
    if (needed > this.bytes.length) this.bytes = Buffer.from(new ArrayBuffer(needed))
    this.size = size
    return this.bytes.subarray(0, size)
  }

  /** Copies segments in, one behind the other. */
  fill(segments: readonly Uint8Array[]): void {
    const target = this.load(segments.reduce((sum, segment) => sum + segment.length, 0))
    let at = 0
    for (const segment of segments) {
      target.set(segment, at)
      at += segment.length
    }
  }
}
