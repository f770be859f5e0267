import type { Ticks, UtcMs } from '../../media/time.ts'

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
  readonly segments: readonly MediaSegment[]
  /** EXT-X-ENDLIST */
  readonly ended: boolean
}
