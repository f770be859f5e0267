/** What ffmpeg reads from a file: samples that can be compared whatever container they were in. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { sha256 } from './playlists.ts'
import { spawnOwned } from './processes.ts'

/** A coded picture, audio frame or the like. Times are in units of the track's timescale. */
export type Sample = {
  readonly pts: number
  readonly dts: number
  readonly size: number
  /** Of the payload, without what belongs to the container. */
  readonly hash: string
}

export type SampleTrack = {
  readonly kind: string
  /** As ffmpeg calls it. */
  readonly codec: string
  readonly timescale: number
  readonly samples: readonly Sample[]
}

/** What a container adds to payloads, and takes from them. */
export type Wrapping = 'mpegts' | 'mp4'

/** NAL units that every container may keep elsewhere: parameter sets, delimiters, filler. */
const H264_CARRIED = 'filter_units=remove_types=7-9|12'
const HEVC_CARRIED = 'filter_units=remove_types=32-35|38'

/** Bit stream filters that leave a payload as it is in all containers. */
const FILTERS = {
  h264: { mpegts: H264_CARRIED, mp4: `h264_mp4toannexb,${H264_CARRIED}` },
  hevc: { mpegts: HEVC_CARRIED, mp4: `hevc_mp4toannexb,${HEVC_CARRIED}` },
  aac: { mpegts: 'aac_adtstoasc' },
} as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>

export type Reading = {
  /** File names, or bytes that follow one another. */
  readonly input: string | readonly Uint8Array[]
  readonly wrapping: Wrapping
  /** Decodes everything as well, and throws at the first complaint. */
  readonly decode?: boolean
}

/** Of bytes that were read before, by digest: their tracks are what they were. */
const known = new Map<string, Promise<SampleTrack[][]>>()

/** The tracks of a file, in its order. Throws what ffmpeg says when it cannot read it. */
export async function samplesOf(reading: Reading): Promise<SampleTrack[]> {
  const { input, wrapping, decode = false } = reading
  const key = typeof input !== 'string' && `${wrapping} ${decode} ${sha256(Buffer.concat(input))}`
  const reads = (key && known.get(key)) || readTogether([reading])
  if (key) known.set(key, reads)
  const [tracks] = await reads
  return tracks!
}

/** The tracks of each file, in its order. One ffmpeg reads them all: to start it takes longer than what it does. */
export async function samplesOfEach(readings: readonly Reading[]): Promise<SampleTrack[][]> {
  if (readings.length === 0) return []
  try {
    return await readTogether(readings)
  } catch (error) {
    // What it says of many does not name the one.
    for (const reading of readings) await samplesOf(reading)
    throw error
  }
}

/** Standard input, output and errors come before those that are opened for media. */
const FIRST_PIPE = 3

async function readTogether(readings: readonly Reading[]): Promise<SampleTrack[][]> {
  const named = readings.map(codecsNamed)
  const codecs = named.every((each) => each !== undefined) ? named : await codecsOfEach(readings)
  const output = (at: number) => FIRST_PIPE + readings.length + at
  const sources = readings.flatMap(({ input, wrapping, decode = false }, at) => [
    // Errors of decoding end the run, warnings of it do not.
    ...(decode ? ['-err_detect', 'explode'] : []),
    '-threads',
    '1',
    '-f',
    wrapping,
    '-i',
    typeof input === 'string' ? input : `pipe:${FIRST_PIPE + at}`,
  ])
  const outputs = readings.flatMap(({ wrapping, decode = false }, at) => {
    const filters = codecs[at]!.flatMap((codec, index) => {
      const filter = FILTERS[codec]?.[wrapping]
      return filter === undefined ? [] : [`-bsf:${index}`, filter]
    })
    const hashes = ['-f', 'framehash', '-hash', 'crc32', `pipe:${output(at)}`]
    const copied = ['-map', `${at}`, '-c', 'copy', '-copyinkf', ...filters, ...hashes]
    return decode ? [...copied, '-map', `${at}:v?`, '-map', `${at}:a?`, '-f', 'null', '-'] : copied
  })
  const strict = readings.some(({ decode }) => decode) ? ['-xerror'] : []
  const args = ['-nostdin', '-v', 'error', ...strict, '-copyts', ...sources, ...outputs]
  const pipes = readings.flatMap(() => ['pipe', 'pipe'] as const)
  const child = spawnOwned('ffmpeg', args, { stdio: ['ignore', 'ignore', 'pipe', ...pipes] })
  for (const [at, { input }] of readings.entries()) feed(child.stdio[FIRST_PIPE + at] as Socket, input)
  const texts = readings.map((_, at) => text(child.stdio[output(at)] as Socket))
  const complaints = text(child.stderr!)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')} ended with ${code ?? signal}:\n${await complaints}`)
  return (await Promise.all(texts)).map(readFramehash)
}

/** Sample entries of MP4, of which ffmpeg's codecs follow as far as `FILTERS` tells them apart. */
const ENTRIES = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  mp4a: 'aac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
} as Readonly<Record<string, string | undefined>>

/**
 * The codecs that the sample descriptions of an MP4 file name, in the order of its tracks; undefined where they are not
 * all known, or in another container.
 */
function codecsNamed({ input, wrapping }: Reading): string[] | undefined {
  if (wrapping !== 'mp4' || typeof input === 'string') return undefined
  const bytes = Buffer.concat(input)
  const codecs: (string | undefined)[] = []
  // Behind its type: version and flags, a count of one, and the entry, which has a size before its type.
  for (let at = bytes.indexOf('stsd'); at >= 0; at = bytes.indexOf('stsd', at + 4)) {
    codecs.push(ENTRIES[bytes.toString('latin1', at + 16, at + 20)])
  }
  return codecs.length > 0 && codecs.every((codec) => codec !== undefined) ? codecs : undefined
}

/** What ffmpeg calls the codec of each track. It says that of everything it opens, before it misses an output. */
async function codecsOfEach(readings: readonly Reading[]): Promise<string[][]> {
  const sources = readings.flatMap(({ input, wrapping }, at) => {
    return ['-f', wrapping, '-i', typeof input === 'string' ? input : `pipe:${FIRST_PIPE + at}`]
  })
  const stdio = ['ignore', 'ignore', 'pipe', ...readings.map(() => 'pipe' as const)] as const
  const child = spawnOwned('ffmpeg', ['-nostdin', '-hide_banner', ...sources], { stdio: [...stdio] })
  for (const [at, { input }] of readings.entries()) feed(child.stdio[FIRST_PIPE + at] as Socket, input)
  const [said] = await Promise.all([text(child.stderr!), once(child, 'close')])
  const codecs: string[][] = readings.map(() => [])
  for (const [, at, codec] of said.matchAll(/^ *Stream #(\d+):\d+.*?: (?:Video|Audio|Subtitle|Data): (\w+)/gm)) {
    codecs[Number(at)]!.push(codec!)
  }
  if (codecs.some(({ length }) => length === 0)) throw new Error(`ffmpeg ${sources.join(' ')} finds no track:\n${said}`)
  return codecs
}

function feed(pipe: Socket, input: Reading['input']): void {
  // A program that gives up early closes its input; its exit code, or what it says, tells why.
  pipe.on('error', () => {})
  pipe.end(typeof input === 'string' ? '' : Buffer.concat(input))
}

function readFramehash(listing: string): SampleTrack[] {
  const head = (name: string) =>
    new Map([...listing.matchAll(new RegExp(`^#${name} (\\d+): (.*)$`, 'gm'))].map(([, n, value]) => [n!, value!]))
  const [bases, kinds, codecs] = [head('tb'), head('media_type'), head('codec_id')]
  const rows = listing
    .split('\n')
    .filter((line) => /^\d+,/.test(line))
    .map((line) => line.split(/,\s*/))
  const byStream = Map.groupBy(rows, ([index]) => index!)
  return [...kinds].map(([index, kind]) => {
    const [numerator, denominator] = (bases.get(index) ?? '').split('/').map(Number)
    const samples = (byStream.get(index) ?? []).map(([, dts, pts, , size, hash]) => {
      return { pts: Number(pts), dts: Number(dts), size: Number(size), hash: hash! }
    })
    return { kind, codec: codecs.get(index) ?? '', timescale: denominator! / numerator!, samples }
  })
}
