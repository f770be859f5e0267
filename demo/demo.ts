/** The main job in under a minute: a live stream goes in, a player watches it, a harvested clip comes out. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Channel, MediaPackage, type OriginEndpoint } from '@aws-sdk/client-mediapackage'
import { FeedDelivery } from '../src/feed/delivery.ts'
import { Feeder } from '../src/feed/feeder.ts'
import { readRecordedStream } from '../src/feed/recorded-stream.ts'
import { segmentAt } from '../src/feed/segment-numbers.ts'
import { TestStream } from '../src/feed/test-stream.ts'
import { type RenditionReport, readPresentation } from './presentation.ts'
import { runWindrow, startWindrow, type WindrowProcess } from './windrow-process.ts'

const LIVE_MS = 20_000
const CLIP_MS = 12_000
/** Of the clip is yet to come when it is asked for: the job follows the live edge. */
const AHEAD_MS = 4_000
/** Longer than anything here may take. */
const PATIENCE_MS = 20_000

/** The DRM system of keys that players fetch as they are. */
const AES_128 = '81376844-f976-481e-a84e-cc25d39b0b33'

/** Only stills need it. */
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

const keep = process.argv.includes('--keep')
const began = Date.now()

try {
  await demonstrate()
  console.log(`\nDone in ${seconds(Date.now() - began)}.\n`)
  process.exit(0)
} catch (error) {
  console.error(`\n  ✖ ${(error as Error).message}\n`)
  process.exit(1)
}

async function demonstrate(): Promise<void> {
  console.log('\nWindrow: a live stream goes in, a harvested clip comes out\n')
  const windrow = await startWindrow()
  process.once('exit', () => void windrow.stop().catch(() => {}))
  done('server', `${windrow.url}, data in ${windrow.dataFolder}`)

  const api = new MediaPackage({ endpoint: windrow.url, region: 'us-east-1', credentials: windrow.credentials })
  const channel = await api.createChannel({ Id: 'demo' })
  const endpoint = await api.createOriginEndpoint({
    Id: 'demo-hls',
    ChannelId: 'demo',
    StartoverWindowSeconds: 3600,
    HlsPackage: { SegmentDurationSeconds: 2, ProgramDateTimeIntervalSeconds: 2 },
  })
  const others = await Promise.all([
    api.createOriginEndpoint({ Id: 'demo-cmaf', ChannelId: 'demo', CmafPackage: { HlsManifests: [{ Id: 'main' }] } }),
    api.createOriginEndpoint({ Id: 'demo-dash', ChannelId: 'demo', DashPackage: {} }),
    api.createOriginEndpoint({ Id: 'demo-mss', ChannelId: 'demo', MssPackage: {} }),
  ])
  const encrypted = await api.createOriginEndpoint({
    Id: 'demo-aes',
    ChannelId: 'demo',
    HlsPackage: {
      SegmentDurationSeconds: 2,
      Encryption: {
        SpekeKeyProvider: {
          ResourceId: 'demo-aes',
          RoleArn: 'arn:aws:iam::000000000000:role/keys',
          SystemIds: [AES_128],
          Url: `${windrow.url}/windrow/v1/keys/speke`,
        },
      },
    },
  })
  const urls = [endpoint, ...others, encrypted].map(
    ({ Url, CmafPackage }) => Url || CmafPackage?.HlsManifests?.[0]?.Url || '',
  )
  done('API', 'channel "demo" and origin endpoints for HLS, CMAF, DASH and Smooth Streaming, made with the AWS SDK')
  note('and one for HLS with AES-128, whose keys come from the built-in key server')

  const stopEncoder = new AbortController()
  const encoder = await encoderOf(channel)
  const encoding = encode(encoder, stopEncoder.signal)
  const died = windrow.ended.then(() => {
    throw new Error(`Windrow ended by itself: see ${windrow.dataFolder}/windrow.log`)
  })
  await Promise.race([watchAndHarvest(windrow, api, { endpoint, urls, encrypted }, encoder), neverDone(encoding), died])

  if (keep) {
    await makeClip(windrow, api)
    await keepRunning(windrow, urls, Promise.race([encoding, died]))
  }
  stopEncoder.abort()
  await encoding
  await Promise.all([windrow.stop(), died.catch(() => {})])
}

/** The HLS endpoint that is harvested, and where all endpoints play. */
type Playable = {
  readonly endpoint: OriginEndpoint
  readonly encrypted: OriginEndpoint
  readonly urls: readonly string[]
}

async function watchAndHarvest(
  windrow: WindrowProcess,
  api: MediaPackage,
  { endpoint, encrypted, urls }: Playable,
  encoder: Feeder,
): Promise<void> {
  const liveFrom = Date.now()
  const url = endpoint.Url ?? ''
  for (const each of urls) await until(`${each} to become playable`, async () => (await fetch(each)).ok)
  done('live', 'two renditions come in at real-time pace, with digest authentication; play them at')
  for (const each of urls) note(each)

  await sleep(liveFrom + LIVE_MS - Date.now())
  const watched = await readPresentation((name) => download(new URL(name, url)), 2)
  done('player', 'playlists and newest segments read:')
  for (const rendition of watched) note(describe(rendition))
  const unlocked = await readPresentation((name) => download(new URL(name, encrypted.Url)), 2)
  const count = unlocked.reduce((sum, { decrypted }) => sum + decrypted, 0)
  if (count !== 2 * unlocked.length) throw new Error(`${count} segments of ${encrypted.Url} are encrypted`)
  done('AES-128', `${count} segments read with their keys, and decrypted:`)
  for (const rendition of unlocked) note(describe(rendition))

  const clip = await harvest(windrow, api, endpoint, encoder.until + AHEAD_MS)
  const manifest = join(windrow.dataFolder, 'buckets', clip.bucket, clip.manifestKey)
  const asset = await readPresentation((name) => readFile(name === '' ? manifest : join(dirname(manifest), name)))
  for (const { playlist, ended, seconds: length } of asset) {
    if (!ended) throw new Error(`the harvested ${playlist} does not say that it ends`)
    if (length * 1000 < CLIP_MS) throw new Error(`the harvested ${playlist} is shorter than the window`)
  }
  done('asset', manifest)
  for (const rendition of asset) note(describe(rendition))
  const [movie, poster] = [manifest.replace('.m3u8', '.mp4'), manifest.replace('.m3u8', '.jpg')]
  done('MP4', `${movie} (${((await stat(movie)).size / 1000).toFixed(0)} kB, its first picture at the window's start)`)
  if (hasFfmpeg) done('poster', `${poster} (${((await stat(poster)).size / 1000).toFixed(0)} kB)`)
  else done('poster', 'none: ffmpeg would decode it, and is not installed')
  await checkReport(join(windrow.dataFolder, 'buckets', clip.bucket), dirname(clip.manifestKey))
}

/** Harvests a window whose end is yet to come, as one does on the command line, and shows how far it is. */
async function harvest(windrow: WindrowProcess, api: MediaPackage, endpoint: OriginEndpoint, end: number) {
  const destination = { bucket: 'demo-bucket', manifestKey: 'clips/demo/index.m3u8' }
  const asked = Date.now()
  const [from, to] = [end - CLIP_MS, end].map((time) => new Date(time).toISOString()) as [string, string]
  const job = ['--id', 'demo-clip', '--endpoint', endpoint.Id ?? '', '--start', from, '--end', to]
  const made = hasFfmpeg ? 'hls,mp4,stills' : 'hls,mp4'
  const key = `${destination.bucket}/${destination.manifestKey}`
  const options = ['--to', key, '--make', made, '--cut', 'frame', '--report', '--watch', '--text']
  const words = ['harvest', 'create', ...job, ...options]
  done('harvest', `${seconds(CLIP_MS)}, the last ${seconds(AHEAD_MS)} of them still to come, by`)
  note(`windrow ${words.join(' ')}\n`)
  await runWindrow(words, windrow)
  console.log()
  const { Status } = await api.describeHarvestJob({ Id: 'demo-clip' })
  if (Status !== 'SUCCEEDED') throw new Error(`the harvest job is ${Status}`)
  done('job', `SUCCEEDED after ${seconds(Date.now() - asked)}, as MediaPackage's clients see it`)
  return destination
}

type Report = {
  readonly firstProgramDateTime: string
  readonly lastProgramDateTime: string
  readonly gapCount: number
  readonly objects: readonly { readonly key: string; readonly size: number; readonly sha256: string }[]
}

/** Prints what the harvest.json beside the asset tells, after comparing every object with it. */
async function checkReport(bucket: string, folder: string): Promise<void> {
  const file = join(bucket, folder, 'harvest.json')
  const report = JSON.parse(await readFile(file, 'utf8')) as Report
  for (const { key, size, sha256 } of report.objects) {
    const bytes = await readFile(join(bucket, key))
    if (bytes.length !== size || createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new Error(`${key} is not what harvest.json says it is`)
  }
  const { firstProgramDateTime, lastProgramDateTime, gapCount, objects } = report
  const bytes = objects.reduce((sum, { size }) => sum + size, 0)
  done('report', file)
  note(`content ${firstProgramDateTime} to ${lastProgramDateTime}, ${gapCount} gaps`)
  note(`${objects.length} objects, ${(bytes / 1000).toFixed(0)} kB, each of the size and the SHA-256 it tells`)
}

/** Of the same window as the harvest job: it plays at once, by its own URL. */
async function makeClip(windrow: WindrowProcess, api: MediaPackage): Promise<void> {
  const { StartTime, EndTime, OriginEndpointId } = await api.describeHarvestJob({ Id: 'demo-clip' })
  const window = ['--start', StartTime ?? '', '--end', EndTime ?? '']
  const words = ['clip', 'create', '--id', 'first-clip', '--endpoint', OriginEndpointId ?? '', ...window]
  done('clip', 'of the same window, by')
  note(`windrow ${words.join(' ')}\n`)
  await runWindrow(words, windrow)
}

async function keepRunning(windrow: WindrowProcess, urls: readonly string[], failure: Promise<void>): Promise<void> {
  console.log('\nIt stays on until you press Ctrl-C.\n')
  for (const url of urls) note(`play   ${url}`)
  note(`data   ${windrow.dataFolder}`)
  note(`API    AWS_SHARED_CREDENTIALS_FILE=${join(windrow.dataFolder, 'credentials')} \\`)
  note(`       aws --endpoint-url ${windrow.url} --region us-east-1 mediapackage list-channels`)
  note(`look   ${windrow.url}/console/`)
  note(`       access key id      ${windrow.credentials.accessKeyId}`)
  note(`       secret access key  ${windrow.credentials.secretAccessKey}`)
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await Promise.race([interrupted, failure])
}

/** What `windrow feed` does as well: the test stream, from now on. */
async function encoderOf(channel: Channel): Promise<Feeder> {
  const { Url, Username, Password } = channel.HlsIngest?.IngestEndpoints?.[0] ?? {}
  if (!Url || !Username || !Password) throw new Error('the channel has no ingest endpoint')
  const pace = { now: Date.now, sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }) }
  return new Feeder(segmentAt(Date.now()), {
    stream: new TestStream(await readRecordedStream(), { renditions: 2, subtitles: false, hasId3: false }),
    deliveries: [new FeedDelivery({ url: Url, username: Username, password: Password }, pace)],
    pace,
  })
}

/** Feeds at real-time pace until told to stop. Throws when the server refuses something. */
async function encode(encoder: Feeder, stop: AbortSignal): Promise<void> {
  try {
    await encoder.begin(stop)
    await encoder.live({ speed: 1 }, stop)
  } catch (error) {
    if (!stop.aborted) throw error
  }
}

async function download(url: URL): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`GET ${url.href} was answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds(PATIENCE_MS)} for ${what}`)
    await sleep(200)
  }
}

/** For a race that only the failure of `work` may win. */
async function neverDone(work: Promise<void>): Promise<never> {
  await work
  return new Promise(() => {})
}

function describe({ resolution, tracks, segments, seconds: length, bytes }: RenditionReport): string {
  return `${resolution.padEnd(8)} ${tracks.join(', ')}; ${segments} segments, ${length.toFixed(1)} s (${(bytes / 1000).toFixed(0)} kB read)`
}

function done(step: string, text: string): void {
  console.log(`  ✔ ${step.padEnd(8)} ${text}`)
}

function note(text: string): void {
  console.log(`             ${text}`)
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`
}
