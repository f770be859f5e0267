import type { Ticks } from '../time.ts'
import type { ElementaryStream } from './psi.ts'

/** Options for taking a segment apart. */
export type DemuxOptions = {
  /** Selects streams of the program; by default all that are understood. */
  readonly keep?: (stream: ElementaryStream) => boolean
  /** A time near the segment, which decides how the 33-bit clock is unwrapped; by default the segment's first DTS. */
  readonly near?: Ticks
  /**
   * The parameter sets in the header of each track, by PID. They are left out of the samples; any others stay in
   * front of the picture that needs them. By default, those in front of the first picture count as the header's.
   */
  readonly configurations?: ReadonlyMap<number, readonly Uint8Array[]>
  /**
   * PIDs of AAC, AC-3 and E-AC-3 streams whose decoder configuration is known: their frames need not carry it. AAC may
   * state its channels once, in a program_config_element that holds until the next (ISO/IEC 13818-7 §8.5).
   */
  readonly describedAudio?: ReadonlySet<number>
  /**
   * Leaves out the pictures in front of the first key frame without counting them: a stream cannot begin with them.
   */
  readonly fromKeyFrame?: boolean
}
