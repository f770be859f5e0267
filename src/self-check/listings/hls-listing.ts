import { AttributeList } from '../../manifests/hls/attribute-list.ts'
import { parseDateTime } from '../../manifests/hls/date-time.ts'
import { readExtinf } from '../../manifests/hls/extinf.ts'
import { MalformedPlaylist } from '../../manifests/hls/playlist-error.ts'
import {
  DEFAULT_PLAYLIST_LIMITS,
  decimalInteger,
  lineCost,
  type PlaylistLine,
  playlistLines,
  playlistReading,
} from '../../manifests/hls/playlist-lines.ts'
import { StepMeter, type Steps } from '../../media/steps.ts'
import { type Entry, LONGEST_URI, MOST_ENTRIES, pathFrom, type TrackListing, UnreadableListing } from './listing.ts'

/** A line may have what a player gives to a DRM system. */
const LIMITS = { ...DEFAULT_PLAYLIST_LIMITS, segments: MOST_ENTRIES, lineLength: 256 << 10 }

/** A media playlist that a multivariant playlist names. */
export type NamedPlaylist = {
  readonly path: string
  readonly kind: TrackListing['kind']
  /** Key frames or images, whose segments are numbered differently. */
  readonly isTrickPlay: boolean
}

type Reading = ReturnType<typeof playlistReading>

/** The media playlists that a multivariant playlist names, video first. Throws UnreadableListing. */
export function* readMultivariant(text: string, path: string): Steps<readonly NamedPlaylist[]> {
  const named = new Map<string, NamedPlaylist>()
  const add = (reference: string | undefined, kind: TrackListing['kind'], isTrickPlay = false) => {
    const found = reference === undefined ? undefined : pathFrom(path, reference)
    // Audio that a variant has as well is that variant's.
    if (found !== undefined && (!named.has(found) || kind === 'video'))
      named.set(found, { path: found, kind, isTrickPlay })
  }
  yield* eachLine(text, ({ tag, value, line, text: whole }, { habits }) => {
    if (tag === undefined) return add(value, 'video')
    const attributes = () => new AttributeList(value, { line, text: whole }, habits)
    if (tag === 'EXT-X-MEDIA') {
      const list = attributes()
      add(list.quotedString('URI', LONGEST_URI), list.enumerated('TYPE') === 'AUDIO' ? 'audio' : 'other')
    }
    if (tag === 'EXT-X-I-FRAME-STREAM-INF' || tag === 'EXT-X-IMAGE-STREAM-INF') {
      add(attributes().quotedString('URI', LONGEST_URI), 'other', true)
    }
  })
  if (named.size === 0) throw new UnreadableListing('names no playlist')
  const order = ['video', 'audio', 'other']
  return [...named.values()].toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

/** What a media playlist lists. */
export type PlaylistListing = TrackListing & { readonly entries: readonly Entry[] }

/** Reads a media playlist. Throws UnreadableListing. */
export function* readMediaPlaylist(text: string, { path, kind }: NamedPlaylist): Steps<PlaylistListing> {
  const entries: Entry[] = []
  const head: Record<string, number> = {}
  let sequence = 0
  let discontinuity = 0
  let header: string | undefined
  let isOver = false
  let next: { ms?: number; date?: number; isGap?: true } = {}
  const integer = (value: string, tag: string) => {
    const read = decimalInteger(value)
    if (read === undefined) throw new UnreadableListing(`has no whole number in ${tag}`)
    head[tag] = read
    return read
  }
  yield* eachLine(text, ({ tag, value, line, text: whole }, { habits }) => {
    switch (tag) {
      case undefined:
        if (next.ms === undefined) throw new UnreadableListing(`has a segment without EXTINF in line ${line}`)
        if (entries.length === MOST_ENTRIES) throw new UnreadableListing(`lists more than ${MOST_ENTRIES} segments`)
        entries.push({
          ...next,
          ms: next.ms,
          sequence: sequence++,
          discontinuity,
          path: pathFrom(path, value),
          ...(header !== undefined && { header }),
        })
        next = {}
        return
      case 'EXTINF':
        next.ms = Math.round((readExtinf(value).seconds ?? Number.NaN) * 1000)
        if (Number.isNaN(next.ms)) throw new UnreadableListing(`has no duration in line ${line}`)
        return
      case 'EXT-X-PROGRAM-DATE-TIME': {
        const date = parseDateTime(value)?.utc
        if (date === undefined) throw new UnreadableListing(`has no date in line ${line}`)
        next.date = date
        return
      }
      case 'EXT-X-GAP':
        next.isGap = true
        return
      case 'EXT-X-DISCONTINUITY':
        discontinuity++
        return
      case 'EXT-X-MAP':
        header = pathFrom(path, new AttributeList(value, { line, text: whole }, habits).quotedString('URI') ?? '')
        return
      case 'EXT-X-MEDIA-SEQUENCE':
        sequence = integer(value, tag)
        return
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        discontinuity = integer(value, tag)
        return
      case 'EXT-X-TARGETDURATION':
        integer(value, tag)
        return
      case 'EXT-X-ENDLIST':
        isOver = true
    }
  })
  const targetDuration = head['EXT-X-TARGETDURATION']
  if (targetDuration === undefined) throw new UnreadableListing('has no EXT-X-TARGETDURATION')
  const discontinuitySequence = head['EXT-X-DISCONTINUITY-SEQUENCE'] ?? 0
  return { name: path, path, kind, entries, targetDuration, discontinuitySequence, isOver }
}

function* eachLine(text: string, read: (line: PlaylistLine, reading: Reading) => void): Steps<void> {
  const reading = playlistReading(LIMITS)
  const meter = new StepMeter()
  try {
    for (const line of playlistLines(text, reading)) {
      if (meter.ends(lineCost(line))) yield
      if (line) read(line, reading)
    }
  } catch (error) {
    if (!(error instanceof MalformedPlaylist)) throw error
    throw new UnreadableListing(`is no playlist: ${error.message}`)
  }
}
