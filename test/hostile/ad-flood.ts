/** An encoder that signals ads without measure, beside one that signals breaks as others do. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { announcedBreaks } from '../fixtures/announced-breaks.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { type Counters, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { apiOf, createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { MachineWatch } from '../judges/machine.ts'
import { fetchBytes, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { floodOfMessages, floodOfTags, SPLICE_PIDS } from './ad-messages.ts'

/** Much longer than segments: a machine that is slow makes none of them late. */
const PATIENT_SECONDS = 30

export type AdFlood = {
  /** Segments of a second that are put first, and first in the flood, unmeasured: until the code is compiled. */
  readonly unmeasured: number
  /** Segments of a second that are put while neither encoder floods, while one does, and afterwards. */
  readonly quiet: number
  readonly flooded: number
  readonly afterwards: number
  /** SCTE-35 sections in each segment of the flood, in each rendition. */
  readonly messages: number
  /** Variants of the encoder that floods. */
  readonly renditions: number
  readonly log: (line: string) => void
}

/** Milliseconds, without those for which the machine kept the processes from running. */
export type AdFloodWaits = {
  /** PUTs of the encoder that does not flood. */
  readonly puts: readonly number[]
  /** From the last answer to an encoder's PUTs of a segment until a playlist has listed it, for each encoder. */
  readonly listed: Readonly<Record<ChannelName, readonly number[]>>
  /** The longest hold of the server's event loop. */
  readonly hold: number
}

export type AdFloodFigures = {
  readonly quiet: AdFloodWaits
  readonly flooded: AdFloodWaits
  readonly channels: Readonly<Record<ChannelName, Signalled>>
  readonly windrow: Windrow
  readonly peakMemory: number
  readonly inputs: Readonly<Record<ChannelName, InputReport>>
  /** Bytes of the longest state of an input and of the longest slot, when the flood ends. */
  readonly longest: { readonly state: number; readonly slot: number }
  readonly stop: () => Promise<void>
}

export type ChannelName = 'well' | 'flooding'
type Span = { readonly from: number; readonly to: number }
type Spans = { readonly puts: Span[]; readonly listed: Record<ChannelName, Span[]> }
type InputReport = { readonly habits: readonly { readonly habit: string; readonly count: number }[] }

const SECOND = 1000
/** A channel with its encoder and an endpoint for each way to write markers. */
export class Signalled {
  readonly urls: Readonly<Record<'enhanced' | 'ranges' | 'tags' | 'dash', string>>
  pusher: SignallingPusher
  private readonly ingest: Ingest
  private readonly loop: readonly LoopRendition[]

  private constructor(ingest: Ingest, urls: Signalled['urls'], loop: readonly LoopRendition[]) {
    this.ingest = ingest
    this.urls = urls
    this.loop = loop
    this.pusher = new SignallingPusher(ingest, loop, Math.floor(Date.now() / SECOND - 600) * SECOND)
  }

  static async start(client: MediaPackageClient, id: string, loop: readonly LoopRendition[]): Promise<Signalled> {
    const ingest = await createChannel(client, id)
    const settings = { SegmentDurationSeconds: 1, PlaylistWindowSeconds: 60, ProgramDateTimeIntervalSeconds: 1 }
    const hls = (kind: string, AdMarkers: 'SCTE35_ENHANCED' | 'PASSTHROUGH' | 'DATERANGE') =>
      createHlsEndpoint(client, id, `${id}-${kind}`, { ...settings, AdMarkers })
    const { Url: dash = '' } = await client.send(
      new CreateOriginEndpointCommand({
        ChannelId: id,
        Id: `${id}-dash`,
        DashPackage: { SegmentDurationSeconds: 1, ManifestWindowSeconds: 60, PeriodTriggers: ['ADS'] },
      }),
    )
    const urls = {
      enhanced: await hls('enhanced', 'SCTE35_ENHANCED'),
      ranges: await hls('ranges', 'DATERANGE'),
      tags: await hls('tags', 'PASSTHROUGH'),
      dash,
    }
    const signalled = new Signalled(ingest, urls, loop)
    await signalled.pusher.pushParent()
    return signalled
  }

  /** The encoder begins anew, with the timestamps and numbers that it began with, and puts so many segments. */
  async restart(segments: number): Promise<void> {
    const before = this.pusher
    before.close()
    this.pusher = new SignallingPusher(this.ingest, this.loop, before.dateOf(before.published), before.digests)
    for (let i = 0; i < segments; i++) await this.pusher.pushNext()
  }

  /** The media playlist of the first rendition. */
  async playlist(kind: 'enhanced' | 'ranges' | 'tags'): Promise<string> {
    const url = this.urls[kind]
    const [rendition] = renditionsOf((await fetchBytes(url)).toString(), url)
    return (await fetchBytes(rendition!.url)).toString()
  }
}

/** Signals breaks, and while it floods, much else. */
export class SignallingPusher extends Pusher {
  spans: Span[] | undefined
  /** SCTE-35 sections in each segment besides those of breaks; 0: it does not flood. */
  flood = 0
  /** SHA-256 of what was taken. */
  readonly digests: Set<string>
  /** Segments that are put next. */
  private readonly prepared = new Map<string, Buffer>()
  /** Ad tags before the segments of the flood that are put next. */
  private readonly tags = new Map<number, Buffer>()

  constructor(ingest: Ingest, loop: readonly LoopRendition[], firstDate: number, digests = new Set<string>()) {
    const counters = loop.map((): Counters => new Map())
    super(
      ingest,
      loop.map((rendition, i) => ({
        ...rendition,
        segment: (number) =>
          this.prepared.get(`${rendition.name}/${number}`) ?? this.signalling(rendition, number, counters[i]!),
      })),
      firstDate,
    )
    this.digests = digests
  }

  protected override get targetDuration(): number {
    return PATIENT_SECONDS
  }

  /** Makes the next segments and their ad tags, so that the time it takes is not that of their PUTs. */
  prepare(count: number): void {
    this.prepared.clear()
    this.tags.clear()
    for (let number = this.published; number < this.published + count; number++) {
      for (const { name, segment } of this.renditions) this.prepared.set(`${name}/${number}`, segment(number))
    }
  }

  override playlist(rendition: string, last: number, ended = false): Buffer {
    const playlist = super.playlist(rendition, last, ended)
    const tags = this.tags.get(last)
    if (!tags) return playlist
    const at = playlist.lastIndexOf('#EXT-X-PROGRAM')
    return Buffer.concat([playlist.subarray(0, at), tags, playlist.subarray(at)])
  }

  override async put(name: string, body: Uint8Array) {
    const from = performance.now()
    const answer = await super.put(name, body)
    if (name.endsWith('.ts')) {
      this.spans?.push({ from, to: performance.now() })
      if (answer.status === 201) this.digests.add(sha256(body))
    }
    return answer
  }

  private signalling(rendition: LoopRendition, number: number, counters: Counters): Buffer {
    if (this.flood > 0 && !this.tags.has(number)) {
      this.tags.set(
        number,
        Buffer.from(
          floodOfTags(number)
            .map((tag) => `${tag}\n`)
            .join(''),
        ),
      )
    }
    const multiplex = readMultiplex(rendition.segment(number))
    const flood = this.flood > 0 ? floodOfMessages(number, this.flood) : []
    const own = packed(announcedBreaks(number, multiplex.packets, rendition.segmentSeconds), {
      pid: SPLICE_PIDS[0]!,
      before: 0,
    })
    return writeMultiplex(withSplices(multiplex, [...own, ...flood], { pids: SPLICE_PIDS }), counters)
  }
}

/** Resolves with a server that still runs. */
export async function floodWithAds({
  unmeasured,
  quiet,
  flooded,
  afterwards,
  messages,
  renditions,
  log,
}: AdFlood): Promise<AdFloodFigures> {
  const holds = join(temporaryFolder('loop'), 'hold')
  const preloaded = fileURLToPath(new URL('../bench/loop-delay.ts', import.meta.url))
  const windrow = await Windrow.start({
    environment: { NODE_OPTIONS: `--import ${preloaded}`, LOOP_DELAY_FILE: holds },
  })
  const client = mediaPackage(windrow)
  const loop = await encodeLoop()
  const variants = Array.from({ length: renditions }, (_, i) => ({ ...loop[i % loop.length]!, name: `v${i}` }))
  const channels = {
    well: await Signalled.start(client, 'well', loop),
    flooding: await Signalled.start(client, 'flooding', variants),
  }
  const machine = await MachineWatch.start()
  const stop = async () => {
    for (const { pusher } of Object.values(channels)) pusher.close()
    await machine.stop()
    await windrow.kill()
  }
  const names = Object.keys(channels) as ChannelName[]
  const waits = (spans: readonly Span[]) =>
    Promise.all(spans.map(async ({ from, to }) => to - from - (await machine.lateness(from, to))))
  /** A segment of each channel every second, looked for in playlists as soon as it is acknowledged. */
  const run = async (seconds: number): Promise<AdFloodWaits> => {
    for (const { pusher } of Object.values(channels)) pusher.prepare(seconds)
    await longestHold(windrow, holds)
    const spans: Spans = { puts: [], listed: { well: [], flooding: [] } }
    channels.well.pusher.spans = spans.puts
    const began = performance.now()
    const encode = async (name: ChannelName) => {
      const { pusher } = channels[name]
      for (let i = 0; i < seconds; i++) {
        await pusher.pushNext()
        const from = performance.now()
        await eventually(`segment ${pusher.published - 1} of ${name}`, () => isListed(channels[name]))
        spans.listed[name].push({ from, to: performance.now() })
        await sleep(Math.max(0, began + (i + 1) * SECOND - performance.now()))
      }
    }
    await Promise.all(names.map(encode))
    const listed = { well: await waits(spans.listed.well), flooding: await waits(spans.listed.flooding) }
    return { puts: await waits(spans.puts), listed, hold: await longestHold(windrow, holds) }
  }
  try {
    await run(unmeasured)
    const calm = await run(quiet)
    log(`quiet: ${text(calm)}`)
    channels.flooding.pusher.flood = messages
    await run(unmeasured)
    const beside = await run(flooded)
    log(`flooded: ${text(beside)}`)
    channels.flooding.pusher.flood = 0
    const { peakMemory } = windrow
    await windrow.stop()
    const longest = longestRecords(windrow)
    await windrow.start()
    const later = await run(afterwards)
    log(`afterwards: ${text(later)}; ${peakMemory.toFixed(0)} MiB, ${JSON.stringify(longest)}`)
    const report = async (id: ChannelName) => {
      const { inputs } = (await apiOf(windrow).ask('GET', `channels/${id}/inputs`)) as { inputs: InputReport[] }
      return inputs[0]!
    }
    const inputs = { well: await report('well'), flooding: await report('flooding') }
    return { quiet: calm, flooded: beside, channels, windrow, peakMemory, inputs, longest, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function longestRecords({ dataFolder }: Windrow): AdFloodFigures['longest'] {
  const database = new DatabaseSync(join(dataFolder, 'windrow.db'), { readOnly: true })
  const longest = (column: string, table: string) =>
    Number(database.prepare(`SELECT max(length(${column})) AS longest FROM ${table}`).get()?.['longest'])
  const found = { state: longest('state', 'input'), slot: longest('body', 'slot') }
  database.close()
  return found
}

/** Milliseconds, since it was asked for the last time. */
async function longestHold(windrow: Windrow, file: string): Promise<number> {
  rmSync(file, { force: true })
  process.kill(windrow.pid, 'SIGUSR2')
  return eventually('the longest hold', () =>
    existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined,
  )
}

/** Looks into a playlist of each kind for the newest segment. */
async function isListed(channel: Signalled): Promise<true | undefined> {
  const { pusher, urls } = channel
  const date = new Date(pusher.dateOf(pusher.published - 1)).toISOString()
  const [mpd, ...playlists] = await Promise.all([
    fetchBytes(urls.dash),
    ...(['enhanced', 'ranges', 'tags'] as const).map((kind) => channel.playlist(kind)),
  ])
  return (mpd.length > 0 && playlists.every((each) => each.includes(`DATE-TIME:${date}`))) || undefined
}

function text({ puts, listed, hold }: AdFloodWaits): string {
  const of = (waits: readonly number[]) => `${waits.map((wait) => wait.toFixed(0)).join(' ')}`
  return `PUT ${of(puts)}; listed ${of(listed.well)}; of the flood ${of(listed.flooding)} ms; held for ${hold.toFixed(0)} ms`
}
