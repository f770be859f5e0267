import { CreateOriginEndpointCommand, type CreateOriginEndpointCommandInput } from '@aws-sdk/client-mediapackage'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { residentMemory } from '../judges/memory.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'

/** Segments of two seconds and half a megabyte: what is made of a few hundred of them exceeds every cache. */
const TELEVISION = {
  segmentSeconds: 2,
  frameRate: 25,
  picture: ',noise=alls=60:allf=t',
  renditions: [{ name: 'hd', size: '320x180', bandwidth: 2_000_000 }],
}
const HOUR_MS = 3_600_000
/** Of each format, before memory is looked at: caches full, code compiled, buffers as large as they get. */
const WARM_UP = 90
const AT_ONCE = 4

type Format = {
  readonly name: string
  readonly endpoint: Omit<CreateOriginEndpointCommandInput, 'ChannelId' | 'Id'>
  /** Where segment `number`, counted from 1, of the only video is. */
  readonly segment: (base: string, number: number, smooth: SmoothNames) => string
}

const FORMATS: readonly Format[] = [
  {
    name: 'hls',
    endpoint: { HlsPackage: { SegmentDurationSeconds: 2, UseAudioRenditionGroup: true } },
    segment: (base, number) => `${base}/index_1_${number}.ts`,
  },
  {
    name: 'cmaf',
    endpoint: { CmafPackage: { SegmentDurationSeconds: 2, SegmentPrefix: 'tv', HlsManifests: [{ Id: 'main' }] } },
    segment: (base, number) => `${base}/tv_video_1_${number}.mp4`,
  },
  {
    name: 'dash',
    endpoint: { DashPackage: { SegmentDurationSeconds: 2 } },
    segment: (base, number) => `${base}/index_video_1_1_${number}.mp4`,
  },
  {
    name: 'mss',
    endpoint: { MssPackage: { SegmentDurationSeconds: 2 } },
    segment: (base, number, { path, last, count }) =>
      `${base}/index.ism/${path}=${last - (count - number) * 2 * 10_000_000})`,
  },
]

/** Fragments follow one another every two seconds: the last one's time tells all. */
type SmoothNames = { readonly path: string; readonly last: number; readonly count: number }

export type ColdSegments = {
  readonly segments: number
  readonly megabytes: number
  /** Resident, MiB, when everything had been full once, and at the end. */
  readonly before: number
  readonly after: number
}

/** Asks for `count` segments of every format, each once, from an archive that memory holds nothing of. */
export async function serveColdSegments(count: number): Promise<ColdSegments> {
  const windrow = await Windrow.start({ environment: { WINDROW_MEMORY_CACHE: '16MiB' } })
  try {
    const client = mediaPackage(windrow)
    const pusher = new Pusher(await createChannel(client, 'tv'), await encodeLoop(TELEVISION), Date.now() - HOUR_MS)
    await pusher.pushParent()
    const bases = new Map<string, string>()
    for (const { name, endpoint } of FORMATS) {
      const more = { ChannelId: 'tv', Id: name, StartoverWindowSeconds: 86_400 }
      const { Arn } = await client.send(new CreateOriginEndpointCommand({ ...endpoint, ...more }))
      bases.set(name, `${windrow.url}/out/v1/${Arn!.split('/').at(-1)}`)
    }
    for (let number = 0; number < WARM_UP + count; number++) await pusher.pushNext()
    await pusher.end()
    const smooth = await smoothNames(`${bases.get('mss')}/index.ism/Manifest`, WARM_UP + count)
    const urls = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => from + i + 1).flatMap((number) =>
        FORMATS.map((format) => format.segment(bases.get(format.name)!, number, smooth)),
      )
    await fetchAll(urls(0, WARM_UP))
    const before = residentMemory(windrow.pid).now
    const bytes = await fetchAll(urls(WARM_UP, WARM_UP + count))
    return { segments: count * FORMATS.length, megabytes: bytes / 1e6, before, after: residentMemory(windrow.pid).now }
  } finally {
    await windrow.kill()
  }
}

async function smoothNames(manifest: string, count: number): Promise<SmoothNames> {
  const text = await (await fetch(manifest)).text()
  const [, video = ''] = /<StreamIndex Type="video"([\s\S]*?)<\/StreamIndex>/.exec(text) ?? []
  const bitrate = /Bitrate="(\d+)"/.exec(video)?.[1]
  const [, events] = /Url="(Events\([^)]*\))/.exec(video) ?? []
  let time = 0
  let last = 0
  for (const [, attributes = ''] of video.matchAll(/<c ([^>]*)\/>/g)) {
    const read = (name: string) => new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1]
    time = Number(read('t') ?? time)
    const repeats = Number(read('r') ?? 1)
    last = time + (repeats - 1) * Number(read('d'))
    time += repeats * Number(read('d'))
  }
  if (last === 0) throw new Error(`no chunks in ${text}`)
  return { path: `${events}/QualityLevels(${bitrate})/Fragments(v`, last, count }
}

async function fetchAll(urls: readonly string[]): Promise<number> {
  let bytes = 0
  const waiting = urls.values()
  const lane = async () => {
    for (const url of waiting) {
      const response = await fetch(url)
      const body = await response.arrayBuffer()
      if (!response.ok || body.byteLength < 10_000) {
        throw new Error(`${url} was answered ${response.status} with ${body.byteLength} bytes`)
      }
      bytes += body.byteLength
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return bytes
}
