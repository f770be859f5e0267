/** Encoders, players and harvests at three nodes while one thing after the other befalls them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { type Viewing, watchAll } from '../e2e/encoders-in-turn.ts'
import { createChannel, createHlsEndpoint, createRedundantChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { Player } from '../judges/player.ts'
import { firstRendition } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import type { S3Server } from '../servers/s3-server.ts'
import { Cluster } from './cluster.ts'
import { FfmpegEncoder, InsistentEncoder, PROGRAMME, padded, SOURCE_SECONDS } from './encoders.ts'
import { type Misfortune, misfortunes } from './faults.ts'
import { Harvests } from './harvests.ts'
import { PlaybackRecord } from './playback-record.ts'
import { PutRecord } from './put-record.ts'
import { Auditor, UrlRecord } from './url-record.ts'
import { type Verdicts, verdicts } from './verdicts.ts'

export type AnyNodeRun = {
  readonly seed: number
  /** For how long things befall the nodes, at least; each kind once in any case. */
  readonly seconds: number
  readonly withPlayers: boolean
  readonly only?: RegExp
  readonly startS3?: () => Promise<S3Server>
  readonly log: (line: string) => void
}

/** So long that no stream is late on a busy machine: streams wait for each other as long as segments last. */
const INSISTENT_SECONDS = 6
/** Media that the channels have before the first player comes. */
const BEFORE = 24
/** The most from one misfortune to the next: less in a short run, which has each kind all the same. */
const LONGEST_CALM_MS = 8_000
/** Objects beyond this size are uploaded in parts. */
const LARGE_BYTES = 9_500_000
/** As near to the live edge as HLS is played. */
const NEAR = { SuggestedPresentationDelaySeconds: 8, MinUpdatePeriodSeconds: 2, MinBufferTimeSeconds: 4 }
const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'tv-hls', segmentSeconds: SOURCE_SECONDS },
  { engine: 'shaka', output: 'tv-cmaf', segmentSeconds: SOURCE_SECONDS },
  { engine: 'dash.js', output: 'tv-dash', segmentSeconds: SOURCE_SECONDS },
]

export async function runAnyNode(plan: AnyNodeRun): Promise<Verdicts> {
  const { log } = plan
  const playback = new PlaybackRecord()
  /** Absent until everybody is there. */
  let misfortune: string | undefined
  const puts = new PutRecord()
  const urls = new UrlRecord()
  const slow = new Map<string, number>()
  const programme = await encodeLoop(PROGRAMME)
  const loop = await encodeLoop({ ...TINY, segmentSeconds: INSISTENT_SECONDS })
  const cluster = await Cluster.start({
    environment: { WINDROW_S3_TIMEOUT: '10s', WINDROW_HARVEST_LEASE: '5s' },
    ...(plan.startS3 && { startS3: plan.startS3 }),
    observe(exchange) {
      const { method, path, status, given, took } = exchange
      puts.note(exchange)
      if (misfortune) playback.note(exchange, misfortune)
      if (took > 2_000) slow.set(method, Math.max(slow.get(method) ?? 0, took))
      const isMedia = path.startsWith('/out/') && /\.(ts|mp4|m4s|cmf\w)$/.test(path)
      if (method === 'GET' && status === 200 && given && isMedia) urls.note(path, given, 'the proxy')
    },
  })
  const client = mediaPackage(cluster)
  const stops: (() => unknown)[] = []
  try {
    const inputs = await createRedundantChannel(client, 'tv')
    const manifests = await createEndpoints(client, plan.withPlayers ? SOURCE_SECONDS : INSISTENT_SECONDS)
    const insistent = await Promise.all(
      (['exact', 'large'] as const).map(async (id) => {
        const renditions = id === 'exact' ? loop : [padded(loop[1]!, LARGE_BYTES)]
        const ingest = await createChannel(client, id)
        const url = await createHlsEndpoint(client, id, id, { SegmentDurationSeconds: INSISTENT_SECONDS })
        manifests.set(id, url)
        return { id, ingest, url, encoder: new InsistentEncoder(ingest, renditions, Date.now()) }
      }),
    )
    const began = performance.now() + 1_000
    const first = Date.now()
    const encoders = inputs.map((ingest, n) =>
      plan.withPlayers
        ? new FfmpegEncoder(ingest, programme, { began, persistent: n === 0 })
        : new InsistentEncoder(ingest, loop, first),
    )
    const all = [...encoders, ...insistent.map(({ encoder }) => encoder)]
    const encoding = all.map((encoder) => encoder.run())
    for (const each of encoding) each.catch(() => {})
    stops.push(() => {
      for (const encoder of all) encoder.stop()
    })
    for (const id of ['tv-hls', 'exact', 'large']) {
      await eventually(`media at ${id}`, async () => {
        const segments = await firstRendition(manifests.get(id)!).catch(() => [])
        return segments.length >= 2 || undefined
      })
    }
    await sleep(BEFORE * 1000)
    const paths = [...manifests.values()].map((url) => new URL(url).pathname)
    const auditor = new Auditor(cluster.nodes, paths, urls)
    auditor.start()
    stops.push(() => auditor.stop())
    const tv = manifests.get('tv-hls')!
    const harvests = new Harvests(
      cluster,
      new Map([...['tv-hls', 'tv-cmaf', 'tv-dash'].map((id) => [id, tv] as const), ['exact', manifests.get('exact')!]]),
      log,
    )
    harvests.start()
    stops.push(() => harvests.stop())

    const player = plan.withPlayers ? await Player.start() : undefined
    stops.push(() => player?.stop())
    const over = Promise.withResolvers<void>()
    const viewings = player ? VIEWINGS : []
    const watched = player && watchAll(player, viewings, manifests, over.promise, true)
    await watched?.begun
    log('everybody is there')
    misfortune = 'nothing yet'
    await befallAll(cluster, plan, (name) => {
      misfortune = name
    })
    await sleep(LONGEST_CALM_MS)
    over.resolve()
    const seen = (await watched?.watching) ?? []
    await player?.stop()
    for (const encoder of all) encoder.stop()
    log('the encoders end')
    await Promise.all(encoding)
    await harvests.stop()
    await sleep(5_000)
    await auditor.stop()
    for (const [n, encoder] of encoders.entries()) {
      log(`encoder ${n + 1} ended ${encoder.ends.length} times`)
      for (const end of encoder.ends.slice(-3)) log(`encoder ${n + 1} ended: ${end.replaceAll('\n', ' | ')}`)
    }
    return await verdicts({
      cluster,
      puts,
      urls,
      auditor,
      harvests,
      playback,
      seen,
      slow,
      manifests,
      since: first - 60_000,
      tv: inputs,
      insistent,
      isInsistent: !plan.withPlayers,
      log,
    })
  } finally {
    for (const stop of stops) await stop()
    await cluster.stop()
  }
}

async function createEndpoints(client: MediaPackageClient, seconds: number): Promise<Map<string, string>> {
  const common = { ChannelId: 'tv', StartoverWindowSeconds: 86_400 }
  const HlsManifests = [{ Id: 'viewer', ProgramDateTimeIntervalSeconds: 2 }]
  const cmaf = new CreateOriginEndpointCommand({
    ...common,
    Id: 'tv-cmaf',
    CmafPackage: { SegmentDurationSeconds: seconds, HlsManifests },
  })
  const dash = new CreateOriginEndpointCommand({
    ...common,
    Id: 'tv-dash',
    DashPackage: { SegmentDurationSeconds: seconds, ...NEAR },
  })
  return new Map([
    ['tv-hls', await createHlsEndpoint(client, 'tv', 'tv-hls', { SegmentDurationSeconds: seconds })],
    ['tv-cmaf', (await client.send(cmaf)).CmafPackage!.HlsManifests![0]!.Url!],
    ['tv-dash', (await client.send(dash)).Url!],
  ])
}

async function befallAll(
  cluster: Cluster,
  { seed, seconds, only = /(?:)/, log }: AnyNodeRun,
  onNext: (name: string) => void,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  for (let round = 0; round === 0 || performance.now() < end; round++) {
    const all: readonly Misfortune[] = misfortunes(seed + round).filter(({ name }) => only.test(name))
    for (const { name, befall } of all) {
      if (round > 0 && performance.now() > end) return
      log(`${new Date().toISOString()} ${name}`)
      onNext(name)
      await befall(cluster)
      onNext(`after ${name}`)
      await sleep(Math.min(LONGEST_CALM_MS, (seconds * 1000) / all.length))
    }
  }
}
