/** Live channels with viewers and harvests, alone and beside clients that mean no good. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { median, quantile } from '../bench/measure.ts'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import type { Answer } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { MachineWatch } from '../judges/machine.ts'
import { fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually, start } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import type { HostilePlan } from './clients.ts'

export type HostileMix = {
  readonly channels: number
  /** For which everything is measured, alone and again beside the hostile clients. */
  readonly seconds: number
  /** Connections of each hostile address. */
  readonly connections: number
  readonly log: (line: string) => void
  /** Of the endpoints that are watched; the viewers of the past and the harvests stay within it. A day unless given. */
  readonly startoverSeconds?: number
  /** Further settings of the server, by their environment names. */
  readonly environment?: Readonly<Record<string, string>>
  /** What goes on beside the load from its beginning, until it is stopped. */
  readonly operate?: (windrow: Windrow, client: MediaPackageClient) => Promise<{ stop(): Promise<void> }>
}

/** Milliseconds, without those for which the machine kept the processes from running. */
export type Waits = { readonly puts: readonly number[]; readonly playlists: readonly number[] }

type Span = { readonly from: number; readonly to: number }

type Spans = { readonly puts: Span[]; readonly playlists: Span[] }

export type MixFigures = {
  readonly alone: Waits
  readonly beside: Waits
  /** Whatever the channels, their viewers and the API were refused, in sentences. */
  readonly refused: readonly string[]
  /** What became of the hostile clients' requests. */
  readonly hostile: Readonly<Record<string, number>>
  readonly peakMemory: number
  /** Segments of assets that are the encoder's, byte for byte, of so many that were put. */
  readonly filesCompared: number
  readonly filesPut: number
}

const CLIENTS = fileURLToPath(new URL('clients.ts', import.meta.url))
const SECOND = 1000

/** Throws where an asset is wrong; the rest is for the caller to judge. */
export async function mixHostile(mix: HostileMix): Promise<MixFigures> {
  const { channels, seconds, connections, log, startoverSeconds = 86_400 } = mix
  const windrow = await Windrow.start({
    isPublicPlain: true,
    environment: {
      WINDROW_MAX_CHANNELS: `${channels + 10}`,
      WINDROW_MAX_HARVEST_JOBS: `${channels}`,
      WINDROW_INGEST_REQUESTS_PER_SECOND: '50',
      ...mix.environment,
    },
  })
  const client = mediaPackage(windrow)
  const loop = await encodeLoop()
  const refused: string[] = []
  const firstDate = Date.now() - seconds * SECOND
  const all: LiveChannel[] = []
  for (let i = 0; i < channels; i++) {
    const ingest = await createChannel(client, `tv-${i}`)
    const endpointId = `tv-${i}-hls`
    const hls = { SegmentDurationSeconds: 1, PlaylistWindowSeconds: 20 }
    const url = await createHlsEndpoint(client, `tv-${i}`, endpointId, hls, startoverSeconds)
    all.push(await LiveChannel.start(ingest, { endpointId, url, startoverSeconds }, loop, firstDate, refused))
  }
  const operation = await mix.operate?.(windrow, client)
  const machine = await MachineWatch.start()
  const waits = async (spans: readonly Span[]) => {
    const all = await Promise.all(spans.map(async ({ from, to }) => to - from - (await machine.lateness(from, to))))
    return all.sort((a, b) => a - b)
  }
  const harvests = async (name: string, end: number): Promise<number> => {
    // A third of the window is left to retention, and to the time that a harvest takes.
    const start = Math.max(firstDate, end - (startoverSeconds * SECOND * 2) / 3)
    const window = { start, end }
    const files = await Promise.all(all.map((channel, i) => channel.harvest(windrow, client, `${name}-${i}`, window)))
    return files.reduce((sum, each) => sum + each, 0)
  }
  /** All at once, and then again, until half a minute before the end. */
  const harvestInTurn = async (name: string): Promise<void> => {
    const until = performance.now() + (seconds - 30) * SECOND
    let round = 0
    do await harvests(`${name}-${round++}`, all[0]!.pusher.edge)
    while (performance.now() < until)
  }
  const measure = async (when: string): Promise<Waits> => {
    const spans: Spans = { puts: [], playlists: [] }
    const harvested = harvestInTurn(when)
    await Promise.all([...all.map((channel) => channel.run(seconds, spans)), harvested])
    await apiAnswers(client, refused)
    return { puts: await waits(spans.puts), playlists: await waits(spans.playlists) }
  }
  // Until the code is compiled.
  await Promise.all(all.map((channel) => channel.run(2, { puts: [], playlists: [] })))
  const alone = await measure('alone')
  log(`alone: ${text(alone)}`)

  const plan = await hostilePlan(windrow, client, all[0]!, connections)
  const hostile = start(process.execPath, [CLIENTS, JSON.stringify(plan)])
  try {
    await eventually('hostile clients', () => {
      if (hostile.child.exitCode !== null) throw new Error(`the hostile clients ended:\n${hostile.said()}`)
      return hostile.said().includes('attacking') || undefined
    })
    const beside = await measure('beside')
    log(`beside hostile clients: ${text(beside)}`)
    hostile.child.kill('SIGUSR2')
    await hostile.ended
    const counts = JSON.parse(hostile.said().split('\n').at(-2)!) as Record<string, number>
    for (const [what, count] of Object.entries(counts)) log(`${what}: ${count}`)
    const { peakMemory } = windrow
    const filesCompared = await harvests('clip', all[0]!.pusher.edge)
    const filesPut = all.reduce((sum, { pusher }) => sum + pusher.digests.size, 0)
    return { alone, beside, refused, hostile: counts, peakMemory, filesCompared, filesPut }
  } finally {
    hostile.child.kill('SIGKILL')
    for (const channel of all) channel.pusher.close()
    await operation?.stop()
    await machine.stop()
    await windrow.kill()
  }
}

async function hostilePlan(
  windrow: Windrow,
  client: MediaPackageClient,
  channel: LiveChannel,
  connections: number,
): Promise<HostilePlan> {
  const media = await createChannel(client, 'hostile-media')
  const playlists = await createChannel(client, 'hostile-playlists')
  const bodies = await createChannel(client, 'hostile-bodies')
  const hls = await createHlsEndpoint(client, 'hostile-media', 'hostile-hls')
  const { CmafPackage } = await client.send(
    new CreateOriginEndpointCommand({
      ChannelId: 'hostile-media',
      Id: 'hostile-cmaf',
      CmafPackage: { SegmentDurationSeconds: 2, HlsManifests: [{ Id: 'hostile' }] },
    }),
  )
  const [rendition] = renditionsOf(await (await fetch(channel.url)).text(), channel.url)
  const { segments } = await fetchMediaPlaylist(rendition!.url)
  return {
    server: windrow.url,
    media,
    playlists,
    bodies,
    playback: [hls, CmafPackage!.HlsManifests![0]!.Url!],
    archive: channel.url,
    segments: segments.map(({ uri }) => `${new URL(uri, rendition!.url)}`),
    connections,
  }
}

async function apiAnswers(client: MediaPackageClient, refused: string[]): Promise<void> {
  const began = performance.now()
  await createChannel(client, `made-at-${Math.round(began)}`).catch((error: unknown) => {
    refused.push(`the API: ${String(error)}`)
  })
}

type Endpoint = { readonly endpointId: string; readonly url: string; readonly startoverSeconds: number }

/** A channel, its encoder and its viewers. */
class LiveChannel {
  readonly pusher: TimedPusher
  readonly url: string
  private readonly endpointId: string
  private readonly refused: string[]
  private readonly firstDate: number
  private readonly startoverMs: number

  private constructor(pusher: TimedPusher, endpoint: Endpoint, firstDate: number, refused: string[]) {
    this.pusher = pusher
    this.url = endpoint.url
    this.endpointId = endpoint.endpointId
    this.startoverMs = endpoint.startoverSeconds * SECOND
    this.firstDate = firstDate
    this.refused = refused
  }

  static async start(
    ingest: Ingest,
    endpoint: Endpoint,
    loop: readonly LoopRendition[],
    firstDate: number,
    refused: string[],
  ): Promise<LiveChannel> {
    const pusher = new TimedPusher(ingest, loop, firstDate, refused)
    await pusher.pushParent()
    while (pusher.published < 4) await pusher.pushNext()
    await eventually(`${endpoint.url} to be published`, async () => (await fetch(endpoint.url)).ok || undefined)
    return new LiveChannel(pusher, endpoint, firstDate, refused)
  }

  /** A segment each second, and viewers of the live edge and of the past. */
  async run(seconds: number, spans: Spans): Promise<void> {
    const began = performance.now()
    this.pusher.spans = spans.puts
    const encode = async () => {
      for (let i = 0; i < seconds; i++) {
        await this.pusher.pushNext()
        await sleep(Math.max(0, began + (i + 1) * SECOND - performance.now()))
      }
    }
    const view = async () => {
      while (performance.now() - began < seconds * SECOND) {
        const turn = performance.now()
        const parent = await this.fetch(this.url)
        const [rendition] = parent === undefined ? [] : renditionsOf(parent.toString(), this.url)
        if (rendition) await this.viewRendition(rendition.url, spans.playlists)
        await sleep(Math.max(0, turn + SECOND / 2 - performance.now()))
      }
    }
    await Promise.all([encode(), view()])
  }

  private async viewRendition(url: string, spans: Span[]): Promise<void> {
    const began = performance.now()
    const playlist = await this.fetch(url)
    spans.push({ from: began, to: performance.now() })
    const lines = playlist?.toString().split('\n') ?? []
    const last = lines.findLast((line, i) => line !== '' && !line.startsWith('#') && lines[i - 2] !== '#EXT-X-GAP')
    if (last !== undefined) await this.fetch(`${new URL(last, url)}`)
    const oldest = Math.max(this.firstDate, this.pusher.edge - (this.startoverMs * 2) / 3)
    const from = Math.floor(oldest / SECOND) + 1
    await this.fetch(`${this.url}?start=${from}&end=${from + 3}`)
  }

  private async fetch(url: string): Promise<Buffer | undefined> {
    try {
      const response = await fetch(url)
      const body = Buffer.from(await response.arrayBuffer())
      if (response.ok) return body
      this.refused.push(`GET ${url}: ${response.status} ${body}`)
    } catch (error) {
      this.refused.push(`GET ${url}: ${String(error)}`)
    }
    return undefined
  }

  /** Harvests a window, and compares each segment with the encoder's; returns how many of them were there. */
  async harvest(
    windrow: Windrow,
    client: MediaPackageClient,
    id: string,
    { start, end }: { readonly start: number; readonly end: number },
  ): Promise<number> {
    const window = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
    await createHarvestJob(client, id, this.endpointId, window, 'clips', `${id}/index.m3u8`)
    const outcome = await harvestOutcome(client, id)
    if (outcome !== 'SUCCEEDED') throw new Error(`${id} ended ${outcome}`)
    const folder = join(windrow.bucketFolder('clips'), id)
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
    for (const file of files) {
      const digest = sha256(readFileSync(join(folder, file)))
      if (!this.pusher.digests.has(digest)) throw new Error(`${id}/${file} is nothing that was put`)
    }
    return files.length
  }
}

class TimedPusher extends Pusher {
  /** Milliseconds since 1970 of the end of what is published. */
  get edge(): number {
    return this.dateOf(this.published)
  }

  /** Of each PUT from now on. */
  spans: Span[] = []
  /** SHA-256 of every segment. */
  readonly digests = new Set<string>()
  private readonly refused: string[]

  constructor(ingest: Ingest, loop: readonly LoopRendition[], firstDate: number, refused: string[]) {
    super(ingest, loop, firstDate)
    this.refused = refused
  }

  override async put(name: string, body: Uint8Array): Promise<Answer> {
    const began = performance.now()
    const answer = await super.put(name, body).catch((error: unknown) => {
      this.refused.push(`PUT ${name}: ${String(error)}`)
      throw error
    })
    if (name.endsWith('.ts')) {
      this.spans.push({ from: began, to: performance.now() })
      this.digests.add(sha256(body))
    }
    if (answer.status >= 300) this.refused.push(`PUT ${name}: ${answer.status} ${answer.body}`)
    return answer
  }
}

function text({ puts, playlists }: Waits): string {
  const of = (waits: readonly number[]) =>
    `p50 ${median(waits).toFixed(1)}, p99 ${quantile(waits, 0.99).toFixed(1)} ms of ${waits.length}`
  return `PUT ${of(puts)}; live playlist ${of(playlists)}`
}
