import type { HlsManifest } from '../../model/manifest.ts'
import { type CmafPackaging, manifestsOfType } from '../../model/packaging.ts'
import { headerFileName, imageFileName, segmentFileName } from '../dash/names.ts'
import type { PathTimes } from '../output-format.ts'
import { splitTimes } from '../time-shift.ts'
import type { ImagePlace } from '../tracks/images.ts'

/** The content of a file of a CMAF presentation: video, audio, text, or the pictures of trick play. */
export type CmafKind = 'video' | 'audio' | 'subtitles' | 'iframe'

/** The name of track `n`, which is counted over all streams and their tracks. */
export type CmafTrackName = { readonly kind: CmafKind; readonly n: number }

/** The name of a track that has a playlist, or of a stream of images, which is counted with them. */
export type CmafPlaylistName = CmafTrackName | { readonly kind: 'image'; readonly n: number }

export type CmafName =
  | { readonly kind: 'parent'; readonly manifest: HlsManifest; readonly times: PathTimes }
  | {
      readonly kind: 'playlist'
      readonly manifest: HlsManifest
      readonly times: PathTimes
      readonly track: CmafPlaylistName
    }
  | { readonly kind: 'segment'; readonly track: CmafTrackName; readonly number: number }
  | { readonly kind: 'image'; readonly n: number; readonly place: ImagePlace }
  | ({ readonly kind: 'header'; readonly track: CmafTrackName } & CmafHeaderPlace)

/** The segments that have a header in common: those of an era, and of an encrypted endpoint of one key period in it. */
export type CmafHeaderPlace = { readonly era: number; readonly keyPeriod?: number }

const INTEGER = '([1-9]\\d{0,15}|0)'
const TRACK = `_(video|audio|subtitles|iframe)_${INTEGER}`
const PLAYLIST = new RegExp(`^(?:${TRACK}|_(image)_${INTEGER})?\\.m3u8$`)
const SEGMENT = new RegExp(`^${TRACK}_${INTEGER}\\.(mp4|vtt)$`)
const IMAGE = new RegExp(`^_image_${INTEGER}_${INTEGER}_${INTEGER}\\.jpg$`)
const HEADER = new RegExp(`^${TRACK}_track_1_csid_${INTEGER}(?:_${INTEGER})?_init\\.mp4$`)

/**
 * Parses a path of a CMAF endpoint: `<folder>/<manifest>.m3u8`, with the times of a window in between, or a segment
 * beside those folders.
 */
export function parseCmafName(packaging: CmafPackaging, path: string): CmafName | undefined {
  const slash = path.indexOf('/')
  if (slash === -1) return parseSegment(packaging, path)
  const manifest = manifestsOfType(packaging, 'HLS').find(({ folder }) => folder === path.slice(0, slash))
  const { times, rest: file } = splitTimes(path.slice(slash + 1))
  if (!manifest || !file.startsWith(manifest.name)) return undefined
  const found = PLAYLIST.exec(file.slice(manifest.name.length))
  if (!found) return undefined
  const [, kind = found[3], n = found[4]] = found
  if (kind === undefined) return { kind: 'parent', manifest, times }
  const track = kind === 'image' ? ({ kind, n: Number(n) } as const) : trackName(kind, n)
  return { kind: 'playlist', manifest, times, track }
}

function parseSegment({ segment: { name: prefix }, encryption }: CmafPackaging, file: string): CmafName | undefined {
  if (!file.startsWith(prefix)) return undefined
  const rest = file.slice(prefix.length)
  const segment = SEGMENT.exec(rest)
  if (segment) {
    const [, kind = '', n, number, extension] = segment
    const track = trackName(kind, n)
    return extensionOf(track) === extension ? { kind: 'segment', track, number: Number(number) } : undefined
  }
  const [image, of, perSegment, at] = IMAGE.exec(rest) ?? []
  if (image) {
    return { kind: 'image', n: Number(of), place: { perSegment: Number(perSegment), number: Number(at) } }
  }
  const header = HEADER.exec(rest)
  const [, kind = '', n, era, keyPeriod] = header ?? []
  if (!header || (keyPeriod !== undefined) !== (encryption !== undefined)) return undefined
  const place = { era: Number(era), ...(keyPeriod !== undefined && { keyPeriod: Number(keyPeriod) }) }
  return { kind: 'header', track: trackName(kind, n), ...place }
}

function trackName(kind: string, n: string | undefined): CmafTrackName {
  return { kind: kind as CmafKind, n: Number(n) }
}

/** File extension of a track; WebVTT is passed through as it is. */
function extensionOf({ kind }: CmafTrackName): 'mp4' | 'vtt' {
  return kind === 'subtitles' ? 'vtt' : 'mp4'
}

export function playlistFileName(manifestName: string, track?: CmafPlaylistName): string {
  return track ? `${manifestName}_${track.kind}_${track.n}.m3u8` : `${manifestName}.m3u8`
}

/** How the segments and headers of a track are named. */
export type CmafFileNames = {
  segment(prefix: string, track: CmafTrackName, of: { readonly number: number; readonly era: number }): string
  image(prefix: string, of: { readonly n: number; readonly era: number }, place: ImagePlace): string
  /** The name of the header of a track that segments of this place share. */
  header(prefix: string, track: CmafTrackName, place: CmafHeaderPlace): string
}

/** As endpoints have them. */
export const OWN_NAMES: CmafFileNames = {
  segment: (prefix, track, { number }) => `${trackFileName(prefix, track)}_${number}.${extensionOf(track)}`,
  image: (prefix, { n }, { perSegment, number }) =>
    `${trackFileName(prefix, { kind: 'image', n })}_${perSegment}_${number}.jpg`,
  header: (prefix, track, { era, keyPeriod }) => {
    const place = keyPeriod === undefined ? era : `${era}_${keyPeriod}`
    return `${trackFileName(prefix, track)}_track_1_csid_${place}_init.mp4`
  },
}

/** As the DASH manifest of the same asset has them. Text and the pictures of trick play are other files there. */
export const SHARED_NAMES: CmafFileNames = {
  segment: (prefix, track, of) =>
    track.kind === 'subtitles' || track.kind === 'iframe'
      ? OWN_NAMES.segment(prefix, track, of)
      : segmentFileName(prefix, { ...track, era: of.era }, of.number),
  image: (prefix, track, { perSegment, number }) => imageFileName(prefix, { ...track, perSegment }, number),
  header: (prefix, track, { era }) => headerFileName(prefix, { ...track, era }),
}

/** The prefix of the file names of a track. */
export function trackFileName(prefix: string, { kind, n }: CmafPlaylistName): string {
  return `${prefix}_${kind}_${n}`
}
