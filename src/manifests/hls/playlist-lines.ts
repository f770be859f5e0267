import { MalformedPlaylist } from './playlist-error.ts'
import { type NotedLine, PlaylistHabits } from './playlist-habits.ts'

/** What a playlist from outside may cost. */
export type PlaylistLimits = {
  /** Characters. */
  readonly textLength: number
  /** Characters. */
  readonly lineLength: number
  /** Lines, empty ones included. */
  readonly lines: number
  readonly segments: number
  readonly variants: number
  readonly renditions: number
}

export const DEFAULT_PLAYLIST_LIMITS: PlaylistLimits = {
  textLength: 8 * 1024 * 1024,
  lineLength: 8192,
  // An EVENT playlist of a day in segments of two seconds has 43,200, with three lines each.
  lines: 400_000,
  segments: 50_000,
  variants: 100,
  renditions: 100,
}

/** How a playlist is read: at what cost at most, and where is noted what was corrected or left out. */
export type PlaylistReading = { readonly limits: PlaylistLimits; readonly habits: PlaylistHabits }

export function playlistReading(limits: PlaylistLimits = DEFAULT_PLAYLIST_LIMITS): PlaylistReading {
  return { limits, habits: new PlaylistHabits() }
}

/**
 * A line that means something, RFC 8216 §4.1: a tag, or a URI when `tag` is absent. `line` counts from 1, `text` is the
 * whole line.
 */
export type PlaylistLine = NotedLine & { readonly tag?: string; readonly value: string }

/** What reading a character of a line costs in a step, in bytes: lists of attributes are read many times. */
const CHARACTER_COST = 32

/** What reading a line costs in a step, in bytes. */
export function lineCost(line: PlaylistLine | undefined): number {
  return CHARACTER_COST * (line?.text.length ?? 0)
}

// Control characters (a tab is let pass) and the byte order mark, RFC 8216 §4.1.
const FORBIDDEN = /[^\P{Cc}\t]|\ufeff/u
const ALL_FORBIDDEN = new RegExp(FORBIDDEN, 'gu')
/** A tag as it should be, up to its value. */
const TAG_NAME = /^#EXT[A-Z0-9-]*$/
/** A tag as it is found. */
const LOOSE_TAG = /^#(EXT[A-Z0-9-]*)(\s*)(:?)(\s*)(.*)$/is
const KNOWN_TAG = /^EXT(INF|M3U|-X-.*|-OATCLS-SCTE35)$/

/**
 * Yields the tags and URIs of a playlist, and undefined for each other line: blank lines, comments and #EXTM3U. Throws
 * MalformedPlaylist.
 */
export function* playlistLines(
  text: string,
  reading: PlaylistReading,
): Generator<PlaylistLine | undefined, void, void> {
  const { limits, habits } = reading
  if (text.length > limits.textLength) {
    throw new MalformedPlaylist(1, `the playlist is longer than ${limits.textLength} characters`)
  }
  let line = 0
  let isHeaderDue = true
  for (const raw of rawLines(text, habits)) {
    if (++line > limits.lines) throw new MalformedPlaylist(line, `there are more than ${limits.lines} lines`)
    const content = raw === '' ? '' : contentOf(raw, line, reading)
    const read = content.startsWith('#') ? tagOf(content, line, habits) : { line, text: content, value: content }
    if (content === '' || !read) {
      yield
      continue
    }
    if (isHeaderDue) {
      // What begins otherwise is no playlist, as far as anybody can tell.
      if (read.tag === undefined) throw new MalformedPlaylist(line, 'a playlist begins with #EXTM3U')
      if (line > 1 || read.tag !== 'EXTM3U') habits.note('header-missing', read)
      isHeaderDue = false
    }
    yield read.tag === 'EXTM3U' ? undefined : read
  }
  if (isHeaderDue) throw new MalformedPlaylist(1, 'a playlist begins with #EXTM3U')
}

/** Yields all lines, which may end as RFC 8216 §4.1 has it, or with a carriage return alone. */
function* rawLines(text: string, habits: PlaylistHabits): Generator<string, void, void> {
  const hasMark = text.startsWith('\ufeff')
  if (hasMark) habits.note('byte-order-mark', { line: 1, text })
  const next = (end: string, from: number) => {
    const at = text.indexOf(end, from)
    return at === -1 ? text.length : at
  }
  let feed = -1
  let carriageReturn = -1
  for (let start = hasMark ? 1 : 0; start < text.length; ) {
    if (feed < start) feed = next('\n', start)
    if (carriageReturn < start) carriageReturn = next('\r', start)
    const end = Math.min(feed, carriageReturn)
    yield text.slice(start, end)
    if (carriageReturn < feed - 1) habits.note('carriage-return-lines', { line: 1, text })
    start = (carriageReturn === feed - 1 ? feed : end) + 1
  }
}

/** Returns a line without blanks around it and, in tags, without forbidden characters. Throws MalformedPlaylist. */
function contentOf(raw: string, line: number, { limits, habits }: PlaylistReading): string {
  let content = raw.trim()
  const isTag = content.startsWith('#')
  if (raw.length > limits.lineLength) {
    if (!isTag) throw new MalformedPlaylist(line, `the line is longer than ${limits.lineLength} characters`)
    habits.note('line-too-long', { line, text: content })
    content = content.slice(0, limits.lineLength)
  }
  const forbidden = FORBIDDEN.exec(content)
  if (forbidden) {
    if (!isTag) {
      const code = forbidden[0].charCodeAt(0).toString(16).padStart(4, '0')
      throw new MalformedPlaylist(line, `the character U+${code.toUpperCase()} has no place in a playlist`)
    }
    habits.note('character-unreadable', { line, text: content })
    content = content.replaceAll(ALL_FORBIDDEN, '').trimEnd()
  }
  if (content !== '' && raw.length > content.length && /^\s/.test(raw))
    habits.note('needless-blank', { line, text: raw })
  return content
}

/** Reads a tag; undefined for a comment. */
function tagOf(text: string, line: number, habits: PlaylistHabits): PlaylistLine | undefined {
  const exact = exactTag(text)
  if (exact) return { line, text, ...exact }
  const loose = LOOSE_TAG.exec(text)
  const tag = loose?.[1]?.toUpperCase()
  if (!loose || tag === undefined || !KNOWN_TAG.test(tag)) return undefined
  const [, written, before = '', colon, after = '', value = ''] = loose
  const lacksColon = colon === '' && value !== ''
  if (written !== tag || lacksColon) habits.note('tag-malformed', { line, text })
  if (!lacksColon && before + after !== '') habits.note('needless-blank', { line, text })
  return { line, text, tag, value }
}

/** Reads a tag as it should be written: this is what nearly every line is. */
function exactTag(text: string): { readonly tag: string; readonly value: string } | undefined {
  const colon = text.indexOf(':')
  const name = colon === -1 ? text : text.slice(0, colon)
  if (!TAG_NAME.test(name)) return undefined
  const value = colon === -1 ? '' : text.slice(colon + 1)
  return /^\s/.test(value) ? undefined : { tag: name.slice(1), value }
}

/** Reads a decimal-integer, §4.2, up to 2⁵³ - 1; undefined when it is none. */
export function decimalInteger(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

const LOOSE_INTEGER = /^["']?\s*\+?0*(\d{1,16})(?:\.0*)?\s*["']?$/

/** Reads what a whole number seems to mean that is quoted, padded, or has a plus sign or a fraction of nothing. */
export function looseInteger(text: string): number | undefined {
  const [, digits] = LOOSE_INTEGER.exec(text) ?? []
  return decimalInteger(digits ?? '')
}

/** Reads a decimal-floating-point, §4.2: not negative, below a thousand million; undefined when it is none. */
export function decimalFloat(text: string): number | undefined {
  return /^\d{1,9}(\.\d{0,20})?$/.test(text) ? Number(text) : undefined
}

const LOOSE_DECIMAL = /^["']?\s*\+?(\d{1,16}(?:[.,]\d{0,20})?|[.,]\d{1,20})\s*["']?$/

/** Reads what a number seems to mean that is quoted, has a plus sign, a comma for its point, or nothing before that. */
export function looseDecimal(text: string): number | undefined {
  const [, digits] = LOOSE_DECIMAL.exec(text) ?? []
  const value = Number(digits?.replace(',', '.') ?? Number.NaN)
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined
}
