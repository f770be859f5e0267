/** What the parent playlist says of a source stream. */
export type StreamRole =
  | {
      readonly kind: 'variant'
      /** EXT-X-STREAM-INF BANDWIDTH, in bits per second. */
      readonly bandwidth: number
      readonly averageBandwidth?: number
      readonly codecs?: string
      readonly resolution?: { readonly width: number; readonly height: number }
      readonly frameRate?: number
      readonly audioGroup?: string
      /** The renditions of that group without a URI, which the variant's own segments contain. */
      readonly muxedAudio?: readonly MuxedAudio[]
      readonly subtitlesGroup?: string
      /** CLOSED-CAPTIONS: the name of a group, or NONE. */
      readonly closedCaptions?: string
      /** The renditions of that group. */
      readonly captions?: readonly ClosedCaptions[]
    }
  | {
      /** EXT-X-IMAGE-STREAM-INF: a picture of the video now and then, each a file. */
      readonly kind: 'images'
      /** BANDWIDTH, in bits per second; 0 until the first image tells it, where the encoder does not. */
      readonly bandwidth: number
      readonly averageBandwidth?: number
      readonly resolution?: { readonly width: number; readonly height: number }
    }
  | RenditionRole

/** A rendition with a playlist of its own, declared by an EXT-X-MEDIA. */
export type RenditionRole = {
  readonly kind: 'audio' | 'subtitles'
  readonly groupId: string
  readonly name: string
  readonly language?: string
  readonly isDefault: boolean
  readonly autoselect: boolean
  readonly channels?: string
  readonly characteristics?: string
  readonly forced?: boolean
}

/** An audio rendition inside the variant's segments, declared by an EXT-X-MEDIA without a URI, RFC 8216 §4.3.4.1. */
export type MuxedAudio = {
  readonly name: string
  readonly language?: string
  readonly isDefault: boolean
  readonly autoselect: boolean
  readonly channels?: string
  readonly characteristics?: string
}

/** Captions inside the video, as announced by the encoder's EXT-X-MEDIA. */
export type ClosedCaptions = {
  readonly name: string
  readonly language?: string
  readonly isDefault: boolean
  readonly autoselect: boolean
  /** INSTREAM-ID: CC1 to CC4 of CEA-608, SERVICE1 to SERVICE63 of CEA-708. */
  readonly instreamId: string
  readonly characteristics?: string
}
