/** A track as the probe of one source segment found it. */
export type TrackDescription =
  | {
      readonly kind: 'video'
      /** MPEG-TS packet identifier. */
      readonly pid: number
      /** RFC 6381, for example `avc1.64001f`. */
      readonly codec: string
      readonly width: number
      readonly height: number
      /** Pictures per second as a fraction; absent when the stream does not say. */
      readonly frameRate?: { readonly numerator: number; readonly denominator: number }
    }
  | {
      readonly kind: 'audio'
      readonly pid: number
      readonly codec: string
      readonly sampleRate: number
      readonly channels: number
      /** ISO 639-2 code from the PMT's language descriptor. */
      readonly language?: string
    }
  | {
      /** Carried, not understood: data, private streams, codecs still to come, or no parameters in this segment. */
      readonly kind: 'other'
      readonly pid: number
      readonly streamType: number
    }

/** What a probe read from one source segment. Times are raw 33-bit 90 kHz PTS; the timeline unwraps them. */
export type SegmentProbe = {
  readonly tracks: readonly TrackDescription[]
  /** Smallest PTS of the video track, or of the first audio track when there is no video. */
  readonly firstPts: number
  /** Largest PTS of the same track; unwrapped relative to `firstPts`, so it may exceed 2³³. */
  readonly lastPts: number
  /** Pictures from which decoding can start; 0 for audio. */
  readonly keyFrames: number
  /** True when the first picture is a key frame (or the segment has audio only). */
  readonly startsWithKeyFrame: boolean
  /** Packets that were damaged, and places where packets are missing; absent when there are none. */
  readonly continuityErrors?: number
}
