import { MalformedPlaylist } from './playlist-error.ts'
import { type PlaylistReading, playlistLines, playlistReading } from './playlist-lines.ts'

export type PlaylistKind = 'multivariant' | 'media'

/** Tags that say what the URI behind them is. */
const KIND_OF_URIS: Readonly<Record<string, PlaylistKind>> = { 'EXT-X-STREAM-INF': 'multivariant', EXTINF: 'media' }

const KIND_OF_TAG: Readonly<Record<string, PlaylistKind>> = {
  'EXT-X-TARGETDURATION': 'media',
  'EXT-X-MEDIA-SEQUENCE': 'media',
  'EXT-X-PLAYLIST-TYPE': 'media',
  'EXT-X-PROGRAM-DATE-TIME': 'media',
  'EXT-X-ENDLIST': 'media',
  'EXT-X-I-FRAME-STREAM-INF': 'multivariant',
  'EXT-X-MEDIA': 'multivariant',
  'EXT-X-SESSION-DATA': 'multivariant',
  'EXT-X-SESSION-KEY': 'multivariant',
}

/**
 * Which kind of playlist this is, RFC 8216 §4.1. What stands before its URIs decides, then its other tags, then whether
 * all it names are playlists. One that names segments and streams, or neither, is a MalformedPlaylist.
 */
export function kindOfPlaylist(text: string, reading: PlaylistReading = playlistReading()): PlaylistKind {
  let ofUris: PlaylistKind | undefined
  const ofTags = new Set<PlaylistKind>()
  let namesPlaylists: boolean | undefined
  let lastLine = 1
  for (const { line, tag, value } of playlistLines(text, reading)) {
    lastLine = line
    if (tag === undefined) {
      namesPlaylists = namesPlaylists !== false && isPlaylistUri(value)
      continue
    }
    const kind = KIND_OF_URIS[tag]
    if (kind && ofUris && kind !== ofUris) {
      throw new MalformedPlaylist(line, `${tag} has no place in a ${ofUris} playlist`)
    }
    ofUris ??= kind
    const kindOfTag = KIND_OF_TAG[tag]
    if (kindOfTag) ofTags.add(kindOfTag)
  }
  if (ofUris) return ofUris
  if (ofTags.has('media')) return 'media'
  if (ofTags.has('multivariant') || namesPlaylists) return 'multivariant'
  throw new MalformedPlaylist(lastLine, 'the playlist lists neither segments nor streams')
}

/** True when what a URI names is called as playlists are, whatever stands behind its name. */
export function isPlaylistUri(uri: string): boolean {
  return /\.m3u8?(?:[?#]|$)/i.test(uri)
}
