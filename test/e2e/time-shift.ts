import { CreateOriginEndpointCommand, type CreateOriginEndpointCommandInput } from '@aws-sdk/client-mediapackage'
import hlsParser, { type types } from 'hls-parser'
import { parse as parseMpd } from 'mpd-parser'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist } from '../judges/playlists.ts'
import { run, start, words } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { type SampleTrack, samplesOf } from '../judges/samples.ts'
import { Windrow } from '../judges/windrow.ts'

const HOUR_MS = 3_600_000
/** Of a second each, before the encoder begins again at zero, and after. */
const SEGMENTS = 16

const COMMON = { SegmentDurationSeconds: 2 }
export const DELAY_SECONDS = 5

const ENDPOINTS: Readonly<Record<Endpoint, Omit<CreateOriginEndpointCommandInput, 'ChannelId' | 'Id'>>> = {
  hls: { HlsPackage: COMMON },
  delayed: { HlsPackage: COMMON, TimeDelaySeconds: DELAY_SECONDS },
  cmaf: { CmafPackage: { ...COMMON, SegmentPrefix: 'tv', HlsManifests: [{ Id: 'main' }] } },
  dash: { DashPackage: COMMON },
  mss: { MssPackage: COMMON },
}

export type Format = 'hls' | 'cmaf' | 'dash' | 'mss'
type Endpoint = Format | 'delayed'

/** Seconds since the channel began. */
export type Span = { readonly from: number; readonly to: number }

/** One kind of track, of the first rendition, in each of the runs of an encoder that a window holds: whole files. */
export type Runs = readonly { readonly kind: 'video' | 'audio'; readonly files: readonly (readonly Uint8Array[])[] }[]

/** A channel whose encoder began twice, and whose past can be seen in every format. */
export class PastChannel {
  readonly windrow: Windrow
  private readonly began: number
  private readonly loop: LoopRendition
  private readonly bases: ReadonlyMap<Endpoint, string>
  private readonly pusher: Pusher

  private constructor(windrow: Windrow, began: number, bases: ReadonlyMap<Endpoint, string>, pusher: Pusher) {
    this.windrow = windrow
    this.began = began
    this.loop = pusher.renditions[0]!
    this.bases = bases
    this.pusher = pusher
  }

  static async start(): Promise<PastChannel> {
    const [windrow, loop] = await Promise.all([Windrow.start(), encodeLoop()])
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'tv')
    const bases = new Map<Endpoint, string>()
    for (const [format, endpoint] of Object.entries(ENDPOINTS)) {
      const more = { ChannelId: 'tv', Id: format, StartoverWindowSeconds: 86_400 }
      const { Arn } = await client.send(new CreateOriginEndpointCommand({ ...endpoint, ...more }))
      bases.set(format as Endpoint, `${windrow.url}/out/v1/${Arn!.split('/').at(-1)}`)
    }
    const began = Math.floor(Date.now() / 1000) * 1000 - HOUR_MS
    const pushers = [began, began + SEGMENTS * 1000].map((date) => new Pusher(ingest, loop, date))
    for (const pusher of pushers) {
      await pusher.pushParent()
      for (let number = 0; number < SEGMENTS; number++) await pusher.pushNext()
    }
    pushers[0]!.close()
    return new PastChannel(windrow, began, bases, pushers[1]!)
  }

  async stop(): Promise<void> {
    this.pusher.close()
    await this.windrow.stop()
  }

  /** Goes on with the second run. */
  async pushNext(count: number): Promise<void> {
    for (let pushed = 0; pushed < count; pushed++) await this.pusher.pushNext()
  }

  /** The number of the newest segment of a live HLS playlist; -1 while there is none. */
  async newest(endpoint: 'hls' | 'delayed'): Promise<number> {
    const response = await fetch(`${this.bases.get(endpoint)}/index_1.m3u8`)
    const text = await response.text()
    return response.ok ? Number(/_(\d+)\.ts[^_]*$/.exec(text)?.[1]) : -1
  }

  /** What the encoder sent of a span, each of its runs by itself, as ffmpeg reads it. */
  async sent({ from, to }: Span): Promise<(readonly SampleTrack[])[]> {
    const runs = [
      [from, Math.min(to, SEGMENTS)],
      [Math.max(from, SEGMENTS) - SEGMENTS, to - SEGMENTS],
    ] as const
    const held = runs.filter(([first, end]) => first < end)
    return Promise.all(
      held.map(([first, end]) => {
        const input = Array.from({ length: end - first }, (_, i) => this.loop.segment(first + i))
        return samplesOf({ input, wrapping: 'mpegts' })
      }),
    )
  }

  /** The parent manifest of a span: times in the query, and in the path where the format has no other way. */
  url(format: Format, { from, to }: Span): string {
    const [start, end] = [from, to].map((seconds) => this.began / 1000 + seconds)
    const base = this.bases.get(format)
    const query = `start=${start}&end=${new Date(end! * 1000).toISOString()}`
    if (format === 'mss') return `${base}/start/${start}/end/${end}/index.ism/Manifest`
    return `${base}/${{ hls: 'index.m3u8', cmaf: 'main/index.m3u8', dash: 'index.mpd' }[format]}?${query}`
  }

  /** Everything a manifest of the past refers to of its first rendition. */
  async shown(format: Format, span: Span): Promise<Runs> {
    const url = this.url(format, span)
    if (format === 'dash') return fromDash(url)
    if (format === 'mss') return this.fromSmooth(url)
    const parent = hlsParser.parse((await fetchBytes(url)).toString()) as types.MasterPlaylist
    const [variant] = parent.variants
    const video = await fromPlaylist(`${new URL(variant!.uri, url)}`)
    if (format === 'hls') return [{ kind: 'video', files: video }]
    const audio = await fromPlaylist(`${new URL(variant!.audio[0]!.uri!, url)}`)
    return [
      { kind: 'video', files: video },
      { kind: 'audio', files: audio },
    ]
  }

  /** What is before the fragments comes from ffmpeg's own muxer: players make it up from the manifest. */
  private async fromSmooth(url: string): Promise<Runs> {
    const text = (await fetchBytes(url)).toString()
    if (/IsLive/.test(text)) throw new Error(`${url} is live`)
    const runs = (['video', 'audio'] as const).map(async (kind) => {
      const [, stream = ''] = new RegExp(`<StreamIndex Type="${kind}"([\\s\\S]*?)</StreamIndex>`).exec(text) ?? []
      const template = /Url="([^"]*)"/.exec(stream)![1]!
      const bitrate = /Bitrate="(\d+)"/.exec(stream)![1]!
      const files = [await this.smoothHeader(kind)]
      for (const time of chunkTimes(stream)) {
        const path = template.replace('{bitrate}', bitrate).replace('{start time}', String(time))
        files.push(await fetchBytes(`${new URL(path, url)}`))
      }
      return { kind, files: [files] }
    })
    return Promise.all(runs)
  }

  private async smoothHeader(kind: 'video' | 'audio'): Promise<Buffer> {
    const filter = kind === 'audio' ? '-bsf:a aac_adtstoasc' : ''
    const muxer = '-movflags isml+frag_keyframe+empty_moov+delay_moov -f ismv pipe:1'
    const copy = words(`-v error -i pipe:0 -map 0:${kind[0]} -c copy ${filter} ${muxer}`)
    const file = await run('ffmpeg', copy, [this.loop.segment(0)])
    return file.subarray(0, file.indexOf('moof') - 4)
  }
}

/** The segments of a playlist, split where it says that the timeline breaks; headers before those that have them. */
async function fromPlaylist(url: string): Promise<readonly Buffer[][]> {
  const playlist = await fetchMediaPlaylist(url)
  if (!playlist.endlist) throw new Error(`${url} does not end`)
  const runs: Buffer[][] = []
  for (const { uri, map, discontinuity } of playlist.segments) {
    if (runs.length === 0 || discontinuity) runs.push(map ? [await fetchBytes(`${new URL(map.uri, url)}`)] : [])
    runs.at(-1)!.push(await fetchBytes(`${new URL(uri, url)}`))
  }
  return runs
}

async function fromDash(url: string): Promise<Runs> {
  const manifest = parseMpd((await fetchBytes(url)).toString(), { manifestUri: url })
  if (!manifest.endList) throw new Error(`${url} does not end`)
  const sound = Object.values(manifest.mediaGroups.AUDIO['audio'] ?? {}).flatMap((group) => group.playlists ?? [])
  const read = async (segments: (typeof sound)[number]['segments']) => {
    const runs = [...Map.groupBy(segments, ({ map }) => map.uri)]
    return Promise.all(
      runs.map(([header, media]) =>
        Promise.all([header, ...media.map(({ uri }) => uri)].map((uri) => fetchBytes(`${new URL(uri, url)}`))),
      ),
    )
  }
  return [
    { kind: 'video', files: await read(manifest.playlists[0]!.segments) },
    { kind: 'audio', files: await read(sound[0]!.segments) },
  ]
}

function chunkTimes(stream: string): readonly number[] {
  let time = 0
  return [...stream.matchAll(/<c ([^>]*)\/>/g)].flatMap(([, attributes = '']) => {
    const read = (name: string) => new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1]
    time = Number(read('t') ?? time)
    return Array.from({ length: Number(read('r') ?? 1) }, () => {
      const at = time
      time += Number(read('d'))
      return at
    })
  })
}

/**
 * Frames of the first picture track that ffmpeg decodes of a presentation, from its beginning to its end, without a
 * complaint.
 */
export async function framesDecoded(url: string): Promise<number> {
  const command = `-hide_banner -nostdin -loglevel warning -xerror -i ${url} -map 0:v:0 -map 0:a -f framehash -hash crc32 -`
  const ffmpeg = start('ffmpeg', words(command))
  const code = await ffmpeg.ended
  const complaints = ffmpeg.said().replace(/^[#\d].*\n/gm, '')
  if (code !== 0) throw new Error(`ffmpeg ended with ${code} on ${url}: ${complaints}`)
  return ffmpeg
    .said()
    .split('\n')
    .filter((line) => line.startsWith('0,')).length
}
