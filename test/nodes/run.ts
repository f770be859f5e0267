/** Encoders, players and harvests at three nodes while one thing after the other befalls them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { inWords, type Viewing, watchAll } from '../e2e/encoders-in-turn.ts'
import { createChannel, createHlsEndpoint, createRedundantChannel, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { Player } from '../judges/player.ts'
import { firstRendition } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import type { S3Server } from '../servers/s3-server.ts'
import { type Accounts, Cluster } from './cluster.ts'
import { FfmpegEncoder, InsistentEncoder, PROGRAMME, padded, SOURCE_SECONDS } from './encoders.ts'
import { type Misfortune, misfortunes } from './faults.ts'
import { Harvests } from './harvests.ts'
import { PutRecord } from './put-record.ts'
import { Auditor, UrlRecord } from './url-record.ts'

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
/** From one misfortune to the next. */
const CALM_MS = 8_000
/** Objects beyond this size are uploaded in parts. */
const LARGE_BYTES = 9_500_000
/** As near to the live edge as HLS is played. */
const NEAR = { SuggestedPresentationDelaySeconds: 8, MinUpdatePeriodSeconds: 2, MinBufferTimeSeconds: 4 }
const VIEWINGS: readonly Viewing[] = [
  { engine: 'hls.js', output: 'tv-hls', segmentSeconds: SOURCE_SECONDS },
  { engine: 'shaka', output: 'tv-cmaf', segmentSeconds: SOURCE_SECONDS },
  { engine: 'dash.js', output: 'tv-dash', segmentSeconds: SOURCE_SECONDS },
]

export type AnyNodeOutcome = {
  readonly faults: readonly string[]
  readonly figures: Readonly<Record<string, string | number>>
}

export async function runAnyNode(plan: AnyNodeRun): Promise<AnyNodeOutcome> {
  const { log } = plan
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
    )
    harvests.start()
    stops.push(() => harvests.stop())

    const player = plan.withPlayers ? await Player.start() : undefined
    stops.push(() => player?.stop())
    const over = Promise.withResolvers<void>()
    const viewings = player ? VIEWINGS : []
    const watched = player && watchAll(player, viewings, manifests, over.promise)
    await watched?.begun
    log('everybody is there')
    await befallAll(cluster, plan)
    await sleep(CALM_MS)
    over.resolve()
    const seen = (await watched?.watching) ?? []
    await player?.stop()
    for (const encoder of all) encoder.stop()
    log('the encoders end')
    await Promise.all(encoding)
    await harvests.stop()
    await sleep(5_000)
    await auditor.stop()
    log('the harvests are judged')
    cluster.expectAlive()

    const faults: string[] = []
    faults.push(
      ...seen.flatMap(({ engine, output, errors }) => errors.map((error) => `${engine}, ${output}: ${error}`)),
    )
    for (const line of inWords(seen)) log(line)
    const harvested = await harvests.judge()
    faults.push(...harvested.faults)
    log(harvested.figures)
    for (const id of ['tv-hls', 'exact', 'large']) {
      const manifest = new URL(manifests.get(id)!).pathname
      const paths = await auditor.pathsWithin(cluster.nodes[0]!, manifest, first - 60_000, Date.now() + 60_000)
      for (const path of paths) if (!urls.digestOf(path)) await auditor.fetch(cluster.nodes[0]!, path)
    }
    const again = await everyUrlAgain(cluster, auditor, urls)
    faults.push(...again, ...urls.violations)
    for (const { id, ingest, url } of insistent) {
      const { digests } = urls.below(folderOf(url))
      const promised = puts.of(ingest.url)
      const lost = promised.filter(({ digest }) => !digests.has(digest))
      faults.push(...lost.map(({ name }) => `${id}: ${name} was promised, and is not served`))
      log(`${id}: ${promised.length} segments promised, ${lost.length} not served`)
    }
    const missing = missingMedia(
      inputs.map(({ url }) => puts.of(url)),
      urls,
      folderOf(manifests.get('tv-hls')!),
    )
    log(`tv: ${missing.promised} segments promised at either input, ${missing.names.length} not served`)
    if (missing.names.length > 0) log(`not served of tv: ${missing.names.join(' ')}`)
    // ffmpeg does not insist: what one stream of it has lost is no fault of the nodes.
    if (!plan.withPlayers) faults.push(...missing.names.map((name) => `tv: ${name} was promised, and is not served`))
    const accounts = await cluster.accounts()
    log(`in the bucket: ${inNumbers(accounts)}`)
    faults.push(...accounts.unknown.map((key) => `no row knows ${key}`))
    faults.push(...accounts.missing.map((key) => `a row knows ${key}, which is not in the bucket`))
    await cluster.ageStaged()
    for (const n of cluster.nodes.keys()) await cluster.killNode(n, 0)
    await eventually('what killed nodes left to go', async () => {
      const { staged, pending, unknown, uploads } = await cluster.accounts()
      return staged + pending + unknown.length + uploads.length === 0 || undefined
    })
    log(`an hour later: ${inNumbers(await cluster.accounts())}`)
    for (const [n, encoder] of encoders.entries()) {
      for (const end of encoder.ends) log(`encoder ${n + 1} ended: ${end.replaceAll('\n', ' | ')}`)
    }
    const longest = seen.map(({ engine, output, stalls }) => {
      return [`longest stall, ${engine} ${output}`, `${Math.max(0, ...stalls.map((s) => s.seconds)).toFixed(2)} s`]
    })
    return {
      faults,
      figures: {
        ...Object.fromEntries(longest),
        'PUTs by status': JSON.stringify(Object.fromEntries(puts.statuses)),
        'slowest PUT that was taken, ms': Math.round(puts.slowestMs),
        'slowest answers, ms': JSON.stringify(Object.fromEntries(slow)),
        'URLs compared': urls.size,
        'media not there yet at a node': urls.late.size,
        refusals: JSON.stringify(Object.fromEntries(auditor.refusals)),
        harvests: harvested.figures,
        'tv segments not served': missing.names.length,
        'encoder ends': encoders.map(({ ends }) => ends.length).join(', '),
      },
    }
  } finally {
    for (const stop of stops) await stop()
    await cluster.stop()
  }
}

const inNumbers = ({ unknown, missing, uploads, ...counts }: Accounts) =>
  JSON.stringify({ ...counts, unknown: unknown.length, missing: missing.length, uploads: uploads.length })

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

async function befallAll(cluster: Cluster, { seed, seconds, only = /(?:)/, log }: AnyNodeRun): Promise<void> {
  const end = performance.now() + seconds * 1000
  for (let round = 0; round === 0 || performance.now() < end; round++) {
    const all: readonly Misfortune[] = misfortunes(seed + round).filter(({ name }) => only.test(name))
    for (const { name, befall } of all) {
      if (round > 0 && performance.now() > end) return
      log(`${new Date().toISOString()} ${name}`)
      await befall(cluster)
      await sleep(CALM_MS)
    }
  }
}

/** Each URL that anybody was ever given, once more at every node. */
async function everyUrlAgain(cluster: Cluster, auditor: Auditor, urls: UrlRecord): Promise<readonly string[]> {
  const faults: string[] = []
  const { paths } = urls
  const each = async (path: string) => {
    for (const node of cluster.nodes) {
      let reason: string | undefined
      for (let tries = 0; tries < 3; tries++) {
        reason = await auditor.fetch(node, path)
        if (reason === undefined) break
      }
      if (reason !== undefined) faults.push(`${path} is not to be had at ${node.url} any more: ${reason}`)
    }
  }
  for (let at = 0; at < paths.length; at += 8) await Promise.all(paths.slice(at, at + 8).map(each))
  return faults
}

const folderOf = (url: string) => new URL('.', url).pathname

/** What either input was promised and no viewer was given, by the time of its first picture. */
function missingMedia(
  promised: readonly (readonly { readonly name: string; readonly pts: number | undefined }[])[],
  urls: UrlRecord,
  folder: string,
): { readonly promised: number; readonly names: readonly string[] } {
  const { ptsOf } = urls.below(folder)
  const shown = [...ptsOf.values()]
  const first = Math.min(...shown.flatMap((each) => [...each]))
  const names = new Set<string>()
  const all = new Set<string>()
  for (const { name, pts } of promised.flat()) {
    if (pts === undefined || pts < first) continue
    const [, rendition = ''] = /-(\w+)-\d+\.ts$/.exec(name) ?? []
    all.add(`${rendition} ${pts}`)
    // Renditions of one ladder have the same times: each is served under as many streams.
    const count = shown.filter((each) => each.has(pts)).length
    if (count < shown.length) names.add(`${rendition}@${(pts / 90_000).toFixed(0)}`)
  }
  return { promised: all.size, names: [...names] }
}
