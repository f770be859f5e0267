import { quoted, type WrittenAttribute, writeAttributeList, yesOrNo } from './attribute-list.ts'
import { keyLine, type WrittenKey } from './keys.ts'

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
  /** VIDEO-RANGE, RFC 8216bis §4.4.6.2 */
  readonly videoRange?: VideoRange
}

export const VIDEO_RANGES = ['SDR', 'HLG', 'PQ'] as const

export type VideoRange = (typeof VIDEO_RANGES)[number]

/** An I-frame stream, RFC 8216 §4.3.4.3 (EXT-X-I-FRAME-STREAM-INF). */
export type IFrameStream = Pick<VariantStream, 'uri' | 'bandwidth' | 'codecs' | 'resolution' | 'videoRange'>

/**
 * An image stream, Image Media Playlist 0.4 (EXT-X-IMAGE-STREAM-INF, which is no part of RFC 8216): JPEG images of the
 * video, one behind the other.
 */
export type ImageStream = Pick<VariantStream, 'uri' | 'bandwidth' | 'averageBandwidth' | 'codecs' | 'resolution'>

export const RENDITION_TYPES = ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'] as const

export type RenditionType = (typeof RENDITION_TYPES)[number]

/** A rendition, RFC 8216 §4.3.4.1 (EXT-X-MEDIA). */
export type Rendition = {
  /** TYPE */
  readonly type: RenditionType
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
  /** EXT-X-START, RFC 8216 §4.3.5.2, with PRECISE: where playback begins, in seconds from the beginning; not read. */
  readonly startOffset?: number
  /** EXT-X-SESSION-KEY, RFC 8216 §4.3.4.5; not read. */
  readonly sessionKeys?: readonly WrittenKey[]
  readonly variants: readonly VariantStream[]
  readonly renditions: readonly Rendition[]
  /** I-frame streams; written, but not read. */
  readonly iFrameStreams?: readonly IFrameStream[]
  readonly imageStreams?: readonly ImageStream[]
}

/** Writes a multivariant playlist. Renditions come first, so that a group is known before a variant names it. */
export function writeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  let text = `#EXTM3U\n#EXT-X-VERSION:${playlist.version}\n`
  if (playlist.independentSegments) text += '#EXT-X-INDEPENDENT-SEGMENTS\n'
  const { startOffset } = playlist
  if (startOffset !== undefined) text += `#EXT-X-START:TIME-OFFSET=${startOffset.toFixed(5)},PRECISE=YES\n`
  for (const key of playlist.sessionKeys ?? []) text += `${keyLine('EXT-X-SESSION-KEY', key)}\n`
  for (const rendition of playlist.renditions) text += `#EXT-X-MEDIA:${mediaAttributes(rendition)}\n`
  for (const variant of playlist.variants) {
    text += `#EXT-X-STREAM-INF:${streamInfAttributes(variant)}\n${variant.uri}\n`
  }
  for (const stream of playlist.iFrameStreams ?? []) {
    text += `#EXT-X-I-FRAME-STREAM-INF:${trickPlayAttributes(stream)}\n`
  }
  for (const stream of playlist.imageStreams ?? []) {
    text += `#EXT-X-IMAGE-STREAM-INF:${trickPlayAttributes(stream)}\n`
  }
  return text
}

function trickPlayAttributes(stream: IFrameStream & Pick<ImageStream, 'averageBandwidth'>): string {
  return writeAttributeList([
    ['BANDWIDTH', stream.bandwidth],
    ['AVERAGE-BANDWIDTH', stream.averageBandwidth],
    ...pictureAttributes(stream),
    ['URI', quoted(stream.uri)],
  ])
}

function pictureAttributes({ resolution, codecs, videoRange }: IFrameStream): WrittenAttribute[] {
  return [
    ['RESOLUTION', resolution && `${resolution.width}x${resolution.height}`],
    ['CODECS', quoted(codecs)],
    ['VIDEO-RANGE', videoRange],
  ]
}

function streamInfAttributes(variant: VariantStream): string {
  const { resolution, closedCaptions } = variant
  return writeAttributeList([
    ['BANDWIDTH', variant.bandwidth],
    ['AVERAGE-BANDWIDTH', variant.averageBandwidth],
    ['RESOLUTION', resolution && `${resolution.width}x${resolution.height}`],
    ['FRAME-RATE', variant.frameRate?.toFixed(3)],
    ['CODECS', quoted(variant.codecs)],
    ['VIDEO-RANGE', variant.videoRange],
    ['AUDIO', quoted(variant.audio)],
    ['SUBTITLES', quoted(variant.subtitles)],
    ['CLOSED-CAPTIONS', closedCaptions === 'NONE' ? closedCaptions : quoted(closedCaptions)],
  ])
}

function mediaAttributes(rendition: Rendition): string {
  return writeAttributeList([
    ['TYPE', rendition.type],
    ['GROUP-ID', quoted(rendition.groupId)],
    ['NAME', quoted(rendition.name)],
    ['LANGUAGE', quoted(rendition.language)],
    ['DEFAULT', yesOrNo(rendition.isDefault)],
    ['AUTOSELECT', yesOrNo(rendition.autoselect)],
    ['FORCED', rendition.type === 'SUBTITLES' ? yesOrNo(rendition.forced) : undefined],
    ['INSTREAM-ID', quoted(rendition.instreamId)],
    ['CHANNELS', quoted(rendition.channels)],
    ['CHARACTERISTICS', quoted(rendition.characteristics)],
    ['URI', quoted(rendition.uri)],
  ])
}
