import type { KeyFrame, TrackDescription } from '../track.ts'

/** How a PES packet begins. */
export type PesBeginning = {
  readonly streamId: number
  /** 33 bits; -1 when absent. */
  readonly pts: number
  /** random_access_indicator of its first transport stream packet. */
  readonly randomAccess: boolean
  /** Where that packet begins, in bytes from the segment's beginning. */
  readonly offset: number
}

/**
 * What is to be found out about the payload of one elementary stream. There is one implementation per kind of stream.
 */
export type PayloadProbe = {
  /** A PES packet begins. */
  begin(pes: PesBeginning): void
  /**
   * Looks at the first bytes of its payload, from `from` to `end`; is called again when there are more of them, and
   * when the PES packet has turned out to be over: `isLast`. Three bytes behind `end` may be written to.
   * @returns whether more of this PES packet should be gathered
   */
  look?(bytes: Buffer, from: number, end: number, isLast: boolean): boolean
  /** Instead of `look`: takes all of the payload, piece by piece. */
  flow?(bytes: Uint8Array, from: number, end: number): void
  /**
   * The PES packet is over: the next of its stream begins at `offset`, or the last packet of the stream ends there.
   * @returns how much later than its PTS the sample shown last is shown, in 90 kHz ticks
   */
  end(offset: number): number
  /** The segment is over, after `end`. */
  finish?(): void
  /** When samples are shown, where that is not a matter of PES packets; null when none has a time. */
  readonly times?: { readonly first: number; readonly last: number } | null
  /** Which stream gives the segment its times: the lowest does. */
  readonly rank: number
  readonly keyFrames: readonly KeyFrame[]
  /** True also where every sample is one. */
  readonly startsWithKeyFrame: boolean
  describe(): TrackDescription
}

/** Ranks, from what should give the times to what must where there is nothing else. */
export const RANK = { video: 0, undescribedVideo: 1, audio: 2, undescribedAudio: 3, other: 4 } as const
