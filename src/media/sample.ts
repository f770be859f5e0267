import type { AvcConfiguration } from './codecs/avc-configuration.ts'

/** The samples of a track in decoding order, field by field: the n-th entry of each array belongs to sample n. */
export type SampleTable = {
  readonly count: number
  /** Bytes of each sample; they lie one behind the other in the track's media. */
  readonly sizes: Uint32Array
  /** Decoding times in units of the track's timescale; they never go back. */
  readonly dts: Float64Array
  /** Composition time minus decoding time. */
  readonly compositionOffsets: Int32Array
  readonly durations: Uint32Array
  /** 1 where decoding can start, else 0. */
  readonly sync: Uint8Array
}

/** Parameter sets, and the first sample that needs them. */
export type AvcConfigurationAt = AvcConfiguration & { readonly firstSample: number }

/** H.264: a sample is an access unit of length-prefixed NAL units without parameter sets, delimiters and filler. */
export type VideoTrack = {
  readonly kind: 'video'
  readonly pid: number
  /** Units per second of all times. */
  readonly timescale: number
  readonly samples: SampleTable
  readonly media: Uint8Array
  /** Oldest first; more than one when parameter sets change on the way, none when the segment has none. */
  readonly configurations: readonly AvcConfigurationAt[]
}

/** AAC: a sample is a raw_data_block of 1024 audio samples. The timescale is the sample rate. */
export type AudioTrack = {
  readonly kind: 'audio'
  readonly pid: number
  readonly timescale: number
  readonly samples: SampleTable
  readonly media: Uint8Array
  /** AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1. */
  readonly configuration: Uint8Array
  readonly channels: number
  readonly language?: string
}

export type Track = VideoTrack | AudioTrack
