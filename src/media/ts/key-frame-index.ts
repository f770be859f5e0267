import { type KeyFrame, MOST_KEY_FRAMES } from '../track.ts'
import type { PesBeginning } from './payload-probe.ts'

/** Where the key frames of a stream lie. */
export class KeyFrameIndex {
  readonly keyFrames: KeyFrame[] = []
  startsWithKeyFrame = false
  private pictures = 0
  /** The key frame whose end is not known yet. */
  private open: { readonly pts: number; readonly offset: number } | undefined

  /** A picture begins with this PES packet. */
  picture({ pts, offset }: PesBeginning, isKey: boolean): void {
    this.end(offset)
    if (isKey && this.pictures === 0) this.startsWithKeyFrame = true
    // Without a time it cannot be asked for.
    if (isKey && pts >= 0) this.open = { pts, offset }
    this.pictures++
  }

  /** What has begun ends before `offset`. */
  end(offset: number): void {
    if (this.open === undefined) return
    if (this.keyFrames.length < MOST_KEY_FRAMES) {
      this.keyFrames.push({ ...this.open, size: offset - this.open.offset })
    }
    this.open = undefined
  }
}
