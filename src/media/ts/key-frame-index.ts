import { type KeyFrame, MOST_KEY_FRAMES } from '../track.ts'
import type { PesBeginning } from './payload-probe.ts'

/** Collects the positions of a stream's key frames. */
export class KeyFrameIndex {
  startsWithKeyFrame = false
  private readonly closed: KeyFrame[] = []
  private pictures = 0
  /** The last picture, if it is a key frame. */
  private open: { readonly pts: number; readonly offset: number } | undefined
  /** A key frame whose last bytes are in the PES packet where the picture after it begins. */
  private trailing: { readonly pts: number; readonly offset: number } | undefined
  private end = 0

  /**
   * Notes that a picture begins in this PES packet. `trails`: the packet begins with the rest of the picture before.
   */
  picture({ pts, offset }: PesBeginning, isKey: boolean, trails = false): void {
    if (trails) this.trailing = this.open
    else this.close(this.open, offset)
    if (isKey && this.pictures === 0) this.startsWithKeyFrame = true
    // A picture without a time cannot be requested.
    this.open = isKey && pts >= 0 ? { pts, offset } : undefined
    this.pictures++
  }

  /** Notes that a PES packet, which may continue the last picture, ends before `offset`. */
  packetEnds(offset: number): void {
    this.end = offset
    this.close(this.trailing, offset)
    this.trailing = undefined
  }

  /** The key frames; ask once all packets have been seen. */
  get keyFrames(): readonly KeyFrame[] {
    this.close(this.open, this.end)
    this.open = undefined
    return this.closed
  }

  private close(keyFrame: KeyFrameIndex['open'], end: number): void {
    if (keyFrame === undefined || this.closed.length === MOST_KEY_FRAMES) return
    this.closed.push({ ...keyFrame, size: end - keyFrame.offset })
  }
}
