/** How the frames of a codec are told apart. An object is filled again and again. */
export type FrameHeader = {
  /** What a frame begins with. */
  readonly syncByte: number
  /** Bytes that must be there to read a header. */
  readonly minSize: number
  /** Of header and payload; at least `minSize`. */
  readonly frameSize: number
  /** Whether a header stands at `at`. */
  read(bytes: Uint8Array, at: number): boolean
}

/**
 * Finds the frames in a stream of them. A frame counts when another begins where it ends, or the stream does: so what
 * is damaged is left out, and bytes that merely look like a header are found out.
 */
export class FrameWalker<Header extends FrameHeader> {
  /** Places where no frame began although one should have, and a frame cut off by the end. */
  lost = 0
  /** Bytes that must be there from where the last walk stopped before the next can go on. */
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
   * Takes the frames between `from` and `end`; `final` when the stream ends there.
   * @returns where it stopped: at `end`, or where a frame begins of which more must be seen
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
  const found = bytes.indexOf(byte, from)
  return found < 0 || found > end ? end : found
}
