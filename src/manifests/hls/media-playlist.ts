import { msFromTicks, type Ticks, ticksFromSeconds, type UtcMs } from '../../media/time.ts'
import { AttributeList, quoted, writeAttributeList } from './attribute-list.ts'
import { parseDateTime, writeDateTime } from './date-time.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import {
  DEFAULT_PLAYLIST_LIMITS,
  decimalFloat,
  decimalInteger,
  type PlaylistLimits,
  playlistLines,
} from './playlist-lines.ts'

/** A Media Segment of a playlist, RFC 8216 §4.3.2. Each field names the tag it becomes. */
export type MediaSegment = {
  readonly uri: string
  /** EXTINF */
  readonly duration: Ticks
  /** EXT-X-DISCONTINUITY */
  readonly discontinuity: boolean
  /** EXT-X-PROGRAM-DATE-TIME */
  readonly programDateTime?: UtcMs
  /** EXT-X-GAP, RFC 8216bis §4.4.4.7 */
  readonly gap: boolean
  /** URI of EXT-X-MAP; the tag is written where it changes. */
  readonly map?: string
  /** EXT-X-BYTERANGE */
  readonly byteRange?: { readonly offset: number; readonly size: number }
}

/** A Media Playlist, RFC 8216 §4.3.3. Each field names the tag it becomes. */
export type MediaPlaylist = {
  /** EXT-X-VERSION */
  readonly version: number
  /** EXT-X-TARGETDURATION, whole seconds */
  readonly targetDuration: number
  /** EXT-X-MEDIA-SEQUENCE */
  readonly mediaSequence: number
  /** EXT-X-DISCONTINUITY-SEQUENCE */
  readonly discontinuitySequence: number
  /** EXT-X-PLAYLIST-TYPE */
  readonly playlistType?: 'EVENT' | 'VOD'
  /** EXT-X-INDEPENDENT-SEGMENTS */
  readonly independentSegments: boolean
  /** EXT-X-I-FRAMES-ONLY */
  readonly iFramesOnly?: boolean
  readonly segments: readonly MediaSegment[]
  /** EXT-X-ENDLIST */
  readonly ended: boolean
}

/** Tags of source playlists that are refused, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  'EXT-X-MAP': 'EXT-X-MAP: fragmented MP4 sources are not accepted yet',
  'EXT-X-BYTERANGE': 'EXT-X-BYTERANGE: every segment is to be a file of its own',
}

/** Tags that a playlist may hold only once, §4.3.3. */
const ONCE = new Set([
  'EXT-X-VERSION',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-PLAYLIST-TYPE',
])

/**
 * Reads a source's media playlist. Unknown tags are ignored. Throws MalformedPlaylist, also for encrypted segments,
 * byte ranges and EXT-X-MAP.
 */
export function parseMediaPlaylist(text: string, limits: PlaylistLimits = DEFAULT_PLAYLIST_LIMITS): MediaPlaylist {
  const segments: MediaSegment[] = []
  const header: { -readonly [K in keyof MediaPlaylist]?: MediaPlaylist[K] } = {}
  let next: { -readonly [K in keyof MediaSegment]?: MediaSegment[K] } = {}
  const seen = new Set<string>()
  let lastLine = 1

  for (const { line, tag, value } of playlistLines(text, limits)) {
    lastLine = line
    if (tag === undefined) {
      if (next.duration === undefined) throw new MalformedPlaylist(line, 'a segment has no EXTINF')
      if (segments.length === limits.segments) {
        throw new MalformedPlaylist(line, `there are more than ${limits.segments} segments`)
      }
      segments.push({ discontinuity: false, gap: false, ...next, duration: next.duration, uri: value })
      next = {}
      continue
    }
    if (ONCE.has(tag)) {
      if (seen.has(tag)) throw new MalformedPlaylist(line, `${tag} stands twice`)
      seen.add(tag)
    }
    const refused = REFUSED[tag]
    if (refused !== undefined) throw new MalformedPlaylist(line, refused)
    switch (tag) {
      case 'EXTINF':
        if (next.duration !== undefined) throw new MalformedPlaylist(line, 'the EXTINF before this one has no URI')
        next.duration = parseExtinf(value, line)
        break
      case 'EXT-X-DISCONTINUITY':
        next.discontinuity = true
        break
      case 'EXT-X-PROGRAM-DATE-TIME':
        next.programDateTime = parseDateTime(value, line)
        break
      case 'EXT-X-GAP':
        next.gap = true
        break
      case 'EXT-X-KEY':
        if (new AttributeList(tag, value, line).enumerated('METHOD') !== 'NONE') {
          throw new MalformedPlaylist(line, 'EXT-X-KEY: encrypted sources are not accepted')
        }
        break
      case 'EXT-X-VERSION':
        header.version = decimalInteger(value, line, tag)
        break
      case 'EXT-X-TARGETDURATION':
        header.targetDuration = parseTargetDuration(value, line)
        break
      case 'EXT-X-MEDIA-SEQUENCE':
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        if (segments.length > 0) throw new MalformedPlaylist(line, `${tag} stands after the first segment`)
        header[tag === 'EXT-X-MEDIA-SEQUENCE' ? 'mediaSequence' : 'discontinuitySequence'] = decimalInteger(
          value,
          line,
          tag,
        )
        break
      case 'EXT-X-PLAYLIST-TYPE':
        if (value !== 'EVENT' && value !== 'VOD') throw new MalformedPlaylist(line, `${tag} is neither EVENT nor VOD`)
        header.playlistType = value
        break
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        header.independentSegments = true
        break
      case 'EXT-X-ENDLIST':
        header.ended = true
        break
      case 'EXT-X-STREAM-INF':
      case 'EXT-X-MEDIA':
        throw new MalformedPlaylist(line, `${tag} has no place in a media playlist`)
    }
  }
  if (next.duration !== undefined) throw new MalformedPlaylist(lastLine, 'the last EXTINF has no URI')
  const { targetDuration } = header
  if (targetDuration === undefined) throw new MalformedPlaylist(lastLine, 'there is no EXT-X-TARGETDURATION')
  return {
    version: 1,
    mediaSequence: 0,
    discontinuitySequence: 0,
    independentSegments: false,
    ended: false,
    ...header,
    targetDuration,
    segments,
  }
}

function parseExtinf(value: string, line: number): Ticks {
  const comma = value.indexOf(',')
  const duration = (comma === -1 ? value : value.slice(0, comma)).trim()
  return ticksFromSeconds(decimalFloat(duration, line, 'the duration of EXTINF'))
}

// Some encoders write a fraction here; they mean the next whole second.
function parseTargetDuration(value: string, line: number): number {
  return Math.ceil(decimalFloat(value, line, 'EXT-X-TARGETDURATION'))
}

/**
 * Writes a media playlist. Durations are rounded to milliseconds one by one, so a caller who lists segments of one
 * timeline rounds their ends, not their lengths, to keep errors from adding up.
 */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  let text = `#EXTM3U\n#EXT-X-VERSION:${playlist.version}\n`
  if (playlist.independentSegments) text += '#EXT-X-INDEPENDENT-SEGMENTS\n'
  if (playlist.iFramesOnly) text += '#EXT-X-I-FRAMES-ONLY\n'
  text += `#EXT-X-TARGETDURATION:${playlist.targetDuration}\n`
  if (playlist.playlistType) text += `#EXT-X-PLAYLIST-TYPE:${playlist.playlistType}\n`
  text += `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}\n`
  if (playlist.discontinuitySequence > 0) {
    text += `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}\n`
  }
  // Nearly every segment is as long as the one before it.
  let lastDuration = -1
  let extinf = ''
  let map: string | undefined
  for (const segment of playlist.segments) {
    if (segment.duration !== lastDuration) {
      lastDuration = segment.duration
      extinf = `#EXTINF:${threeDecimals(msFromTicks(segment.duration))},\n`
    }
    if (segment.discontinuity) text += '#EXT-X-DISCONTINUITY\n'
    if (segment.map !== map && segment.map !== undefined) {
      map = segment.map
      text += `#EXT-X-MAP:${writeAttributeList([['URI', quoted(map)]])}\n`
    }
    if (segment.programDateTime !== undefined) {
      text += `#EXT-X-PROGRAM-DATE-TIME:${writeDateTime(segment.programDateTime)}\n`
    }
    if (segment.gap) text += '#EXT-X-GAP\n'
    text += extinf
    if (segment.byteRange) text += `#EXT-X-BYTERANGE:${segment.byteRange.size}@${segment.byteRange.offset}\n`
    text += segment.uri
    text += '\n'
  }
  return playlist.ended ? `${text}#EXT-X-ENDLIST\n` : text
}

function threeDecimals(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`
}
