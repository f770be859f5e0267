import type { Ticks } from '../time.ts'
import type { ElementaryStream } from './psi.ts'

/** What is wanted of a segment that is taken apart. */
export type DemuxOptions = {
  /** Which streams of the program are wanted; by default all that are understood. */
  readonly keep?: (stream: ElementaryStream) => boolean
  /** A time near which the segment lies: decides the turns of the 33-bit clock. By default that of its first DTS. */
  readonly near?: Ticks
  /**
   * By PID, the parameter sets in the header that the samples will stand behind: those are left out of the samples, any
   * others stay in front of the picture that needs them. By default those in front of the first picture count as the
   * header's.
   */
  readonly configurations?: ReadonlyMap<number, readonly Uint8Array[]>
  /** Leaves out, uncounted, the pictures in front of the first key frame: a stream cannot begin with them. */
  readonly fromKeyFrame?: boolean
}
