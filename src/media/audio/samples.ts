import type { AudioParameters } from '../codecs/audio-parameters.ts'
import type { FrameHeader } from './frame-walker.ts'

/** Where samples go, in the order of their frames. */
export type SampleSink = {
  /** A sample between two positions of the stream; `pts` is undefined when it follows the one before. */
  sample(pts: number | undefined, from: number, end: number): void
  /** Frames left out, and how long they would have been heard, in audio samples. */
  skip(duration: number): void
}

/** Makes samples of frames. There is one implementation per syntax of frames. */
export type SampleMaker<Header extends FrameHeader> = {
  /** Of the track: that of its first frame; 0 until then. */
  readonly sampleRate: number
  readonly samplesPerFrame: number
  /** Takes the frame at `at`, which is `position` in the stream; `pts` is undefined when none was given for it. */
  frame(header: Header, bytes: Uint8Array, at: number, position: number, pts: number | undefined): void
  /** The stream is over. */
  end(): void
  /** Undefined where no sample has been made. */
  describe(): AudioParameters | undefined
}
