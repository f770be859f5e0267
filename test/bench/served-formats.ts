import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CreateOriginEndpointCommand, type CreateOriginEndpointCommandInput } from '@aws-sdk/client-mediapackage'
import { fetchBytes } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { SERVED_ON } from './measure.ts'
import { openChannel, type Programme } from './programme.ts'

/** Output segments of six seconds, of three source segments each: more than the caches of made segments hold. */
const SEGMENTS = 24
const SOURCES_IN_ONE = 3

export type Format = {
  readonly name: string
  readonly endpoint: Omit<CreateOriginEndpointCommandInput, 'ChannelId' | 'Id'>
  /** URLs of the video segments, from the endpoint's answer. */
  readonly segments: (url: string) => Promise<readonly string[]>
}

/** All of it stays listed. */
export const LISTED = { SegmentDurationSeconds: 6, ManifestWindowSeconds: 300 }
export const PLAYLIST = { PlaylistWindowSeconds: 300 }

export const FORMATS: readonly Format[] = [
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
export type Served = { readonly name: string; readonly paths: readonly string[] }

/** Pushes the whole programme; gives what was pushed as one file. */
export async function push(programme: Programme): Promise<string> {
  const pusher = await openChannel(programme, 'tv')
  const count = SEGMENTS * SOURCES_IN_ONE
  for (let number = 0; number < count; number++) await pusher.pushNext()
  await pusher.end()
  const file = join(temporaryFolder('source'), 'all.ts')
  const [rendition] = pusher.renditions
  writeFileSync(file, Buffer.concat(Array.from({ length: count }, (_, number) => rendition!.segment(number))))
  return file
}

export async function publish({ windrow, client }: Programme, format: Format, root: string): Promise<Served> {
  const endpoint = { ChannelId: 'tv', Id: format.name, StartoverWindowSeconds: 86_400, ...format.endpoint }
  const answer = await client.send(new CreateOriginEndpointCommand(endpoint))
  const urls = await format.segments(answer.Url || answer.CmafPackage!.HlsManifests![0]!.Url!)
  if (urls.length < SEGMENTS) throw new Error(`${format.name} lists ${urls.length} segments`)
  for (const url of urls) {
    const file = join(root, decodeURIComponent(new URL(url).pathname))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await fetchBytes(url))
  }
  return { name: format.name, paths: urls.map((url) => url.slice(windrow.url.length)) }
}

/** User and system. */
export async function childSeconds(command: string): Promise<number> {
  const { stdout } = await promisify(execFile)('bash', ['-c', `${[...SERVED_ON, command].join(' ')} >&2; times`])
  const [, minutes, seconds, systemMinutes, systemSeconds] = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(stdout)!
  return Number(minutes) * 60 + Number(seconds) + Number(systemMinutes) * 60 + Number(systemSeconds)
}

export async function listed(url: string, playlist: string): Promise<string[]> {
  const address = new URL(`${playlist}.m3u8`, url)
  const text = (await fetchBytes(`${address}`)).toString()
  return text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : `${new URL(line, address)}`))
}

export async function dashSegments(url: string): Promise<string[]> {
  const text = (await fetchBytes(url)).toString()
  const [, media = '', first = ''] = /media="([^"]*_video_[^"]*)".*startNumber="(\d+)"/.exec(text) ?? []
  return Array.from({ length: SEGMENTS }, (_, i) => {
    return `${new URL(media.replace('$Number$', String(Number(first) + i)), url)}`
  })
}

export async function smoothFragments(url: string): Promise<string[]> {
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
