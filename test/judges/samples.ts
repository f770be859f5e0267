/** What ffmpeg reads from a file: samples that can be compared whatever container they were in. */
import { run } from './belongings.ts'

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

/** The tracks of a file, in its order. Throws what ffmpeg says when it cannot read it. */
export async function samplesOf({ input, wrapping, decode = false }: Reading): Promise<SampleTrack[]> {
  const bytes = typeof input === 'string' ? undefined : input
  const source = ['-f', wrapping, '-i', bytes ? 'pipe:0' : (input as string)]
  const probe = ['-v', 'error', '-show_entries', 'stream=index,codec_name', '-of', 'csv=p=0', ...source]
  const codecs = (await run('ffprobe', probe, bytes)).toString().trim().split('\n')
  const filters = codecs.flatMap((line) => {
    const [index, codec = ''] = line.split(',')
    const filter = FILTERS[codec]?.[wrapping]
    return filter === undefined ? [] : [`-bsf:${index}`, filter]
  })
  const copied = ['-map', '0', '-c', 'copy', '-copyinkf', ...filters, '-f', 'framehash', '-hash', 'crc32', 'pipe:1']
  const decoded = decode ? ['-map', '0:v?', '-map', '0:a?', '-f', 'null', '-'] : []
  // Errors of decoding end the run, warnings of it do not.
  const strict = decode ? ['-xerror', '-err_detect', 'explode'] : []
  const args = ['-nostdin', '-v', 'error', ...strict, '-copyts', '-threads', '1', ...source, ...copied, ...decoded]
  return readFramehash((await run('ffmpeg', args, bytes)).toString())
}

function readFramehash(text: string): SampleTrack[] {
  const head = (name: string) =>
    new Map([...text.matchAll(new RegExp(`^#${name} (\\d+): (.*)$`, 'gm'))].map(([, n, value]) => [n!, value!]))
  const [bases, kinds, codecs] = [head('tb'), head('media_type'), head('codec_id')]
  const rows = text
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
