/** An evening of television on a Windrow that strace looks over the shoulder of. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateOriginEndpointCommand,
  DeleteChannelCommand,
  DeleteOriginEndpointCommand,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  createRedundantChannel,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import type { Answer } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { seededRandom } from '../judges/random.ts'
import { underStrace } from '../judges/syscalls.ts'
import { Windrow } from '../judges/windrow.ts'
import type { Job } from './crashes.ts'

/** Times are milliseconds since 1970, by the clock that strace tells too. */
export type Evening = {
  readonly trace: string
  /** Empty when Windrow was started, which has its data folder in it. */
  readonly folder: string
  readonly loop: readonly LoopRendition[]
  readonly firstDate: number
  /** The two of the channel that is harvested. */
  readonly inputs: readonly Ingest[]
  /** Every segment that was answered 201. */
  readonly puts: readonly Put[]
  readonly looks: readonly Look[]
  /** SHA-256 by path, of every segment that was ever listed. */
  readonly bytes: ReadonlyMap<string, string>
  readonly jobs: readonly SeenJob[]
  /** When the channels and endpoints had been made. */
  readonly made: number
  /** How the paths of the endpoints begin that are watched: of the channel with two inputs, and of the deleted one. */
  readonly inTurn: string
  readonly deleted: string
  /** When the deletion of a channel was asked for, and when it was answered. */
  readonly deletion: { readonly sent: number; readonly at: number }
  readonly switches: number
}

export const DATA = 'data'
export const CHANNELS = { harvested: 'news', brief: 'brief', deleted: 'gone' } as const

export type Put = { readonly channel: string; readonly sha256: string; readonly sent: number; readonly at: number }

/** What a media playlist said. */
export type Look = {
  readonly path: string
  readonly at: number
  readonly sequence: number
  readonly segments: readonly { readonly number: number; readonly path: string }[]
}

export type SeenJob = Job & { readonly createdAt: number; succeededAt: number }

/**
 * Content older than this may be gone where no endpoint has a startover window: a second, and the margin of a minute.
 */
export const KEPT_MS = 61_000

const SWITCHED = 'switched to the other input'
/** How many times as long an evening lasts at most, where no input is switched. */
const MOST_TIMES = 5

/** Of what a channel with two inputs does, in seconds: one input is away, the other is away. */
const ROUND = 12
const AWAY = 5

const since1970 = () => Date.now() + 1
export const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Both inputs fail in turn, jobs harvest, a channel without a startover window forgets and another one is deleted. */
export async function recordEvening(seed: number, seconds: number): Promise<Evening> {
  const random = seededRandom(seed)
  const loop = await encodeLoop()
  const trace = join(temporaryFolder('trace'), 'strace.log')
  const folder = temporaryFolder('evening')
  const windrow = await Windrow.start({
    dataFolder: join(folder, DATA),
    under: underStrace(trace),
    environment: {
      WINDROW_LIVE_RETENTION: '1s',
      WINDROW_RETENTION_GRACE: '0s',
      WINDROW_MAX_HARVEST_JOBS: '1000',
      // Else some of what it does goes past strace.
      UV_USE_IO_URING: '0',
    },
  })
  const client = mediaPackage(windrow)
  const inputs = await createRedundantChannel(client, CHANNELS.harvested)
  const brief = await createChannel(client, CHANNELS.brief)
  const gone = await createChannel(client, CHANNELS.deleted)
  const urls = [
    ...(await endpointsOf(client)),
    await createBriefEndpoint(client, CHANNELS.brief),
    await createBriefEndpoint(client, CHANNELS.deleted),
  ]
  const objects = join(folder, DATA, 'objects')
  const made = since1970()
  const [inTurn, deleted] = [urls[0]!, urls.at(-1)!].map((url) => new URL('.', url).pathname) as [string, string]

  const puts: Put[] = []
  const firstDate = Date.now()
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  /** The second of its programme that each input is at: on a busy machine it is later than the clock says. */
  const progress: [number, number] = [0, 0]
  let hasEnded = false
  const switches = () => windrow.log.split(SWITCHED).length - 1
  // On a busy machine both inputs may be late alike, and none be missed: then it lasts until one is.
  const isOver = () => {
    const lasted = Math.min(elapsed(), ...progress)
    return hasEnded || (lasted >= seconds && (lasted >= MOST_TIMES * seconds || switches() > 0))
  }
  const pushers = new Set<Pusher>()
  const newPusher = (channel: string, ingest: Ingest) => {
    const pusher = new NotedPusher(channel, ingest, loop, firstDate, puts)
    if (hasEnded) pusher.close()
    pushers.add(pusher)
    return pusher
  }

  const pushInTurn = async (input: 0 | 1) => {
    let pusher: Pusher | undefined
    // The first is the one that is followed.
    await sleep(300 * input)
    for (let number = 0; !isOver(); number++) {
      progress[input] = number
      const phase = (number + (input === 0 ? ROUND / 2 : 0)) % ROUND
      const isAway = number > AWAY && phase < AWAY
      // Who is late may not make up for it by being away for a shorter time: it would not be missed.
      await sleep(Math.max(isAway ? 1000 : 0, 1000 * (number - elapsed())))
      if (isAway) {
        pusher?.close()
        pusher = undefined
        continue
      }
      if (!pusher) {
        pusher = newPusher(CHANNELS.harvested, inputs[input])
        await pusher.pushParent()
      }
      pusher.published = number
      await pusher.pushNext()
    }
    pusher?.close()
  }
  const pushBrief = async () => {
    const pusher = newPusher(CHANNELS.brief, brief)
    await pusher.pushParent()
    while (!isOver()) {
      await pusher.pushNext()
      await sleep(200)
    }
    pusher.close()
  }
  const deletion = { sent: Number.POSITIVE_INFINITY, at: Number.POSITIVE_INFINITY }
  const pushAndDelete = async () => {
    const pusher = newPusher(CHANNELS.deleted, gone)
    await pusher.pushParent()
    while (elapsed() < 3 || pusher.published < 5) await pusher.pushNext()
    pusher.close()
    urls.pop()
    await viewer.hasLooked
    await sleep(random.integer(0, 1000))
    deletion.sent = since1970()
    await client.send(new DeleteOriginEndpointCommand({ Id: `${CHANNELS.deleted}-brief` }))
    await client.send(new DeleteChannelCommand({ Id: CHANNELS.deleted }))
    deletion.at = since1970()
  }
  const viewer = new Viewer(urls)
  const jobs: SeenJob[] = []
  const harvest = async () => {
    await sleep(4500)
    const isThere = () => puts.filter(({ channel }) => channel === CHANNELS.harvested).length >= 4
    await eventually('something to harvest', () => isThere() || undefined)
    jobs.push(await harvestSome(client, 'clip-0', 'joined', firstDate + 500, firstDate + 2500))
    while (elapsed() < seconds - 6) {
      const start = firstDate + 1000 * random.integer(0, Math.floor(elapsed()) - 4) + 500
      const end = firstDate + 1000 * (Math.floor(elapsed()) - 1) - 500
      jobs.push(await harvestSome(client, `clip-${jobs.length}`, 'verbatim', Math.min(start, end - 1000), end))
      await sleep(random.integer(500, 4000))
    }
  }
  const view = async () => {
    while (!isOver()) {
      await viewer.look()
      await sleep(100)
    }
  }
  try {
    await Promise.all([pushInTurn(0), pushInTurn(1), pushBrief(), pushAndDelete(), harvest(), view()])
    // Of the deleted channel at least.
    await eventually('segments to be forgotten', () => filesBelow(objects) < puts.length || undefined)
  } finally {
    // A pusher that is not closed insists for ever.
    hasEnded = true
    for (const pusher of pushers) pusher.close()
    await windrow.kill()
  }
  const { looks, bytes } = viewer
  const seen = { trace, folder, loop, firstDate, inputs, puts, looks, bytes, jobs }
  return { ...seen, made, inTurn, deleted, deletion, switches: switches() }
}

/** Folders may go while they are read. */
function filesBelow(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

async function endpointsOf(client: MediaPackageClient): Promise<string[]> {
  const channel = CHANNELS.harvested
  const window = { PlaylistWindowSeconds: 300 }
  const { CmafPackage } = await client.send(
    new CreateOriginEndpointCommand({
      ChannelId: channel,
      Id: 'cmaf',
      StartoverWindowSeconds: 86_400,
      CmafPackage: { SegmentDurationSeconds: 2, HlsManifests: [{ Id: 'viewer', ...window }] },
    }),
  )
  return [
    await createHlsEndpoint(client, channel, 'verbatim', { SegmentDurationSeconds: 1, ...window }),
    await createHlsEndpoint(client, channel, 'joined', { SegmentDurationSeconds: 3, ...window }),
    CmafPackage!.HlsManifests![0]!.Url!,
  ]
}

async function createBriefEndpoint(client: MediaPackageClient, channel: string): Promise<string> {
  const HlsPackage = { SegmentDurationSeconds: 1, PlaylistWindowSeconds: 20 }
  const command = new CreateOriginEndpointCommand({ ChannelId: channel, Id: `${channel}-brief`, HlsPackage })
  return (await client.send(command)).Url!
}

async function harvestSome(
  client: MediaPackageClient,
  id: string,
  endpoint: Job['endpoint'],
  start: number,
  end: number,
): Promise<SeenJob> {
  const window = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
  await createHarvestJob(client, id, endpoint, window, 'clips', `${id}/index.m3u8`)
  const createdAt = since1970()
  const outcome = await harvestOutcome(client, id)
  if (outcome !== 'SUCCEEDED') throw new Error(`${id} ended ${outcome}`)
  return { id, endpoint, start, end, createdAt, succeededAt: since1970() }
}

/** Lists one segment at a time, so that it may come and go; notes when each was taken. */
class NotedPusher extends Pusher {
  private readonly channel: string
  private readonly puts: Put[]

  constructor(channel: string, ingest: Ingest, loop: readonly LoopRendition[], firstDate: number, puts: Put[]) {
    super(ingest, loop, firstDate, 1)
    this.channel = channel
    this.puts = puts
  }

  override async put(name: string, body: Uint8Array): Promise<Answer> {
    const sent = Date.now()
    const answer = await super.put(name, body)
    if (answer.status === 201 && name.endsWith('.ts'))
      this.puts.push({ channel: this.channel, sha256: digest(body), sent, at: since1970() })
    return answer
  }
}

class Viewer {
  readonly looks: Look[] = []
  readonly bytes = new Map<string, string>()
  /** Of parent playlists; those that are taken away are looked at no longer. */
  private readonly urls: readonly string[]
  /** Fulfilled once the look that was begun last is over. */
  hasLooked: Promise<unknown> = Promise.resolve()

  constructor(urls: readonly string[]) {
    this.urls = urls
  }

  async look(): Promise<void> {
    const looking = Promise.all(
      this.urls.map(async (url) => {
        const response = await fetch(url)
        const text = await response.text()
        if (!response.ok) return
        for (const rendition of renditionsOf(text, url)) await this.lookAt(rendition.url)
      }),
    )
    this.hasLooked = looking.catch(() => undefined)
    await looking
  }

  private async lookAt(url: string): Promise<void> {
    const look = await lookAt(url).catch(() => undefined)
    if (!look) return
    this.looks.push({ ...look, at: since1970() })
    for (const { path } of look.segments) {
      if (!this.bytes.has(path)) this.bytes.set(path, digest(await fetchBytes(`${new URL(path, url)}`)))
    }
  }
}

/** What a media playlist says now; gaps are left out, for what they name is said to be missing. */
export async function lookAt(url: string): Promise<Omit<Look, 'at'>> {
  const playlist = await fetchMediaPlaylist(url)
  const segments = playlist.segments.flatMap(({ uri, mediaSequenceNumber, gap }) => {
    return gap ? [] : { number: mediaSequenceNumber, path: new URL(uri, url).pathname }
  })
  return { path: new URL(url).pathname, sequence: playlist.mediaSequenceBase ?? 0, segments }
}
