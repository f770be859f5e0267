import { execFile } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CreateOriginEndpointCommand, type CreateOriginEndpointCommandInput } from '@aws-sdk/client-mediapackage'
import { type Nginx, startNginx } from '../judges/nginx.ts'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { load } from './get-load.ts'
import { cpuSeconds, interleaved, type Measure, median, quantile, ROUNDS, SERVED_ON } from './measure.ts'
import { openChannel, type Programme, startProgramme } from './programme.ts'

/** Output segments of six seconds, of three source segments each: more than the caches of made segments hold. */
const SEGMENTS = 24
const SOURCES_IN_ONE = 3
const SECONDS = 1.2
const CONNECTIONS = 8

type Format = {
  readonly name: string
  readonly endpoint: Omit<CreateOriginEndpointCommandInput, 'ChannelId' | 'Id'>
  /** URLs of the video segments, from the endpoint's answer. */
  readonly segments: (url: string) => Promise<readonly string[]>
}

/** All of it stays listed. */
const LISTED = { SegmentDurationSeconds: 6, ManifestWindowSeconds: 300 }
const PLAYLIST = { PlaylistWindowSeconds: 300 }

const FORMATS: readonly Format[] = [
  {
    name: 'HLS',
    endpoint: { HlsPackage: { SegmentDurationSeconds: 6, ...PLAYLIST } },
    segments: (url) => listed(url, 'index_1'),
  },
  {
    name: 'CMAF',
    endpoint: { CmafPackage: { SegmentDurationSeconds: 6, HlsManifests: [{ Id: 'main', ...PLAYLIST }] } },
    segments: (url) => listed(url, 'index_video_1'),
  },
  { name: 'DASH', endpoint: { DashPackage: LISTED }, segments: dashSegments },
  { name: 'MSS', endpoint: { MssPackage: LISTED }, segments: smoothFragments },
]

/** What is served of one format, and the same bytes as files. */
type Served = { readonly name: string; readonly paths: readonly string[]; readonly gigabytes: number }

/**
 * Packaging when it is asked for: a segment of each format from memory and from the page cache, beside nginx serving
 * the same bytes as files, and beside ffmpeg and shaka-packager making the same of the same sources.
 */
export async function benchPackaging(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MEMORY_CACHE: '1GiB' })
  const root = temporaryFolder('static')
  const { windrow } = programme
  try {
    const source = await push(programme)
    const served: Served[] = []
    for (const format of FORMATS) served.push(await publish(programme, format, root))
    const nginx = await startNginx(`root ${root};`, SERVED_ON)
    try {
      const warm = await beside(programme, nginx, served, 'warm')
      await windrow.stop()
      await windrow.start({ WINDROW_MEMORY_CACHE: '1B' })
      const cold = await beside(programme, nginx, served, 'cold')
      const ours = cold.find(({ name }) => name === 'CMAF segment, cold')!.value
      return [...warm, ...cold, ...(await besidePackagers(ours, source))]
    } finally {
      await nginx.stop()
    }
  } finally {
    await windrow.kill()
  }
}

/** Pushes the whole programme; gives what was pushed as one file. */
async function push(programme: Programme): Promise<string> {
  const pusher = await openChannel(programme, 'tv')
  const count = SEGMENTS * SOURCES_IN_ONE
  for (let number = 0; number < count; number++) await pusher.pushNext()
  await pusher.end()
  const file = join(temporaryFolder('source'), 'all.ts')
  const [rendition] = pusher.renditions
  writeFileSync(file, Buffer.concat(Array.from({ length: count }, (_, number) => rendition!.segment(number))))
  return file
}

async function publish({ windrow, client }: Programme, format: Format, root: string): Promise<Served> {
  const endpoint = { ChannelId: 'tv', Id: format.name, StartoverWindowSeconds: 86_400, ...format.endpoint }
  const answer = await client.send(new CreateOriginEndpointCommand(endpoint))
  const urls = await format.segments(answer.Url || answer.CmafPackage!.HlsManifests![0]!.Url!)
  if (urls.length < SEGMENTS) throw new Error(`${format.name} lists ${urls.length} segments`)
  let bytes = 0
  for (const url of urls) {
    const body = await fetchBytes(url)
    bytes += body.length
    const file = join(root, decodeURIComponent(new URL(url).pathname))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, body)
  }
  const paths = urls.map((url) => url.slice(windrow.url.length))
  return { name: format.name, paths, gigabytes: bytes / 1e9 }
}

async function beside(
  { windrow }: Programme,
  nginx: Nginx,
  served: readonly Served[],
  kind: 'warm' | 'cold',
): Promise<Measure[]> {
  const measures: Measure[] = []
  for (const { name, paths } of served) {
    const waits: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    const contender = (pid: number, origin: string, kept: number[]) => async () => {
      const before = cpuSeconds(pid)
      const figures = await load({ origin, paths, connections: CONNECTIONS, seconds: SECONDS })
      kept.push(...figures.waits)
      return figures.bytes / 1e9 / (cpuSeconds(pid) - before)
    }
    // Code compiled, and, where that is meant, segments in memory.
    await load({ origin: windrow.url, paths, connections: CONNECTIONS, seconds: 1.5 })
    await load({ origin: nginx.url, paths, connections: CONNECTIONS, seconds: 0.2 })
    const [value, peerValue] = await interleaved(
      contender(windrow.pid, windrow.url, waits.ours),
      contender(nginx.workerPid, nginx.url, waits.theirs),
    )
    const latency = (part: number) => {
      return `p${part * 100} ${quantile(waits.ours, part).toFixed(1)} against ${quantile(waits.theirs, part).toFixed(1)} ms`
    }
    measures.push({
      name: `${name} segment, ${kind}`,
      value: value!,
      unit: 'GB per CPU second',
      peer: 'nginx static',
      peerValue: peerValue!,
      ratio: value! / peerValue!,
      note: `${(1 / value!).toFixed(2)} CPU s/GB, ${latency(0.5)}, ${latency(0.99)}`,
    })
  }
  return measures
}

/** The whole programme made into fragmented MP4 by programs that begin once and write to nowhere. */
async function besidePackagers(ours: number, source: string): Promise<Measure[]> {
  const packager = createRequire(import.meta.url).resolve('shaka-packager/bin/packager-linux-x64')
  const made = join(temporaryFolder('made'), 'video.mp4')
  const flags = '-movflags frag_keyframe+empty_moov+default_base_moof -bsf:a aac_adtstoasc -y /dev/null'
  const peers = {
    'ffmpeg -c copy': `ffmpeg -v error -i ${source} -c copy -f mp4 ${flags}`,
    'shaka-packager': `${packager} in=${source},stream=video,output=${made} --fragment_duration 6 --quiet`,
  }
  const gigabytes = statSync(source).size / 1e9
  const measures: Measure[] = []
  for (const [peer, command] of Object.entries(peers)) {
    const seconds: number[] = []
    for (let round = 0; round < ROUNDS; round++) seconds.push(await childSeconds(command))
    const peerValue = gigabytes / median(seconds)
    measures.push({
      name: `CMAF segment, cold, beside ${peer}`,
      value: ours,
      unit: 'GB per CPU second',
      peer,
      peerValue,
      ratio: ours / peerValue,
      note: 'ours over HTTP, theirs to a file',
    })
  }
  return measures
}

/** User and system. */
async function childSeconds(command: string): Promise<number> {
  const { stdout } = await promisify(execFile)('bash', ['-c', `${[...SERVED_ON, command].join(' ')} >&2; times`])
  const [, minutes, seconds, systemMinutes, systemSeconds] = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(stdout)!
  return Number(minutes) * 60 + Number(seconds) + Number(systemMinutes) * 60 + Number(systemSeconds)
}

async function listed(url: string, playlist: string): Promise<string[]> {
  const address = new URL(`${playlist}.m3u8`, url)
  const text = (await fetchBytes(`${address}`)).toString()
  return text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : `${new URL(line, address)}`))
}

async function dashSegments(url: string): Promise<string[]> {
  const text = (await fetchBytes(url)).toString()
  const [, media = '', first = ''] = /media="([^"]*_video_[^"]*)".*startNumber="(\d+)"/.exec(text) ?? []
  return Array.from({ length: SEGMENTS }, (_, i) => {
    return `${new URL(media.replace('$Number$', String(Number(first) + i)), url)}`
  })
}

async function smoothFragments(url: string): Promise<string[]> {
  const text = (await fetchBytes(url)).toString()
  const [, template = '', chunks = ''] =
    /<StreamIndex Type="video"[^>]*Url="([^"]*)"([\s\S]*?)<\/StreamIndex>/.exec(text) ?? []
  const bitrate = /Bitrate="(\d+)"/.exec(chunks)?.[1] ?? ''
  let time = 0
  return [...chunks.matchAll(/<c ([^>]*)\/>/g)].flatMap(([, attributes = '']) => {
    const read = (name: string) => new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1]
    time = Number(read('t') ?? time)
    return Array.from({ length: Number(read('r') ?? 1) }, () => {
      const path = template.replace('{bitrate}', bitrate).replace('{start time}', String(time))
      time += Number(read('d'))
      return `${new URL(path, url)}`
    })
  })
}
