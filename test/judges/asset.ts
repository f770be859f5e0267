/**
 * Holds a harvested asset against the window that was asked for, what a live viewer was given, and the encoder's copy.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import hlsParser from 'hls-parser'
import type { KeptRendition } from './encoder.ts'
import { assertTracksCarry } from './packet-comparison.ts'
import { tracksOfUrl } from './packets.ts'
import { renditionsOf, type SeenRendition, type SeenSegment } from './playlists.ts'

export type Asset = {
  /** Holds the asset and nothing else. */
  readonly folder: string
  /** File name of the parent manifest. */
  readonly parent: string
}

/** Milliseconds since 1970. */
export type TimeWindow = { readonly start: number; readonly end: number }

export type AssetFigures = {
  readonly renditions: number
  /** Of one rendition. */
  readonly segments: number
  readonly seconds: number
  readonly packets: number
}

/**
 * Throws unless the asset holds, in every rendition, exactly the segments of the window, under their live numbers and
 * with the bytes a live viewer was given, and the packets the encoder kept, and nothing else.
 */
export async function judgeAsset(
  asset: Asset,
  window: TimeWindow,
  live: readonly SeenRendition[],
  kept: readonly KeptRendition[],
): Promise<AssetFigures> {
  const { folder, parent } = asset
  const url = `file://${join(folder, parent)}`
  const renditions = renditionsOf(readFileSync(join(folder, parent), 'utf8'), url)
  if (renditions.length !== live.length) {
    throw new Error(`${parent} has ${renditions.length} renditions, the live presentation ${live.length}`)
  }
  const files = new Set([parent])
  let span: readonly SeenSegment[] = []
  for (const rendition of renditions) {
    const name = fileName(rendition.url)
    const twin = live.find((each) => fileName(each.url) === name)
    if (!twin) throw new Error(`${parent} names ${name}, which is no rendition of the live presentation`)
    span = twin.segments.filter((segment) => overlaps(segment, window))
    files.add(name)
    for (const file of judgeRendition(folder, name, span)) files.add(file)
  }
  const strangers = readdirSync(folder).filter((file) => !files.has(file))
  if (strangers.length > 0) throw new Error(`nothing points to ${strangers.join(', ')}`)

  const indexes = [...kept[0]!.segments.keys()].filter((index) => {
    const middle = (kept[0]!.segments[index]!.start + kept[0]!.segments[index]!.end) / 2
    return span.some((segment) => middle > startOf(segment) && middle < endOf(segment))
  })
  const packets = await assertTracksCarry(await tracksOfUrl(join(folder, parent)), kept, parent, {
    from: indexes[0]!,
    to: indexes.at(-1)! + 1,
  })
  const seconds = span.reduce((sum, { duration }) => sum + duration, 0)
  return { renditions: renditions.length, segments: span.length, seconds, packets }
}

/** Gives the names of the segments. */
function judgeRendition(folder: string, name: string, expected: readonly SeenSegment[]): string[] {
  const playlist = hlsParser.parse(readFileSync(join(folder, name), 'utf8'))
  if (playlist.isMasterPlaylist) throw new Error(`${name} is no media playlist`)
  if (!playlist.endlist) throw new Error(`${name} has no EXT-X-ENDLIST`)
  const line = (number: number, duration: number, file: string) => `${number} ${duration} ${file}`
  const listed = playlist.segments.map(({ mediaSequenceNumber, duration, uri }) =>
    line(mediaSequenceNumber, duration, uri),
  )
  const wanted = expected.map(({ number, duration, url }) => line(number, duration, fileName(url)))
  if (listed.join('\n') !== wanted.join('\n')) {
    throw new Error(`${name} lists\n  ${listed.join('\n  ')}\ninstead of\n  ${wanted.join('\n  ')}`)
  }
  for (const { url, bytes } of expected) {
    const file = fileName(url)
    if (!readFileSync(join(folder, file)).equals(bytes!)) throw new Error(`${file} differs from what was served live`)
  }
  return expected.map(({ url }) => fileName(url))
}

function fileName(url: string): string {
  return posix.basename(new URL(url).pathname)
}

/** A segment is in a window when it starts before the end and ends after the start. */
function overlaps(segment: SeenSegment, { start, end }: TimeWindow): boolean {
  return startOf(segment) < end && endOf(segment) > start
}

function startOf({ date, number }: SeenSegment): number {
  if (!date) throw new Error(`number ${number} has no date`)
  return date.getTime()
}

function endOf(segment: SeenSegment): number {
  return startOf(segment) + segment.duration * 1000
}
