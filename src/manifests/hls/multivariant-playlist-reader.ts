import { allSteps, StepMeter, type Steps } from '../../media/steps.ts'
import { AttributeList } from './attribute-list.ts'
import {
  type ImageStream,
  type MultivariantPlaylist,
  RENDITION_TYPES,
  type Rendition,
  type RenditionType,
  type VariantStream,
  VIDEO_RANGES,
} from './multivariant-playlist.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import { isPlaylistUri } from './playlist-kind.ts'
import {
  decimalInteger,
  lineCost,
  type PlaylistLine,
  type PlaylistReading,
  playlistLines,
  playlistReading,
} from './playlist-lines.ts'

/**
 * Reads a source's multivariant playlist. Unknown tags and I-frame streams are ignored, and what cannot be read and
 * is not needed is left out and noted. Throws MalformedPlaylist where it names no variant, names segments, or has
 * session keys.
 */
export function parseMultivariantPlaylist(
  text: string,
  reading: PlaylistReading = playlistReading(),
): MultivariantPlaylist {
  return allSteps(parseMultivariantPlaylistInSteps(text, reading))
}

/** As `parseMultivariantPlaylist`, in steps. */
export function parseMultivariantPlaylistInSteps(text: string, reading: PlaylistReading): Steps<MultivariantPlaylist> {
  return new MultivariantPlaylistReader(reading).read(text)
}

type Described = { readonly line: PlaylistLine; readonly variant: Omit<VariantStream, 'uri'> }
type Media = { readonly line: PlaylistLine; readonly attributes: AttributeList }

class MultivariantPlaylistReader {
  private readonly reading: PlaylistReading
  private version = 1
  private independentSegments = false
  private readonly variants: VariantStream[] = []
  /** Variants without EXT-X-STREAM-INF. */
  private readonly undescribed = new Map<VariantStream, PlaylistLine>()
  private readonly media: Media[] = []
  private readonly images: ImageStream[] = []
  private pending: Described | undefined

  constructor(reading: PlaylistReading) {
    this.reading = reading
  }

  *read(text: string): Steps<MultivariantPlaylist> {
    const meter = new StepMeter()
    let lastLine = 1
    for (const line of playlistLines(text, this.reading)) {
      if (meter.ends(lineCost(line))) yield
      if (!line) continue
      lastLine = line.line
      if (line.tag === undefined) this.variant(line)
      else this.tag(line.tag, line)
    }
    this.dropPending()
    const renditions = this.media.flatMap((each) => this.rendition(each) ?? [])
    const variants = this.variants.filter((variant) => this.isVariant(variant, renditions))
    if (variants.length === 0) throw new MalformedPlaylist(lastLine, 'there is no variant')
    return {
      version: this.version,
      independentSegments: this.independentSegments,
      variants,
      renditions,
      ...(this.images.length > 0 && { imageStreams: this.images }),
    }
  }

  private variant(line: PlaylistLine): void {
    const { variants: most } = this.reading.limits
    if (this.variants.length === most) throw new MalformedPlaylist(line.line, `there are more than ${most} variants`)
    const variant = { uri: line.value, ...(this.pending?.variant ?? { bandwidth: 0 }) }
    if (!this.pending) this.undescribed.set(variant, line)
    this.variants.push(variant)
    this.pending = undefined
  }

  /** Nobody but its EXT-X-STREAM-INF says that a line names a variant: other playlists and notes are left out. */
  private isVariant(variant: VariantStream, renditions: readonly Rendition[]): boolean {
    const line = this.undescribed.get(variant)
    if (!line) return true
    this.reading.habits.note('stream-inf-missing', line)
    return isPlaylistUri(variant.uri) && renditions.every(({ uri }) => uri !== variant.uri)
  }

  private tag(tag: string, line: PlaylistLine): void {
    const { limits, habits } = this.reading
    switch (tag) {
      case 'EXT-X-STREAM-INF':
        this.dropPending()
        this.pending = { line, variant: this.streamInf(line) }
        break
      case 'EXT-X-MEDIA':
        if (this.media.length === limits.renditions) {
          throw new MalformedPlaylist(line.line, `there are more than ${limits.renditions} renditions`)
        }
        this.media.push({ line, attributes: new AttributeList(line.value, line, habits) })
        break
      case 'EXT-X-IMAGE-STREAM-INF':
        this.imageStream(line)
        break
      case 'EXT-X-VERSION':
        this.version = decimalInteger(line.value) ?? this.version
        if (decimalInteger(line.value) === undefined) habits.note('tag-unreadable', line)
        break
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        this.independentSegments = true
        break
      case 'EXT-X-SESSION-KEY':
        throw new MalformedPlaylist(line.line, 'EXT-X-SESSION-KEY: encrypted sources are not accepted')
      case 'EXTINF':
        throw new MalformedPlaylist(line.line, `${tag} has no place in a multivariant playlist`)
      case 'EXT-X-TARGETDURATION':
      case 'EXT-X-MEDIA-SEQUENCE':
      case 'EXT-X-PLAYLIST-TYPE':
      case 'EXT-X-ENDLIST':
        habits.note('tag-misplaced', line)
    }
  }

  private imageStream(line: PlaylistLine): void {
    const { limits, habits } = this.reading
    if (this.images.length === limits.variants) {
      throw new MalformedPlaylist(line.line, `there are more than ${limits.variants} image streams`)
    }
    const attributes = new AttributeList(line.value, line, habits)
    const uri = attributes.quotedString('URI', Infinity)
    if (uri === undefined) {
      habits.note('tag-unreadable', line)
      return
    }
    const averageBandwidth = attributes.integer('AVERAGE-BANDWIDTH')
    this.images.push(
      present({
        uri,
        bandwidth: attributes.integer('BANDWIDTH') ?? averageBandwidth ?? 0,
        averageBandwidth,
        codecs: attributes.quotedString('CODECS'),
        resolution: attributes.resolution('RESOLUTION'),
      }),
    )
  }

  private dropPending(): void {
    if (this.pending) this.reading.habits.note('stream-inf-without-variant', this.pending.line)
    this.pending = undefined
  }

  private streamInf(line: PlaylistLine): Omit<VariantStream, 'uri'> {
    const attributes = new AttributeList(line.value, line, this.reading.habits)
    const averageBandwidth = attributes.integer('AVERAGE-BANDWIDTH')
    const bandwidth = attributes.integer('BANDWIDTH')
    if (bandwidth === undefined) this.reading.habits.note('bandwidth-missing', line)
    return present({
      bandwidth: bandwidth ?? averageBandwidth ?? 0,
      averageBandwidth,
      codecs: attributes.quotedString('CODECS'),
      resolution: attributes.resolution('RESOLUTION'),
      frameRate: attributes.float('FRAME-RATE'),
      audio: attributes.quotedString('AUDIO'),
      subtitles: attributes.quotedString('SUBTITLES'),
      closedCaptions: attributes.either('CLOSED-CAPTIONS'),
      videoRange: VIDEO_RANGES.find((range) => range === attributes.enumerated('VIDEO-RANGE')),
    })
  }

  /** Undefined where nobody can tell what it is. */
  private rendition({ line, attributes }: Media): Rendition | undefined {
    const type = this.typeOf(attributes)
    const groupId = attributes.quotedString('GROUP-ID') ?? this.onlyGroup(type)
    const language = attributes.quotedString('LANGUAGE')
    const name = attributes.quotedString('NAME') ?? language ?? groupId
    if (isIncomplete(attributes)) this.reading.habits.note('rendition-incomplete', line)
    if (type === undefined || groupId === undefined || name === undefined) return undefined
    return present({
      type,
      groupId,
      name,
      language,
      isDefault: attributes.yes('DEFAULT'),
      autoselect: attributes.yes('AUTOSELECT'),
      forced: attributes.yes('FORCED'),
      instreamId: attributes.quotedString('INSTREAM-ID'),
      channels: attributes.either('CHANNELS'),
      characteristics: attributes.quotedString('CHARACTERISTICS'),
      uri: attributes.quotedString('URI', Infinity),
    })
  }

  /** TYPE, else that of the group as variants name it. */
  private typeOf(attributes: AttributeList): RenditionType | undefined {
    const told = attributes.enumerated('TYPE')
    const type = RENDITION_TYPES.find((each) => each === told || `${told}S` === each)
    if (told !== undefined) return type
    const groupId = attributes.either('GROUP-ID')
    const groups = ['AUDIO', 'SUBTITLES', 'CLOSED-CAPTIONS'] as const
    return groups.find((each) => groupId !== undefined && this.groupsOf(each).has(groupId))
  }

  /** The group of a type, where variants name no other. */
  private onlyGroup(type: RenditionType | undefined): string | undefined {
    const groups = type === undefined ? [] : [...this.groupsOf(type)]
    return groups.length === 1 ? groups[0] : undefined
  }

  private groupsOf(type: RenditionType): Set<string> {
    const member = ({ audio, subtitles, closedCaptions }: VariantStream) =>
      ({ AUDIO: audio, SUBTITLES: subtitles, 'CLOSED-CAPTIONS': closedCaptions, VIDEO: undefined })[type]
    return new Set(this.variants.flatMap((variant) => member(variant) ?? []))
  }
}

function isIncomplete(attributes: AttributeList): boolean {
  const told = attributes.either('TYPE')
  return !RENDITION_TYPES.some((type) => type === told) || !attributes.either('GROUP-ID') || !attributes.either('NAME')
}

/** Copies an object without its undefined members. */
function present<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
