import { type KeyFrame, MOST_KEY_FRAMES } from '../track.ts'
import type { PesBeginning } from './payload-probe.ts'

/** Where the key frames of a stream lie. */
export class KeyFrameIndex {
  startsWithKeyFrame = false
  private readonly closed: KeyFrame[] = []
  private pictures = 0
  /** The last picture, if it is a key frame. */
  private open: { readonly pts: number; readonly offset: number } | undefined
  private end = 0

  /** A picture begins with this PES packet. */
  picture({ pts, offset }: PesBeginning, isKey: boolean): void {
    this.closeAt(offset)
    if (isKey && this.pictures === 0) this.startsWithKeyFrame = true
    // Without a time it cannot be asked for.
    if (isKey && pts >= 0) this.open = { pts, offset }
    this.pictures++
  }

  /** A PES packet, which may go on with the last picture, ends before `offset`. */
  packetEnds(offset: number): void {
    this.end = offset
  }

  /** Once all packets have been seen. */
  get keyFrames(): readonly KeyFrame[] {
    this.closeAt(this.end)
    return this.closed
  }

  private closeAt(offset: number): void {
    if (this.open !== undefined && this.closed.length < MOST_KEY_FRAMES) {
      this.closed.push({ ...this.open, size: offset - this.open.offset })
    }
    this.open = undefined
  }
}
