/** ffmpeg as the encoder: a ladder pushed by WebDAV, and a copy of it kept on disk outside of Windrow. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import hlsParser from 'hls-parser'
import { encodedFiles } from '../fixtures/encoded.ts'
import type { Ingest } from './aws.ts'
import { type Track, tracksOfSegments } from './packets.ts'
import { type Running, start, words } from './processes.ts'

export const LADDER = [
  { name: 'high', width: 640, height: 360, bitrate: '700k' },
  { name: 'mid', width: 480, height: 270, bitrate: '400k' },
  { name: 'low', width: 320, height: 180, bitrate: '200k' },
] as const

const FRAME_RATE = 25

export type Push = {
  readonly ingest: Ingest
  /** An existing folder for the encoder's own copy. */
  readonly copy: string
  readonly seconds: number
  /** A file of `encodeLadder`, sent as it is; without it the ladder is encoded while it is pushed. */
  readonly encoded?: string
  /**
   * Seconds into `encoded` where it is taken up, with its own timestamps, up to its end: what encoders locked to a
   * clock do.
   */
  readonly from?: number
  /** How often `encoded` comes, one time after the other, with timestamps that go on. */
  readonly times?: number
  readonly segmentSeconds?: number
  /** One connection for many requests, or a new one for each. */
  readonly persistent?: boolean
  /** Segments the pushed playlist lists at a time. */
  readonly listed?: number
  /** Whether the encoder deletes what its playlist no longer lists. */
  readonly deletes?: boolean
}

/** The ladder in one transport stream, for pushes that should cost no encoding; gives its file, which is only read. */
export async function encodeLadder(seconds: number, segmentSeconds = 2): Promise<string> {
  const maps = [...LADDER.flatMap(({ name }) => ['-map', `[${name}]`]), '-map', '1:a']
  const args = [...QUIET, ...pictures(seconds), ...maps, ...codecs(segmentSeconds), '-f', 'mpegts', 'ladder.ts']
  return join(await encodedFiles({ program: 'ffmpeg', args }), 'ladder.ts')
}

/** Pushes at the pace of the clock. It ends by itself after `seconds` of media, with an EXT-X-ENDLIST. */
export function startPush(push: Push): Running {
  const { ingest, seconds, encoded, segmentSeconds = 2 } = push
  const source = encoded === undefined ? pictures(seconds, '-re') : copied(encoded, push)
  const video = (name: string, index: number) => (encoded === undefined ? `[${name}]` : `0:v:${index}`)
  const audio = encoded === undefined ? '1:a' : '0:a'
  const maps = LADDER.flatMap(({ name }, index) => ['-map', video(name, index), '-map', audio])
  const codec = encoded === undefined ? codecs(segmentSeconds) : words('-c copy')

  const target = new URL(ingest.url)
  target.username = ingest.username
  target.password = ingest.password
  const pushed = muxer(segmentSeconds, `${target}`, push.listed ?? 5, push.deletes ? '+delete_segments' : '', [
    'method=PUT',
    `http_persistent=${push.persistent === false ? 0 : 1}`,
  ])
  const kept = muxer(segmentSeconds, join(push.copy, 'channel'), 0, '', [])
  return start('ffmpeg', [...QUIET, ...source, ...maps, ...codec, '-f', 'tee', `${pushed}|${kept}`])
}

function copied(encoded: string, { from, seconds, times, copy }: Push): string[] {
  if (times !== undefined) {
    // Not -stream_loop, which begins again behind the first key frame.
    const list = join(copy, 'times.txt')
    writeFileSync(list, `file '${encoded}'\n`.repeat(times))
    return ['-re', ...words('-f concat -safe 0'), '-i', list, '-t', `${seconds}`]
  }
  if (from === undefined) return ['-re', '-i', encoded, '-t', `${seconds}`]
  return ['-re', '-copyts', '-ss', `${from}`, '-i', encoded]
}

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-y']

/** A test picture in three sizes and a sweeping tone: no two frames and no two seconds are alike. */
function pictures(seconds: number, pace?: string): string[] {
  const [{ width, height }] = LADDER
  const paced = pace === undefined ? [] : [pace]
  const input = (graph: string) => [...paced, '-f', 'lavfi', '-i', graph]
  const outputs = LADDER.map(({ name }) => `[${name}]`)
  const [first = '', ...rest] = outputs
  const scaled = LADDER.slice(1).map((size, index) => `[s${index}]scale=${size.width}:${size.height}${rest[index]}`)
  const split = `[0:v]split=${LADDER.length}${first}${scaled.map((_, index) => `[s${index}]`).join('')}`
  return [
    ...input(`testsrc2=size=${width}x${height}:rate=${FRAME_RATE}`),
    ...input('aevalsrc=0.2*sin(400*t*t):sample_rate=48000'),
    ...words(`-t ${seconds} -filter_complex ${[split, ...scaled].join(';')}`),
  ]
}

/** Every segment is one closed group of pictures, with B-frames so that decoding and presentation order differ. */
function codecs(segmentSeconds: number): string[] {
  const group = FRAME_RATE * segmentSeconds
  return [
    ...words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 2 -flags +cgop -sc_threshold 0 -threads 1'),
    ...words(`-g ${group} -keyint_min ${group}`),
    ...LADDER.flatMap(({ bitrate }, index) => [`-b:v:${index}`, bitrate, `-maxrate:v:${index}`, bitrate]),
    ...LADDER.flatMap((_, index) => [`-bufsize:v:${index}`, '700k']),
    ...words('-c:a aac -b:a 64k'),
  ]
}

/** One branch of the tee: an HLS muxer writing below `base`. */
function muxer(segmentSeconds: number, base: string, listed: number, flags: string, more: readonly string[]): string {
  const variants = LADDER.map(({ name }, index) => `v\\:${index},a\\:${index},name\\:${name}`).join(' ')
  const escaped = base.replaceAll(':', '\\:')
  const options = [
    ...words(`f=hls onfail=abort hls_time=${segmentSeconds} hls_list_size=${listed} master_pl_name=channel.m3u8`),
    ...words(`hls_flags=program_date_time+independent_segments${flags} hls_segment_filename='${escaped}-%v-%05d.ts'`),
    `var_stream_map='${variants}'`,
    ...more,
  ]
  return `[${options.join(':')}]${base}-%v.m3u8`
}

export type KeptSegment = {
  readonly file: string
  /** Milliseconds since 1970, of the encoder's EXT-X-PROGRAM-DATE-TIME. */
  readonly start: number
  readonly end: number
}

/** What the encoder kept of one rendition. */
export type KeptRendition = { readonly name: string; readonly segments: readonly KeptSegment[] }

/** Reads the copy an encoder kept: what went in, known outside of Windrow. */
export function readCopy(folder: string): KeptRendition[] {
  return LADDER.map(({ name }) => {
    const playlist = hlsParser.parse(readFileSync(join(folder, `channel-${name}.m3u8`), 'utf8'))
    if (playlist.isMasterPlaylist) throw new Error(`${name} is no media playlist`)
    const segments = playlist.segments.map(({ uri, programDateTime, duration }) => {
      if (!programDateTime) throw new Error(`${uri} has no date`)
      const start = programDateTime.getTime()
      return { file: join(folder, uri), start, end: start + duration * 1000 }
    })
    return { name, segments }
  })
}

/** By the files they were read from, which nobody changes: most are compared with several outputs. */
const tracks = new Map<string, Promise<Track[]>>()

/** The tracks of a rendition, of the segments from `from` up to and without `to`. */
export function keptTracks({ segments }: KeptRendition, from = 0, to = segments.length): Promise<Track[]> {
  const files = segments.slice(from, to).map(({ file }) => file)
  const key = files.join('\n')
  const known = tracks.get(key)
  if (known) return known
  const read = tracksOfSegments(files.map((file) => readFileSync(file)))
  tracks.set(key, read)
  return read
}
