import { msFromTicks, type Ticks, type UtcMs } from '../../media/time.ts'
import type { AdTags } from './ad-tags.ts'
import { quoted, writeAttributeList } from './attribute-list.ts'
import { writeDateTime } from './date-time.ts'
import { keyLine, type WrittenKey } from './keys.ts'

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
  /** EXT-X-KEY, one for each DRM system, in front of EXT-X-MAP; present where they are written. Not read. */
  readonly keys?: readonly WrittenKey[]
  /** URI of EXT-X-MAP; the tag is written where it changes. */
  readonly map?: string
  /** What stands before it of ad breaks. */
  readonly markers?: AdTags
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
  /** EXT-X-IMAGES-ONLY, Image Media Playlist 0.4 */
  readonly imagesOnly?: boolean
  readonly segments: readonly MediaSegment[]
  /** EXT-X-ENDLIST */
  readonly ended: boolean
}

/**
 * Writes a media playlist. Durations are rounded to milliseconds one by one, so a caller who lists segments of one
 * timeline rounds their ends, not their lengths, to keep errors from adding up.
 */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  let text = `#EXTM3U\n#EXT-X-VERSION:${playlist.version}\n`
  if (playlist.independentSegments) text += '#EXT-X-INDEPENDENT-SEGMENTS\n'
  if (playlist.iFramesOnly) text += '#EXT-X-I-FRAMES-ONLY\n'
  if (playlist.imagesOnly) text += '#EXT-X-IMAGES-ONLY\n'
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
    for (const key of segment.keys ?? []) text += `${keyLine('EXT-X-KEY', key)}\n`
    if (segment.map !== map && segment.map !== undefined) {
      map = segment.map
      text += `#EXT-X-MAP:${writeAttributeList([['URI', quoted(map)]])}\n`
    }
    for (const line of segment.markers?.dateRanges ?? []) text += `${line}\n`
    if (segment.programDateTime !== undefined) {
      text += `#EXT-X-PROGRAM-DATE-TIME:${writeDateTime(segment.programDateTime)}\n`
    }
    for (const line of segment.markers?.cues ?? []) text += `${line}\n`
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
