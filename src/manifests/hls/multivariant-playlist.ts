import { AttributeList, quoted, type WrittenAttribute, writeAttributeList, yesOrNo } from './attribute-list.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import { DEFAULT_PLAYLIST_LIMITS, decimalInteger, type PlaylistLimits, playlistLines } from './playlist-lines.ts'

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

export type VideoRange = (typeof VIDEO_RANGES)[number]

/** An I-frame stream, RFC 8216 §4.3.4.3 (EXT-X-I-FRAME-STREAM-INF). */
export type IFrameStream = Pick<VariantStream, 'uri' | 'bandwidth' | 'codecs' | 'resolution' | 'videoRange'>

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
  /** I-frame streams; written, but not read. */
  readonly iFrameStreams?: readonly IFrameStream[]
}

/**
 * Reads a source's multivariant playlist. Unknown tags and trick-play streams are ignored; session keys are refused.
 * Throws MalformedPlaylist.
 */
export function parseMultivariantPlaylist(
  text: string,
  limits: PlaylistLimits = DEFAULT_PLAYLIST_LIMITS,
): MultivariantPlaylist {
  let version = 1
  let independentSegments = false
  const variants: VariantStream[] = []
  const renditions: Rendition[] = []
  let pending: { readonly line: number; readonly variant: Omit<VariantStream, 'uri'> } | undefined
  let lastLine = 1

  for (const { line, tag, value } of playlistLines(text, limits)) {
    lastLine = line
    if (tag === undefined) {
      if (!pending) throw new MalformedPlaylist(line, 'a URI has no EXT-X-STREAM-INF')
      if (variants.length === limits.variants) {
        throw new MalformedPlaylist(line, `there are more than ${limits.variants} variants`)
      }
      variants.push({ uri: value, ...pending.variant })
      pending = undefined
      continue
    }
    switch (tag) {
      case 'EXT-X-STREAM-INF':
        if (pending) throw new MalformedPlaylist(pending.line, 'an EXT-X-STREAM-INF has no URI')
        pending = { line, variant: parseStreamInf(new AttributeList(tag, value, line)) }
        break
      case 'EXT-X-MEDIA':
        if (renditions.length === limits.renditions) {
          throw new MalformedPlaylist(line, `there are more than ${limits.renditions} renditions`)
        }
        renditions.push(parseMedia(new AttributeList(tag, value, line), line))
        break
      case 'EXT-X-VERSION':
        version = decimalInteger(value, line, tag)
        break
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        independentSegments = true
        break
      case 'EXT-X-SESSION-KEY':
        throw new MalformedPlaylist(line, 'EXT-X-SESSION-KEY: encrypted sources are not accepted')
      case 'EXTINF':
      case 'EXT-X-TARGETDURATION':
        throw new MalformedPlaylist(line, `${tag} has no place in a multivariant playlist`)
    }
  }
  if (pending) throw new MalformedPlaylist(pending.line, 'an EXT-X-STREAM-INF has no URI')
  if (variants.length === 0) throw new MalformedPlaylist(lastLine, 'there is no EXT-X-STREAM-INF')
  return { version, independentSegments, variants, renditions }
}

function parseStreamInf(attributes: AttributeList): Omit<VariantStream, 'uri'> {
  return present({
    bandwidth: attributes.required('BANDWIDTH', attributes.integer('BANDWIDTH')),
    averageBandwidth: attributes.integer('AVERAGE-BANDWIDTH'),
    codecs: attributes.quotedString('CODECS'),
    resolution: attributes.resolution('RESOLUTION'),
    frameRate: attributes.float('FRAME-RATE'),
    audio: attributes.quotedString('AUDIO'),
    subtitles: attributes.quotedString('SUBTITLES'),
    closedCaptions: attributes.either('CLOSED-CAPTIONS'),
    videoRange: VIDEO_RANGES.find((range) => range === attributes.enumerated('VIDEO-RANGE')),
  })
}

const VIDEO_RANGES = ['SDR', 'HLG', 'PQ'] as const

const RENDITION_TYPES: readonly string[] = ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS']

function isRenditionType(text: string): text is Rendition['type'] {
  return RENDITION_TYPES.includes(text)
}

function parseMedia(attributes: AttributeList, line: number): Rendition {
  const type = attributes.required('TYPE', attributes.enumerated('TYPE'))
  if (!isRenditionType(type)) throw new MalformedPlaylist(line, 'EXT-X-MEDIA TYPE is unknown')
  return present({
    type,
    groupId: attributes.required('GROUP-ID', attributes.quotedString('GROUP-ID')),
    name: attributes.required('NAME', attributes.quotedString('NAME')),
    language: attributes.quotedString('LANGUAGE'),
    isDefault: attributes.yes('DEFAULT'),
    autoselect: attributes.yes('AUTOSELECT'),
    forced: attributes.yes('FORCED'),
    instreamId: attributes.quotedString('INSTREAM-ID'),
    channels: attributes.quotedString('CHANNELS'),
    characteristics: attributes.quotedString('CHARACTERISTICS'),
    uri: attributes.quotedString('URI'),
  })
}

/** Copies an object without its undefined members. */
function present<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}

/** Writes a multivariant playlist. Renditions come first, so that a group is known before a variant names it. */
export function writeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  let text = `#EXTM3U\n#EXT-X-VERSION:${playlist.version}\n`
  if (playlist.independentSegments) text += '#EXT-X-INDEPENDENT-SEGMENTS\n'
  for (const rendition of playlist.renditions) text += `#EXT-X-MEDIA:${mediaAttributes(rendition)}\n`
  for (const variant of playlist.variants) {
    text += `#EXT-X-STREAM-INF:${streamInfAttributes(variant)}\n${variant.uri}\n`
  }
  for (const stream of playlist.iFrameStreams ?? []) {
    const attributes = [
      ['BANDWIDTH', stream.bandwidth],
      ...pictureAttributes(stream),
      ['URI', quoted(stream.uri)],
    ] as const
    text += `#EXT-X-I-FRAME-STREAM-INF:${writeAttributeList(attributes)}\n`
  }
  return text
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
