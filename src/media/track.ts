import type { SpliceMessage, SpliceProblem } from './splice-signal.ts'

/**
 * The container of a stream's segments: MPEG-TS, packed audio (RFC 8216 §3.4: frames of one track after an ID3 tag),
 * WebVTT text, or JPEG, one image each.
 */
export type Container = 'mpeg-ts' | 'packed-audio' | 'webvtt' | 'jpeg'

/** A track as the probe of one source segment found it. */
export type TrackDescription =
  | VideoDescription
  | AudioDescription
  | TextDescription
  | ImageDescription
  | CarriedDescription

export type VideoDescription = {
  readonly kind: 'video'
  /** MPEG-TS packet identifier. */
  readonly pid: number
  /** Codec of RFC 6381, for example `avc1.64001f` or `hvc1.2.4.L120.90`. */
  readonly codec: string
  /** The decoder configuration record in hexadecimal: `avcC` or `hvcC` without its box header. */
  readonly configuration: string
  readonly width: number
  readonly height: number
  /** Pictures per second as a fraction; absent when the stream does not state it. */
  readonly frameRate?: { readonly numerator: number; readonly denominator: number }
  /** Width to height of a sample; absent when samples are square, or the stream does not state it. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number }
  readonly colour?: Colour
  /** Mastering display colour volume, SMPTE ST 2086, in hexadecimal: the payload of an `mdcv` box. */
  readonly masteringDisplay?: string
  /** Content light level in candelas per square metre. */
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
  /** Codec of RFC 6381: `mp4a.40.2`, `mp4a.40.5`, `ac-3`, `ec-3`. */
  readonly codec: string
  /** Decoder configuration in hexadecimal: AudioSpecificConfig, or the payload of `dac3` or `dec3`. */
  readonly configuration: string
  /** Hz, as the frames state it; where SBR doubles the rate, that of the core. */
  readonly sampleRate: number
  readonly channels: number
  /** Audio samples at `sampleRate` in a frame: 1024 in AAC, 1536 in AC-3 and usually in E-AC-3. */
  readonly samplesPerFrame: number
  /** ISO 639-2 code from the PMT's language descriptor. */
  readonly language?: string
  /** Complexity index of joint object coding (Dolby Atmos) in E-AC-3, ETSI TS 103 420 §8.3. */
  readonly jointObjectCoding?: number
}

export type TextDescription = {
  readonly kind: 'text'
  readonly pid: 0
  readonly codec: 'wvtt'
}

/** The images of trick play: JPEG files. */
export type ImageDescription = {
  readonly kind: 'image'
  readonly pid: 0
  readonly codec: 'jpeg'
  readonly width: number
  readonly height: number
}

/** A track that is carried without being decoded. */
export type CarriedDescription = {
  /**
   * Timed ID3 or DVB subtitles; `other` is data, private streams, unsupported codecs, and codecs without parameters
   * in this segment.
   */
  readonly kind: 'id3' | 'dvb-subtitles' | 'other'
  readonly pid: number
  readonly streamType: number
  readonly language?: string
}

/**
 * Presentation times of a track's samples in one segment. A probe gives raw 33-bit PTS, with `last` unwrapped
 * relative to `first`.
 */
export type TrackTimes = {
  /** PTS of the first sample in presentation order, in 90 kHz ticks. */
  readonly first: number
  /** PTS of the last sample in presentation order, in 90 kHz ticks. */
  readonly last: number
  /** Bytes of payload. */
  readonly bytes: number
  /** Video: number of pictures with a time of their own, which is less than all where a PES packet holds several. */
  readonly pictures?: number
}

/**
 * A picture at which decoding can start, and the range of transport stream packets that hold it, including packets of
 * other streams in between.
 */
export type KeyFrame = {
  /** PTS in 90 kHz ticks; raw 33 bits from a probe. */
  readonly pts: number
  /** Bytes from the segment's beginning to the first packet. */
  readonly offset: number
  readonly size: number
}

export type SegmentProbe = MediaProbe | TextProbe | ImageProbe

/**
 * The facts a probe read from a segment of audio and video. Times are raw 33-bit PTS in 90 kHz ticks; the timeline
 * unwraps them.
 */
export type MediaProbe = {
  readonly container: 'mpeg-ts' | 'packed-audio'
  readonly tracks: readonly TrackDescription[]
  /** Times of each track, in the order of `tracks`; null when the track has no sample with a time. */
  readonly times: readonly (TrackTimes | null)[]
  /** Smallest PTS of the video track, or of the first audio track when there is no video. */
  readonly firstPts: number
  /** Largest PTS of that track, unwrapped relative to `firstPts`, so it may exceed 2³³. */
  readonly lastPts: number
  /** Key frames of the first video track in order, at most `MOST_KEY_FRAMES`. */
  readonly keyFrames: readonly KeyFrame[]
  /**
   * Time from the decoding of the first picture of that track to the presentation of its earliest, in 90 kHz ticks;
   * absent when it is 0, or there is no video.
   */
  readonly decodeDelay?: number
  /** True when the first picture is a key frame, or the segment has audio only. */
  readonly startsWithKeyFrame: boolean
  /**
   * Captions in the pictures, by their names in INSTREAM-ID: CC1 to CC4, SERVICE1 to SERVICE6; absent where none were
   * met.
   */
  readonly captions?: readonly string[]
  /** Number of damaged packets and of places where packets are missing; absent when there are none. */
  readonly continuityErrors?: number
  /** Messages of SCTE 35 that signal something, in the order in which they came; absent when there are none. */
  readonly messages?: readonly SpliceMessage[]
  /** Number of sections of SCTE 35 that are not in `messages`, by reason; absent when there are none. */
  readonly badMessages?: Readonly<Partial<Record<SpliceProblem, number>>>
}

/** The facts a probe read from a WebVTT segment, whose place in time the playlist states. */
export type TextProbe = {
  readonly container: 'webvtt'
  readonly tracks: readonly [TextDescription]
}

/** The facts a probe read from an image, whose place in time the playlist states. */
export type ImageProbe = {
  readonly container: 'jpeg'
  readonly tracks: readonly [ImageDescription]
}

/** True for audio and video, which have times of their own. */
export function isTimedProbe(probe: SegmentProbe): probe is MediaProbe {
  return probe.container !== 'webvtt' && probe.container !== 'jpeg'
}

/** One every 100 ms for ten seconds; all-intra streams have more, and need no index of them. */
export const MOST_KEY_FRAMES = 100
