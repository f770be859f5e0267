import type { AudioParameters } from '../codecs/audio-parameters.ts'
import type { FrameHeader } from './frame-walker.ts'

/** Receives samples in the order of their frames. */
export type SampleSink = {
  /** Takes the sample between two positions of the stream; `pts` is undefined when it follows the sample before. */
  sample(pts: number | undefined, from: number, end: number): void
  /** Notes that frames were left out, with their duration in audio samples. */
  skip(duration: number): void
}

/** Makes samples from frames. There is one implementation for each frame syntax. */
export type SampleMaker<Header extends FrameHeader> = {
  /** Hz, from the first frame; 0 until then. */
  readonly sampleRate: number
  readonly samplesPerFrame: number
  /**
   * Takes the frame at `at`, which is `position` in the stream; `pts` is undefined when the frame has none of its
   * own.
   */
  frame(header: Header, bytes: Uint8Array, at: number, position: number, pts: number | undefined): void
  /** Ends the stream. */
  end(): void
  /** Describes the track; undefined when no sample has been made. */
  describe(): AudioParameters | undefined
}
