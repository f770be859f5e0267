import { MalformedPlaylist } from './playlist-error.ts'
import { DEFAULT_PLAYLIST_LIMITS, type PlaylistLimits, playlistLines } from './playlist-lines.ts'

export type PlaylistKind = 'multivariant' | 'media'

const KIND_OF_TAG: Readonly<Record<string, PlaylistKind>> = {
  'EXT-X-STREAM-INF': 'multivariant',
  'EXT-X-I-FRAME-STREAM-INF': 'multivariant',
  'EXT-X-MEDIA': 'multivariant',
  'EXT-X-SESSION-DATA': 'multivariant',
  'EXT-X-SESSION-KEY': 'multivariant',
  EXTINF: 'media',
  'EXT-X-TARGETDURATION': 'media',
  'EXT-X-MEDIA-SEQUENCE': 'media',
  'EXT-X-PLAYLIST-TYPE': 'media',
  'EXT-X-ENDLIST': 'media',
}

/**
 * Tells a media playlist from a multivariant one, RFC 8216 §4.1. Throws MalformedPlaylist for a text that mixes both
 * or shows neither.
 */
export function kindOfPlaylist(text: string, limits: PlaylistLimits = DEFAULT_PLAYLIST_LIMITS): PlaylistKind {
  let kind: PlaylistKind | undefined
  let lastLine = 1
  for (const { line, tag } of playlistLines(text, limits)) {
    lastLine = line
    const tagKind = tag === undefined ? undefined : KIND_OF_TAG[tag]
    if (tagKind && kind && tagKind !== kind) {
      throw new MalformedPlaylist(line, `${tag} has no place in a ${kind} playlist`)
    }
    kind ??= tagKind
  }
  if (!kind) throw new MalformedPlaylist(lastLine, 'the playlist lists neither segments nor streams')
  return kind
}
