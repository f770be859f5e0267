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

/** Lines that are joined at a time: a day has hundreds of thousands, which are soon forgotten that way. */
const LINES_AT_ONCE = 1024

/**
 * The lines of the segments of a media playlist, added one by one. Durations are rounded to milliseconds one by one, so
 * a caller who lists segments of one timeline rounds their ends, not their lengths, to keep errors from adding up.
 */
export class SegmentLines {
  private readonly joined: string[] = []
  private lines: string[] = []
  // Nearly every segment is as long as the one before it.
  private lastDuration = -1
  private extinf = ''
  private map: string | undefined

  add({ uri, duration, discontinuity, programDateTime, gap, keys, map, markers, byteRange }: MediaSegment): void {
    const { lines } = this
    if (duration !== this.lastDuration) {
      this.lastDuration = duration
      this.extinf = `#EXTINF:${threeDecimals(msFromTicks(duration))},\n`
    }
    if (discontinuity) lines.push('#EXT-X-DISCONTINUITY\n')
    if (keys) for (const key of keys) lines.push(keyLine('EXT-X-KEY', key), '\n')
    if (map !== this.map && map !== undefined) {
      this.map = map
      lines.push(`#EXT-X-MAP:${writeAttributeList([['URI', quoted(map)]])}\n`)
    }
    if (markers) for (const line of markers.dateRanges) lines.push(line, '\n')
    if (programDateTime !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${writeDateTime(programDateTime)}\n`)
    if (markers) for (const line of markers.cues) lines.push(line, '\n')
    if (gap) lines.push('#EXT-X-GAP\n')
    lines.push(this.extinf)
    if (byteRange) lines.push(`#EXT-X-BYTERANGE:${byteRange.size}@${byteRange.offset}\n`)
    lines.push(uri, '\n')
    if (lines.length >= LINES_AT_ONCE) this.join()
  }

  get text(): string {
    this.join()
    return this.joined.join('')
  }

  private join(): void {
    this.joined.push(this.lines.join(''))
    this.lines = []
  }
}

/** Writes a media playlist. */
export function writeMediaPlaylist({ segments, ...header }: MediaPlaylist): string {
  const lines = new SegmentLines()
  for (const segment of segments) lines.add(segment)
  return playlistOfLines(header, lines)
}

/** Writes a media playlist whose segments have been written. */
export function playlistOfLines(playlist: Omit<MediaPlaylist, 'segments'>, lines: SegmentLines): string {
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
  return `${text}${lines.text}${playlist.ended ? '#EXT-X-ENDLIST\n' : ''}`
}

function threeDecimals(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`
}
