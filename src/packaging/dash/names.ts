import type { SingleTrack } from '../tracks/track-set.ts'

/** What a segment of a DASH presentation holds of a track: pictures, sound, text, or the pictures of trick play. */
export type DashKind = 'video' | 'audio' | 'subtitles' | 'iframe'

/**
 * Track `n` in the era whose id is `<p>`. Eras have timestamps and headers of their own, so no name of one era ever
 * names bytes of another.
 */
export type DashTrackName = { readonly kind: DashKind; readonly n: number; readonly era: number }

export type DashName =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'header'; readonly track: DashTrackName }
  /** `at` is what the segment template counts: its number, or its time in units of the template's timescale. */
  | { readonly kind: 'segment'; readonly track: DashTrackName; readonly at: number }

const INTEGER = '(0|[1-9]\\d{0,15})'
const SEGMENT = new RegExp(`^_(video|audio|subtitles|iframe)_${INTEGER}_${INTEGER}_(?:${INTEGER}|init)\\.mp4$`)

/** What a file name of a DASH presentation stands for, given the endpoint's manifest name. */
export function parseDashName(manifestName: string, fileName: string): DashName | undefined {
  if (!fileName.startsWith(manifestName)) return undefined
  const rest = fileName.slice(manifestName.length)
  if (rest === '.mpd') return { kind: 'manifest' }
  const segment = SEGMENT.exec(rest)
  if (!segment) return undefined
  const [, kind, n, era, at] = segment
  const track = { kind: kind as DashKind, n: Number(n), era: Number(era) }
  if (at !== undefined) return { kind: 'segment', track, at: Number(at) }
  // Trick play begins with the header of the pictures it is taken from.
  return track.kind === 'iframe' ? undefined : { kind: 'header', track }
}

export function trackKindOf({ kind }: SingleTrack): DashKind {
  return kind === 'text' ? 'subtitles' : kind
}

/** `at` may be an identifier that a player replaces. */
export function segmentFileName(manifestName: string, track: TrackPattern, at: number | '$Number$' | '$Time$'): string {
  return `${prefix(manifestName, track)}_${at}.mp4`
}

export function headerFileName(manifestName: string, track: TrackPattern): string {
  return `${prefix(manifestName, track.kind === 'iframe' ? { ...track, kind: 'video' } : track)}_init.mp4`
}

/** A track's name, or that of any track of an adaptation set whose representations have the numbers of their tracks. */
export type TrackPattern = Omit<DashTrackName, 'n'> & { readonly n: number | '$RepresentationID$' }

/** What the file names of a track begin with, in all eras. */
export function trackFileName(manifestName: string, { kind, n }: Pick<TrackPattern, 'kind' | 'n'>): string {
  return `${manifestName}_${kind}_${n}`
}

function prefix(manifestName: string, track: TrackPattern): string {
  return `${trackFileName(manifestName, track)}_${track.era}`
}
