import { allSteps, StepMeter, type Steps } from '../../media/steps.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import { lineCost, type PlaylistReading, playlistLines, playlistReading } from './playlist-lines.ts'

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
  'EXT-X-IMAGE-STREAM-INF': 'multivariant',
  'EXT-X-MEDIA': 'multivariant',
  'EXT-X-SESSION-DATA': 'multivariant',
  'EXT-X-SESSION-KEY': 'multivariant',
}

/**
 * Which kind of playlist this is, RFC 8216 §4.1. The first tag that says what a URI is decides, then the other tags,
 * then whether all it names are playlists. One that names neither segments nor streams is a MalformedPlaylist; the
 * reader of its kind refuses one that names both.
 */
export function kindOfPlaylist(playlist: string, reading: PlaylistReading = playlistReading()): PlaylistKind {
  return allSteps(kindOfPlaylistInSteps(playlist, reading))
}

/** As `kindOfPlaylist`, in steps. */
export function* kindOfPlaylistInSteps(playlist: string, reading: PlaylistReading): Steps<PlaylistKind> {
  const meter = new StepMeter()
  const ofTags = new Set<PlaylistKind>()
  let namesPlaylists: boolean | undefined
  let lastLine = 1
  for (const read of playlistLines(playlist, reading)) {
    if (meter.ends(lineCost(read))) yield
    if (!read) continue
    const { line, tag, value } = read
    lastLine = line
    if (tag === undefined) {
      namesPlaylists = namesPlaylists !== false && isPlaylistUri(value)
      continue
    }
    const kind = KIND_OF_URIS[tag]
    if (kind) return kind
    const kindOfTag = KIND_OF_TAG[tag]
    if (kindOfTag) ofTags.add(kindOfTag)
  }
  if (ofTags.has('media')) return 'media'
  if (ofTags.has('multivariant') || namesPlaylists) return 'multivariant'
  throw new MalformedPlaylist(lastLine, 'the playlist lists neither segments nor streams')
}

/** True when what a URI names is called as playlists are, whatever stands behind its name. */
export function isPlaylistUri(uri: string): boolean {
  return /\.m3u8?(?:[?#]|$)/i.test(uri)
}
