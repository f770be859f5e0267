/** The header of a codec's frames. One object is reused for every frame. */
export type FrameHeader = {
  /** The first byte of every frame. */
  readonly syncByte: number
  /** Bytes needed to read a header. */
  readonly minSize: number
  /** Size of header and payload in bytes; at least `minSize`. */
  readonly frameSize: number
  /** Reads the header at `at`; false when there is none. */
  read(bytes: Uint8Array, at: number): boolean
}

/**
 * Finds the frames in a byte stream. A frame counts only when another begins where it ends, or the stream ends there,
 * so that damaged frames and bytes that merely look like a header are left out.
 */
export class FrameWalker<Header extends FrameHeader> {
  /** Number of places where a frame was expected and none began; a frame cut off by the end counts as well. */
  lost = 0
  /** Bytes needed from where the last walk stopped before the next one can continue. */
  wanted = 0
  private header: Header
  private next: Header
  private readonly take: (header: Header, bytes: Uint8Array, at: number) => void
  /** True until the first frame is found, and while frames follow each other. */
  private inStep = true

  constructor(makeHeader: () => Header, take: (header: Header, bytes: Uint8Array, at: number) => void) {
    this.header = makeHeader()
    this.next = makeHeader()
    this.take = take
  }

  /**
   * Takes the frames between `from` and `end`; `final` means that the stream ends there.
   * @returns where it stopped: at `end`, or at a frame of which more bytes are needed
   */
  walk(bytes: Uint8Array, from: number, end: number, final: boolean): number {
    const { minSize, syncByte } = this.header
    let at = from
    let isRead = false
    while (at + minSize <= end) {
      if (!isRead && !this.header.read(bytes, at)) {
        this.fallOut()
        at = search(bytes, syncByte, at + 1, end)
        continue
      }
      const next = at + this.header.frameSize
      isRead = next + minSize <= end && this.next.read(bytes, next)
      if (next + minSize > end && !final) {
        this.wanted = next + minSize - at
        return at
      }
      if (isRead || (next + minSize > end && (next === end || (next < end && bytes[next] === syncByte)))) {
        this.inStep = true
        this.take(this.header, bytes, at)
        at = next
        this.swap()
        continue
      }
      if (next > end && this.inStep) break
      this.fallOut()
      at = search(bytes, syncByte, at + 1, end)
    }
    this.wanted = minSize
    if (!final) return at
    if (at < end && this.inStep) this.lost++
    return end
  }

  private swap(): void {
    const { header } = this
    this.header = this.next
    this.next = header
  }

  private fallOut(): void {
    if (this.inStep) this.lost++
    this.inStep = false
  }
}

function search(bytes: Uint8Array, byte: number, from: number, end: number): number {
  let at = Math.min(from, end)
  while (at < end && bytes[at] !== byte) at++
  return at
}
