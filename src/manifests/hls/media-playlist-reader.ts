import { allSteps, StepMeter, type Steps } from '../../media/steps.ts'
import { msFromTicks, type Ticks, ticksFromSeconds } from '../../media/time.ts'
import { AD_TAGS, adTagLine, adTagsOf, MOST_AD_TAGS } from './ad-tags.ts'
import { AttributeList } from './attribute-list.ts'
import { parseDateTime } from './date-time.ts'
import { readExtinf } from './extinf.ts'
import type { MediaPlaylist, MediaSegment } from './media-playlist.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import type { NotedLine, PlaylistHabit } from './playlist-habits.ts'
import {
  decimalInteger,
  lineCost,
  looseDecimal,
  looseInteger,
  type PlaylistLine,
  type PlaylistReading,
  playlistLines,
  playlistReading,
} from './playlist-lines.ts'

/** Tags of source playlists that are refused, with the reason: media that is not taken, names that are no segments. */
const REFUSED: Readonly<Record<string, string>> = {
  'EXT-X-MAP': 'EXT-X-MAP: fragmented MP4 sources are not accepted yet',
  'EXT-X-BYTERANGE': 'EXT-X-BYTERANGE: every segment is to be a file of its own',
  'EXT-X-STREAM-INF': 'EXT-X-STREAM-INF has no place in a media playlist',
}

/** Tags of multivariant playlists. */
const MISPLACED = new Set([
  'EXT-X-MEDIA',
  'EXT-X-I-FRAME-STREAM-INF',
  'EXT-X-IMAGE-STREAM-INF',
  'EXT-X-SESSION-DATA',
  'EXT-X-SESSION-KEY',
])

/** Seconds, for a playlist that tells no duration and lists nothing. */
const TARGET_DURATION_OF_NOTHING = 6
/** Seconds: a longer one is none. */
const MOST_TARGET_DURATION = 1e9

/**
 * Reads a source's media playlist. Unknown tags are ignored, and what cannot be read and is not needed is left out and
 * noted. Throws MalformedPlaylist for what order and identity of segments need (the media sequence, a file name), where
 * nothing tells a duration, and for encrypted segments, byte ranges and EXT-X-MAP.
 */
export function parseMediaPlaylist(text: string, reading: PlaylistReading = playlistReading()): MediaPlaylist {
  return allSteps(parseMediaPlaylistInSteps(text, reading))
}

/** As `parseMediaPlaylist`, in steps. */
export function parseMediaPlaylistInSteps(text: string, reading: PlaylistReading): Steps<MediaPlaylist> {
  return new MediaPlaylistReader(reading).read(text)
}

type Read<T> = { -readonly [K in keyof T]?: T[K] }

class MediaPlaylistReader {
  private readonly reading: PlaylistReading
  private readonly header: Read<MediaPlaylist> = {}
  /** As listed: their durations may be missing. */
  private readonly listed: (Omit<MediaSegment, 'duration'> & { readonly duration?: Ticks })[] = []
  /** What the tags since the last URI say of the next one. */
  private next: Read<MediaSegment> = {}
  /** EXT-X-TILES stands somewhere: files are sheets of several images. */
  private hasTiles = false
  /** The ad tags among them, and how many bytes they have. */
  private adTags: string[] = []
  private adTagBytes = 0
  /** EXT-X-TARGETDURATION as written, seconds. */
  private toldTarget: number | undefined

  private readonly tags: Readonly<Record<string, (line: PlaylistLine) => void>> = {
    EXTINF: (line) => this.extinf(line),
    'EXT-X-DISCONTINUITY': () => (this.next.discontinuity = true),
    'EXT-X-PROGRAM-DATE-TIME': (line) => this.programDateTime(line),
    'EXT-X-GAP': () => (this.next.gap = true),
    'EXT-X-KEY': (line) => this.key(line),
    'EXT-X-TILES': (line) => this.tiles(line),
    'EXT-X-INDEPENDENT-SEGMENTS': () => (this.header.independentSegments = true),
    'EXT-X-ENDLIST': () => (this.header.ended = true),
    'EXT-X-VERSION': (line) => this.number('version', line),
    'EXT-X-TARGETDURATION': (line) => this.target(line),
    'EXT-X-MEDIA-SEQUENCE': (line) => this.mediaSequence(line),
    'EXT-X-DISCONTINUITY-SEQUENCE': (line) => this.discontinuitySequence(line),
    'EXT-X-PLAYLIST-TYPE': (line) => this.playlistType(line),
  }

  constructor(reading: PlaylistReading) {
    this.reading = reading
  }

  *read(text: string): Steps<MediaPlaylist> {
    const meter = new StepMeter()
    let last: PlaylistLine = { line: 1, text: '', value: '' }
    for (const line of playlistLines(text, this.reading)) {
      if (meter.ends(lineCost(line))) yield
      if (!line) continue
      last = line
      if (line.tag === undefined) this.segment(line)
      else this.tag(line.tag, line)
    }
    if (this.next.duration !== undefined) this.note('extinf-without-segment', last)
    const segments = this.segments(last)
    return {
      version: 1,
      mediaSequence: 0,
      discontinuitySequence: 0,
      independentSegments: false,
      ended: false,
      ...this.header,
      targetDuration: this.targetDuration(segments, last),
      segments: this.hasTiles ? [] : segments,
    }
  }

  private segment(line: PlaylistLine): void {
    const { segments: most } = this.reading.limits
    if (this.listed.length === most) throw new MalformedPlaylist(line.line, `there are more than ${most} segments`)
    if (this.next.duration === undefined) this.note('extinf-missing', line)
    const markers = this.adTags.length > 0 && { markers: adTagsOf(this.adTags) }
    this.listed.push({ discontinuity: false, gap: false, ...this.next, ...markers, uri: line.value })
    this.next = {}
    this.adTags = []
    this.adTagBytes = 0
  }

  private tag(tag: string, line: PlaylistLine): void {
    const refused = REFUSED[tag]
    if (refused !== undefined) throw new MalformedPlaylist(line.line, refused)
    if (MISPLACED.has(tag)) this.note('tag-misplaced', line)
    if (AD_TAGS.has(tag)) this.adTag(line)
    else this.tags[tag]?.(line)
  }

  private adTag({ line, text }: PlaylistLine): void {
    const { lines, lineBytes, bytes } = MOST_AD_TAGS
    const isWithin = (size: number) => size <= lineBytes && this.adTagBytes + size <= bytes
    // Bytes are counted only of what may be kept, since that takes time: they are no fewer than characters.
    const isShort = this.adTags.length < lines && isWithin(text.length)
    const size = isShort ? new TextEncoder().encode(text).length : Infinity
    if (isWithin(size) && adTagLine(text) !== undefined) {
      this.adTags.push(text)
      this.adTagBytes += size
    } else this.note('ad-tags-left-out', { line, text })
  }

  private extinf(line: PlaylistLine): void {
    if (this.next.duration !== undefined) this.note('extinf-without-segment', line)
    const { seconds, isUsual } = readExtinf(line.value)
    // A segment without a duration notes that it has none.
    if (seconds === undefined) return
    if (!isUsual) this.note('extinf-malformed', line)
    this.next.duration = ticksFromSeconds(seconds)
  }

  private programDateTime(line: PlaylistLine): void {
    const date = parseDateTime(line.value)
    if (!date) this.note('date-unreadable', line)
    else {
      if (!date.namesZone) this.note('date-without-zone', line)
      if (!date.isUsual) this.note('date-malformed', line)
      this.next.programDateTime = date.utc
    }
  }

  private key(line: PlaylistLine): void {
    const method = new AttributeList(line.value, line, this.reading.habits).enumerated('METHOD')
    if (method !== undefined && method !== 'NONE') {
      throw new MalformedPlaylist(line.line, 'EXT-X-KEY: encrypted sources are not accepted')
    }
  }

  /** Image Media Playlist 0.4: sheets are for content that is complete, and nothing of a playlist of them is shown. */
  private tiles(line: PlaylistLine): void {
    this.note('image-tiles', line)
    this.hasTiles = true
  }

  /** Order depends on it: one that cannot be read is refused. */
  private mediaSequence(line: PlaylistLine): void {
    this.noteLate(line)
    this.number('mediaSequence', line)
    if (this.header.mediaSequence === undefined) {
      throw new MalformedPlaylist(line.line, 'EXT-X-MEDIA-SEQUENCE is not a whole number')
    }
  }

  private discontinuitySequence(line: PlaylistLine): void {
    this.noteLate(line)
    this.number('discontinuitySequence', line)
  }

  private number(name: 'version' | 'mediaSequence' | 'discontinuitySequence', line: PlaylistLine): void {
    if (this.isRepeated(this.header[name], line)) return
    const exact = decimalInteger(line.value)
    if (exact === undefined) this.note('tag-unreadable', line)
    const value = exact ?? looseInteger(line.value)
    if (value !== undefined) this.header[name] = value
  }

  private target(line: PlaylistLine): void {
    if (this.isRepeated(this.toldTarget, line)) return
    this.noteLate(line)
    if (decimalInteger(line.value) === undefined) this.note('target-duration-wrong', line)
    const value = looseDecimal(line.value)
    if (value !== undefined && value < MOST_TARGET_DURATION) this.toldTarget = value
  }

  private playlistType(line: PlaylistLine): void {
    if (this.isRepeated(this.header.playlistType, line)) return
    if (line.value === 'EVENT' || line.value === 'VOD') this.header.playlistType = line.value
    else this.note('tag-unreadable', line)
  }

  /** True of a tag that may stand once, §4.3.3, and was read before. */
  private isRepeated(known: unknown, line: PlaylistLine): boolean {
    if (known !== undefined) this.note('tag-twice', line)
    return known !== undefined
  }

  /** Tags about the whole playlist stand before the first segment. */
  private noteLate(line: PlaylistLine): void {
    if (this.listed.length > 0) this.note('tag-late', line)
  }

  /** A segment without a duration lasts as long as the one before it, the next one, or the target duration. */
  private segments(last: NotedLine): MediaSegment[] {
    let standIn = this.listed.find(({ duration }) => duration !== undefined)?.duration
    if (standIn === undefined && this.toldTarget !== undefined) standIn = ticksFromSeconds(this.toldTarget)
    return this.listed.map((segment) => {
      const duration = segment.duration ?? standIn
      if (duration === undefined) {
        throw new MalformedPlaylist(last.line, 'neither EXTINF nor EXT-X-TARGETDURATION tells how long segments last')
      }
      standIn = duration
      // Nearly every segment has its own.
      return segment.duration === undefined ? { ...segment, duration } : (segment as MediaSegment)
    })
  }

  /** Whole seconds. Where a fraction is told, the whole second above it is what is meant. */
  private targetDuration(segments: readonly MediaSegment[], last: NotedLine): number {
    const longest = segments.reduce((most, { duration }) => Math.max(most, duration), 0) as Ticks
    const least = Math.round(msFromTicks(longest) / 1000)
    if (this.toldTarget === undefined || Math.ceil(this.toldTarget) < least) this.note('target-duration-wrong', last)
    return Math.ceil(this.toldTarget ?? (Math.max(least, 1) || TARGET_DURATION_OF_NOTHING))
  }

  private note(habit: PlaylistHabit, line: NotedLine): void {
    this.reading.habits.note(habit, line)
  }
}
