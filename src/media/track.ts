/**
 * How the segments of a stream are built: MPEG-TS, frames of one audio track behind an ID3 tag (RFC 8216 §3.4), text.
 */
export type Container = 'mpeg-ts' | 'packed-audio' | 'webvtt'

/** A track as the probe of one source segment found it. */
export type TrackDescription = VideoDescription | AudioDescription | TextDescription | CarriedDescription

export type VideoDescription = {
  readonly kind: 'video'
  /** MPEG-TS packet identifier. */
  readonly pid: number
  /** RFC 6381, for example `avc1.64001f` or `hvc1.2.4.L120.90`. */
  readonly codec: string
  /** The decoder configuration record, in hexadecimal: `avcC` or `hvcC` without its box header. */
  readonly configuration: string
  readonly width: number
  readonly height: number
  /** Pictures per second as a fraction; absent when the stream does not say. */
  readonly frameRate?: { readonly numerator: number; readonly denominator: number }
  /** Width to height of a sample; absent when samples are square, or the stream does not say. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number }
  readonly colour?: Colour
  /** Mastering display colour volume, SMPTE ST 2086, in hexadecimal: the payload of an `mdcv` box. */
  readonly masteringDisplay?: string
  /** Content light level, in candelas per square metre. */
  readonly contentLight?: { readonly maxContent: number; readonly maxPictureAverage: number }
}

/** Code points of ISO/IEC 23091-2. */
export type Colour = {
  readonly primaries: number
  readonly transfer: number
  readonly matrix: number
  readonly fullRange: boolean
}

export type AudioDescription = {
  readonly kind: 'audio'
  /** MPEG-TS packet identifier; 0 in packed audio. */
  readonly pid: number
  /** RFC 6381: `mp4a.40.2`, `mp4a.40.5`, `ac-3`, `ec-3`. */
  readonly codec: string
  /** What the decoder must know, in hexadecimal: AudioSpecificConfig, or the payload of `dac3` or `dec3`. */
  readonly configuration: string
  /** Hz, as the frames say: that of the core where SBR doubles it. */
  readonly sampleRate: number
  readonly channels: number
  /** Of audio samples at `sampleRate` in a frame: 1024 in AAC, 1536 in AC-3 and, mostly, in E-AC-3. */
  readonly samplesPerFrame: number
  /** ISO 639-2 code from the PMT's language descriptor. */
  readonly language?: string
  /** Joint object coding (Dolby Atmos) in E-AC-3: the complexity index, ETSI TS 103 420 §8.3. */
  readonly jointObjectCoding?: number
}

export type TextDescription = {
  readonly kind: 'text'
  readonly pid: 0
  readonly codec: 'wvtt'
}

/** Carried and not decoded. */
export type CarriedDescription = {
  /** Timed ID3; DVB subtitles; else data, private streams, codecs still to come, no parameters in this segment. */
  readonly kind: 'id3' | 'dvb-subtitles' | 'other'
  readonly pid: number
  readonly streamType: number
  readonly language?: string
}

/**
 * When a track's samples are shown, of one segment. On the probe raw 33-bit PTS, `last` unwrapped relative to `first`.
 */
export type TrackTimes = {
  /** PTS of the sample shown first; 90 kHz ticks. */
  readonly first: number
  /** PTS of the sample shown last. */
  readonly last: number
  /** Bytes of payload. */
  readonly bytes: number
  /** Of video: how many pictures have a time of their own; fewer than there are where a packet holds several. */
  readonly pictures?: number
}

/**
 * A picture from which decoding can start, and the transport stream packets that hold it, others in between included.
 */
export type KeyFrame = {
  /** PTS; on the probe raw, 33 bits. */
  readonly pts: number
  /** Bytes from the segment's beginning to the first packet. */
  readonly offset: number
  readonly size: number
}

export type SegmentProbe = MediaProbe | TextProbe

/** What a probe read from a segment of audio and video. Times are raw 33-bit 90 kHz PTS; the timeline unwraps them. */
export type MediaProbe = {
  readonly container: 'mpeg-ts' | 'packed-audio'
  readonly tracks: readonly TrackDescription[]
  /** Of each track, by its position; null where the segment has no sample with a time. */
  readonly times: readonly (TrackTimes | null)[]
  /** Smallest PTS of the video track, or of the first audio track when there is no video. */
  readonly firstPts: number
  /** Largest PTS of the same track; unwrapped relative to `firstPts`, so it may exceed 2³³. */
  readonly lastPts: number
  /** Of the first video track, in their order, at most `MOST_KEY_FRAMES`. */
  readonly keyFrames: readonly KeyFrame[]
  /** True when the first picture is a key frame (or the segment has audio only). */
  readonly startsWithKeyFrame: boolean
  /** Packets that were damaged, and places where packets are missing; absent when there are none. */
  readonly continuityErrors?: number
}

/** Of WebVTT, whose place in time is told by its playlist. */
export type TextProbe = {
  readonly container: 'webvtt'
  readonly tracks: readonly [TextDescription]
}

/** One every 100 ms for ten seconds; all-intra streams have more, and need no index of them. */
export const MOST_KEY_FRAMES = 100
