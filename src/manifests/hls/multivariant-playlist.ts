/** A Variant Stream, RFC 8216 §4.3.4.2. Each field names the attribute it becomes. */
export type VariantStream = {
  readonly uri: string
  /** BANDWIDTH, bits per second */
  readonly bandwidth: number
  /** AVERAGE-BANDWIDTH, bits per second */
  readonly averageBandwidth?: number
  /** CODECS */
  readonly codecs?: string
  /** RESOLUTION */
  readonly resolution?: { readonly width: number; readonly height: number }
  /** FRAME-RATE */
  readonly frameRate?: number
  /** AUDIO */
  readonly audio?: string
  /** SUBTITLES */
  readonly subtitles?: string
  /** CLOSED-CAPTIONS: a group, or NONE */
  readonly closedCaptions?: string
}

/** A rendition, RFC 8216 §4.3.4.1 (EXT-X-MEDIA). */
export type Rendition = {
  /** TYPE */
  readonly type: 'AUDIO' | 'VIDEO' | 'SUBTITLES' | 'CLOSED-CAPTIONS'
  /** GROUP-ID */
  readonly groupId: string
  /** NAME */
  readonly name: string
  /** LANGUAGE */
  readonly language?: string
  /** DEFAULT */
  readonly isDefault: boolean
  /** AUTOSELECT */
  readonly autoselect: boolean
  /** FORCED */
  readonly forced: boolean
  /** INSTREAM-ID */
  readonly instreamId?: string
  /** CHANNELS */
  readonly channels?: string
  /** CHARACTERISTICS */
  readonly characteristics?: string
  readonly uri?: string
}

/** A Multivariant (Master) Playlist, RFC 8216 §4.3.4. */
export type MultivariantPlaylist = {
  /** EXT-X-VERSION */
  readonly version: number
  /** EXT-X-INDEPENDENT-SEGMENTS */
  readonly independentSegments: boolean
  readonly variants: readonly VariantStream[]
  readonly renditions: readonly Rendition[]
}
