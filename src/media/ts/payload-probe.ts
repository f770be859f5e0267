import type { KeyFrame, TrackDescription } from '../track.ts'

/** The beginning of a PES packet. */
export type PesBeginning = {
  readonly streamId: number
  /** 33-bit PTS; -1 when absent. */
  readonly pts: number
  /** random_access_indicator of the packet's first transport stream packet. */
  readonly randomAccess: boolean
  /** Offset of that transport stream packet in the segment, in bytes. */
  readonly offset: number
}

/** Examines the payload of one elementary stream. There is one implementation for each kind of stream. */
export type PayloadProbe = {
  /** Begins a PES packet. */
  begin(pes: PesBeginning): void
  /**
   * Looks at the first bytes of its payload, from `from` to `end`. It is called again when more bytes arrive, and
   * with `isLast` when the PES packet has ended. It may overwrite three bytes after `end`.
   * @returns true when more of this PES packet should be collected
   */
  look?(bytes: Buffer, from: number, end: number, isLast: boolean): boolean
  /** Takes the whole payload piece by piece; implemented instead of `look`. */
  flow?(bytes: Uint8Array, from: number, end: number): void
  /**
   * Ends the PES packet: at `offset`, the next packet of its stream begins, or the last one ends.
   * @returns how much later than its PTS the last sample is shown, in 90 kHz ticks
   */
  end(offset: number): number
  /** Ends the segment, after `end`. */
  finish?(): void
  /** Presentation times, where they do not follow from PES packets; null when no sample has a time. */
  readonly times?: { readonly first: number; readonly last: number } | null
  /** True when no picture begins in any PES packet, so that their times show nothing. */
  readonly isEmpty?: boolean
  /** The stream with the lowest rank gives the segment its times. */
  readonly rank: number
  readonly keyFrames: readonly KeyFrame[]
  /** What captions its pictures carry, by their names in INSTREAM-ID. */
  readonly captions?: ReadonlySet<string>
  /** True also when every sample is a key frame. */
  readonly startsWithKeyFrame: boolean
  describe(): TrackDescription
}

/** Ranks, from the preferred source of the segment's times to the last resort. */
export const RANK = { video: 0, undescribedVideo: 1, audio: 2, undescribedAudio: 3, other: 4 } as const
