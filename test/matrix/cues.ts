/** Subtitles as they came out, by when they are shown and what they say. */
import type { Cue } from '../fixtures/web-vtt.ts'
import { boxesOf } from './mp4-boxes.ts'
import type { ViewedStream } from './viewed.ts'

/**
 * Of WebVTT or of TTML in MP4; a cue is given once for each segment it stands in. Seconds on the presentation's clock.
 */
export function cuesGiven({ runs }: ViewedStream): Cue[] {
  return runs.flatMap(({ header, segments, starts }) => {
    return segments.flatMap((bytes, at) => {
      if (bytes.subarray(0, 6).toString() === 'WEBVTT') return webVttCues(bytes.toString())
      // Without a header the fragments are those of Smooth Streaming, whose clock begins with each of them.
      return ttmlCues(bytes, header ? 0 : (starts?.[at] ?? Number.NaN))
    })
  })
}

export function webVttCues(text: string): Cue[] {
  const [, mpegts, local = ''] = /X-TIMESTAMP-MAP=MPEGTS:(\d+),LOCAL:(\S+)/.exec(text) ?? []
  const origin = mpegts === undefined ? 0 : Number(mpegts) / 90_000 - seconds(local)
  return [...text.matchAll(/^(\S+) --> (\S+).*\n((?:.+\n?)+)/gm)].map(([, start, end, payload]) => {
    return { start: origin + seconds(start!), end: origin + seconds(end!), text: plain(payload!) }
  })
}

function ttmlCues(fragment: Buffer, origin: number): Cue[] {
  const documents = boxesOf(fragment).filter(({ type }) => type === 'mdat')
  return documents.flatMap(({ body }) => {
    return [...body.toString().matchAll(/<p\s[^>]*?begin="([^"]+)"\s+end="([^"]+)"[^>]*>([\s\S]*?)<\/p>/g)].map(
      ([, begin, end, content]) => {
        return { start: origin + seconds(begin!), end: origin + seconds(end!), text: plain(content!) }
      },
    )
  })
}

function seconds(clock: string): number {
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** Without tags and line breaks around, and with the characters that are written otherwise. */
export function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim()
}

/**
 * Throws unless every cue is shown from its beginning to its end, and nothing else is. `origin` is when the programme
 * begins; where it is not given, the first cue tells.
 */
export function assertCues(name: string, given: readonly Cue[], expected: readonly Cue[], origin?: number): void {
  const said = Map.groupBy(given, ({ text }) => text)
  const unknown = [...said.keys()].filter((text) => !expected.some((cue) => plain(cue.text) === text))
  if (unknown.length > 0) throw new Error(`${name} says what nobody said: ${unknown.join(', ')}`)
  const starts = (text: string) => Math.min(...(said.get(text) ?? []).map(({ start }) => start))
  const from = origin ?? starts(plain(expected[0]!.text)) - expected[0]!.start
  for (const { start, end, text } of expected) {
    const pieces = said.get(plain(text)) ?? []
    const shown = [starts(plain(text)) - from, Math.max(...pieces.map((piece) => piece.end)) - from]
    if (Math.abs(shown[0]! - start) > 0.002 || Math.abs(shown[1]! - end) > 0.002) {
      throw new Error(`${name} shows "${text}" from ${shown[0]} to ${shown[1]}, not from ${start} to ${end}`)
    }
  }
}
