import type { SingleTrack } from '../tracks/track-set.ts'
import type { DashSettings } from './settings.ts'

/** The content of a segment of a DASH presentation: video, audio, text, or the pictures of trick play. */
export type DashKind = 'video' | 'audio' | 'subtitles' | 'iframe'

/** Stream `n` of images in the era with this id, of which so many are listed for each output segment. */
export type DashImagesName = { readonly n: number; readonly era: number; readonly perSegment: number }

/**
 * Track `n` in the era with this id. Eras have timestamps and headers of their own, so a name of one era never refers
 * to bytes of another.
 */
export type DashTrackName = { readonly kind: DashKind; readonly n: number; readonly era: number }

export type DashName =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'header'; readonly track: DashTrackName }
  /** `at` is the value the segment template counts: a number, or a time in units of the template's timescale. */
  | { readonly kind: 'segment'; readonly track: DashTrackName; readonly at: number }
  | { readonly kind: 'image'; readonly images: DashImagesName; readonly at: number }

/** The settings that the file names of a DASH presentation begin with. */
type NamedParts = Pick<DashSettings, 'name' | 'segment'>

const INTEGER = '(0|[1-9]\\d{0,15})'
const SEGMENT = new RegExp(`^_(video|audio|subtitles|iframe)_${INTEGER}_${INTEGER}_(?:${INTEGER}|init)\\.mp4$`)
const IMAGE = new RegExp(`^_image_${INTEGER}_${INTEGER}_${INTEGER}_${INTEGER}\\.jpg$`)

/** Parses a file name of a DASH presentation: the manifest, or a header or segment. */
export function parseDashName({ name, segment: { name: prefix } }: NamedParts, fileName: string): DashName | undefined {
  if (fileName === `${name}.mpd`) return { kind: 'manifest' }
  if (!fileName.startsWith(prefix)) return undefined
  const rest = fileName.slice(prefix.length)
  const image = IMAGE.exec(rest)
  if (image) {
    const [n = 0, era = 0, perSegment = 0, at = 0] = image.slice(1).map(Number)
    return { kind: 'image', images: { n, era, perSegment }, at }
  }
  const segment = SEGMENT.exec(rest)
  if (!segment) return undefined
  const [, kind, n, era, at] = segment
  const track = { kind: kind as DashKind, n: Number(n), era: Number(era) }
  if (at !== undefined) return { kind: 'segment', track, at: Number(at) }
  // Trick play uses the header of the track it is taken from.
  return track.kind === 'iframe' ? undefined : { kind: 'header', track }
}

export function trackKindOf({ kind }: SingleTrack): DashKind {
  return kind === 'text' ? 'subtitles' : kind
}

/** The file name of a segment; `at` may be an identifier that the player replaces. */
export function segmentFileName(segmentName: string, track: TrackPattern, at: number | '$Number$' | '$Time$'): string {
  return `${prefix(segmentName, track)}_${at}.mp4`
}

/** The file name of an image; `at` and `n` may be identifiers that the player replaces. */
export function imageFileName(
  segmentName: string,
  { n, era, perSegment }: Omit<DashImagesName, 'n'> & Pick<TrackPattern, 'n'>,
  at: number | '$Number$' | '$Time$',
): string {
  return `${imagesFileName(segmentName, n)}_${era}_${perSegment}_${at}.jpg`
}

/** The prefix of the file names of a stream of images, in all eras. */
export function imagesFileName(segmentName: string, n: TrackPattern['n']): string {
  return `${segmentName}_image_${n}`
}

export function headerFileName(segmentName: string, track: TrackPattern): string {
  return `${prefix(segmentName, track.kind === 'iframe' ? { ...track, kind: 'video' } : track)}_init.mp4`
}

/** A track's name, or a pattern for an adaptation set whose representations are numbered like their tracks. */
export type TrackPattern = Omit<DashTrackName, 'n'> & { readonly n: number | '$RepresentationID$' }

/** The prefix of the file names of a track, in all eras. */
export function trackFileName(segmentName: string, { kind, n }: Pick<TrackPattern, 'kind' | 'n'>): string {
  return `${segmentName}_${kind}_${n}`
}

function prefix(segmentName: string, track: TrackPattern): string {
  return `${trackFileName(segmentName, track)}_${track.era}`
}
