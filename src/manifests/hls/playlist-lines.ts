import { MalformedPlaylist } from './playlist-error.ts'

/** Limits on playlists from outside. */
export type PlaylistLimits = {
  /** Characters of the whole text. */
  readonly textLength: number
  /** Characters of one line. */
  readonly lineLength: number
  readonly segments: number
  readonly variants: number
  readonly renditions: number
}

export const DEFAULT_PLAYLIST_LIMITS: PlaylistLimits = {
  textLength: 8 * 1024 * 1024,
  lineLength: 8192,
  segments: 100_000,
  variants: 100,
  renditions: 100,
}

/** A line with content, RFC 8216 §4.1: a tag, or a URI when `tag` is absent. `line` counts from 1. */
export type PlaylistLine = { readonly line: number; readonly tag?: string; readonly value: string }

// Control characters (except the tab, which is tolerated) and the byte order mark, RFC 8216 §4.1.
const FORBIDDEN = /[^\P{Cc}\t]|\ufeff/u

/** Yields the tags and URIs of a playlist, without blank lines and comments. Throws MalformedPlaylist. */
export function* playlistLines(text: string, limits: PlaylistLimits): Generator<PlaylistLine, void, void> {
  if (text.length > limits.textLength) {
    throw new MalformedPlaylist(1, `the playlist is longer than ${limits.textLength} characters`)
  }
  let line = 0
  for (let start = 0; start < text.length; ) {
    line++
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const content = contentOf(text, { start, end }, line, limits)
    start = end + 1
    if (line === 1) {
      if (content !== '#EXTM3U') throw new MalformedPlaylist(1, 'a playlist begins with #EXTM3U')
      continue
    }
    if (content === '') continue
    if (!content.startsWith('#')) yield { line, value: content }
    else if (content.startsWith('#EXT')) {
      const colon = content.indexOf(':')
      if (colon === -1) yield { line, tag: content.slice(1), value: '' }
      else yield { line, tag: content.slice(1, colon), value: content.slice(colon + 1) }
    }
  }
  if (line === 0) throw new MalformedPlaylist(1, 'a playlist begins with #EXTM3U')
}

function contentOf(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  line: number,
  limits: PlaylistLimits,
): string {
  if (end - start > limits.lineLength) {
    throw new MalformedPlaylist(line, `the line is longer than ${limits.lineLength} characters`)
  }
  const content = text.slice(start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end)
  const forbidden = FORBIDDEN.exec(content)
  if (forbidden) {
    const code = forbidden[0].charCodeAt(0).toString(16).padStart(4, '0')
    throw new MalformedPlaylist(line, `the character U+${code.toUpperCase()} has no place in a playlist`)
  }
  return content.trimEnd()
}

/** Reads a decimal-integer, §4.2, up to 2⁵³ - 1. Throws MalformedPlaylist. */
export function decimalInteger(text: string, line: number, what: string): number {
  const value = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new MalformedPlaylist(line, `${what} is not a whole number`)
  }
  return value
}

/** Reads a decimal-floating-point, §4.2, from 0 to below 10⁹. Throws MalformedPlaylist. */
export function decimalFloat(text: string, line: number, what: string): number {
  if (!/^\d{1,9}(\.\d{0,20})?$/.test(text)) throw new MalformedPlaylist(line, `${what} is not a decimal number`)
  return Number(text)
}
