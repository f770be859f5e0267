import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateOriginEndpointCommand,
  DeleteChannelCommand,
  type MediaPackageClient,
} from '@aws-sdk/client-mediapackage'
import { apiOf, createChannel, type Ingest, mediaPackage } from '../judges/aws.ts'
import { backUpOf, restoreTo, startBackup, verifyBackup } from '../judges/backup.ts'
import type { Answer } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf } from '../judges/playlists.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { Windrow } from '../judges/windrow.ts'

const CHANNELS = ['news', 'sport']
const PLAYLIST_SECONDS = 60
/** Snapshots that backups keep: few, so that each removes something. */
const KEPT = 3
const PAUSE_MS = 20

export type Backups = {
  readonly seed: number
  /** How long is pushed and backed up at least, and how many backups are killed at least. */
  readonly seconds: number
  readonly leastKilled: number
  /** The share of backups that are killed. */
  readonly kills: number
  readonly log: (line: string) => void
}

export type BackupFigures = {
  readonly backups: number
  readonly killed: number
  readonly objectsCompared: number
  readonly segmentsPlayed: number
  readonly objectsRemoved: number
  readonly 'objects deleted by retention': number
  readonly 'PUTs beside backups': number
  readonly 'p99 of PUTs beside backups, ms': number
  readonly 'p99 of other PUTs, ms': number
}

/**
 * Backs up a server again and again, and kills many of the backups, while encoders push and retention deletes. Throws
 * unless every finished backup has, when it is restored, all that was in the index before it began and still was after
 * it, by key and SHA-256, and plays it under the same URLs; and unless no killed one has damaged those before.
 */
export async function runBackups({ seed, seconds, leastKilled, kills, log }: Backups): Promise<BackupFigures> {
  const random = seededRandom(seed)
  const loop = await encodeLoop()
  const server = await Windrow.start({
    environment: { WINDROW_LIVE_RETENTION: '1s', WINDROW_RETENTION_GRACE: '0s' },
  })
  const client = mediaPackage(server)
  const gone = await createChannel(client, 'gone')
  const puts: Put[] = []
  const encoders: Encoder[] = []
  for (const id of CHANNELS) {
    const ingest = await createChannel(client, id)
    const url = await createBriefEndpoint(client, id)
    encoders.push({ url, pusher: new TimedPusher(ingest, loop, Date.now() - 3_600_000, puts) })
  }
  const pushed = new TimedPusher(gone, loop, Date.now() - 3_600_000, puts)
  await pushed.pushParent()
  while (pushed.published < 8) await pushed.pushNext()
  pushed.close()
  let stopping = false
  const pushing = Promise.all(
    encoders.map(async ({ pusher }) => {
      await pusher.pushParent()
      while (!stopping) {
        await pusher.pushNext()
        await sleep(PAUSE_MS)
      }
    }),
  )
  pushing.catch(() => {})

  const places = [temporaryFolder('backup'), otherFileSystem()].filter((place) => place !== undefined)
  const figures = { backups: 0, killed: 0, objectsCompared: 0, segmentsPlayed: 0, objectsRemoved: 0 }
  const spans: { readonly from: number; readonly to: number }[] = []
  const named = new Set<string>()
  try {
    while (encoders.some(({ pusher }) => pusher.published < 8)) await sleep(PAUSE_MS)
    await client.send(new DeleteChannelCommand({ Id: 'gone' }))
    const until = performance.now() + seconds * 1000
    const isEnough = () => seconds === 0 || (figures.killed >= leastKilled && figures.objectsRemoved > 0)
    for (let round = 0; round === 0 || performance.now() < until || !isEnough(); round++) {
      const folder = join(places[round % places.length]!, 'DIR')
      const before = await indexOf(server)
      const listed = await Promise.all(encoders.map((encoder) => listOf(encoder.url, server)))
      const from = performance.now()
      if (round >= places.length && random.next() < kills) {
        await killed(server, folder, random)
        spans.push({ from, to: performance.now() })
        figures.killed++
        if (random.next() < 0.3) assert.equal((await verifyBackup(folder)).faults, 0)
        continue
      }
      const report = await backUpOf(server, folder, '--keep', String(KEPT))
      spans.push({ from, to: performance.now() })
      assert.equal(report.lost, 0)
      figures.backups++
      figures.objectsRemoved += report.removed.objects
      const still = await Promise.all(encoders.map((encoder) => listOf(encoder.url, server)))
      const after = await indexOf(server)
      for (const key of before.objects.keys()) named.add(key)
      const restored = temporaryFolder('restored')
      const { lost, missing } = await restoreTo(folder, restored)
      assert.deepEqual([lost, missing], [0, 0])
      figures.objectsCompared += compare(before, after, indexAt(join(restored, 'windrow.db')), restored)
      figures.segmentsPlayed += await play(restored, server, encoders, loop, listed, still)
      rmSync(restored, { recursive: true })
      if (figures.backups % 5 === 0) log(`${figures.backups} backups, ${figures.killed} killed`)
    }
    if (seconds > 0) for (const place of places) await verifyBackup(join(place, 'DIR'))
    for (const key of (await indexOf(server)).objects.keys()) named.delete(key)
    stopping = true
    await pushing
    assert.equal(await server.stop(), 0)
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\nThe log ends with\n${server.log.slice(-3000)}`, {
      cause: error,
    })
  } finally {
    stopping = true
    for (const { pusher } of encoders) pusher.close()
    await server.kill()
    for (const place of places) rmSync(place, { recursive: true, force: true })
  }
  const isBeside = ({ from, to }: Put) => spans.some((span) => from < span.to && to > span.from)
  const beside = puts.filter(isBeside)
  return {
    ...figures,
    'objects deleted by retention': named.size,
    'PUTs beside backups': beside.length,
    'p99 of PUTs beside backups, ms': p99(beside),
    'p99 of other PUTs, ms': p99(puts.filter((put) => !isBeside(put))),
  }
}

/** An endpoint without a startover window: its channel keeps for a minute what live viewing needs. */
async function createBriefEndpoint(client: MediaPackageClient, channel: string): Promise<string> {
  const { Url } = await client.send(
    new CreateOriginEndpointCommand({
      ChannelId: channel,
      Id: `${channel}-hls`,
      HlsPackage: {
        SegmentDurationSeconds: 1,
        PlaylistWindowSeconds: PLAYLIST_SECONDS,
        ProgramDateTimeIntervalSeconds: 1,
      },
    }),
  )
  return Url!
}

type Put = { readonly from: number; readonly to: number }
type Encoder = { readonly url: string; readonly pusher: Pusher }

/** Notes how long each PUT took. */
class TimedPusher extends Pusher {
  private readonly puts: Put[]

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number, puts: Put[]) {
    super(ingest, renditions, firstDate)
    this.puts = puts
  }

  override async put(name: string, body: Uint8Array): Promise<Answer> {
    const from = performance.now()
    const answer = await super.put(name, body)
    this.puts.push({ from, to: performance.now() })
    return answer
  }
}

function p99(puts: readonly Put[]): number {
  const sorted = puts.map(({ from, to }) => to - from).toSorted((a, b) => a - b)
  return Number((sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1))
}

/** A folder where backups are copies, if there is another file system. */
function otherFileSystem(): string | undefined {
  const here = statSync(temporaryFolder('here')).dev
  for (const folder of ['/dev/shm', '/tmp']) {
    const { dev } = statSync(folder, { throwIfNoEntry: false }) ?? { dev: here }
    if (dev !== here) return mkdtempSync(join(folder, 'windrow-backup-'))
  }
  return undefined
}

/** Kills a backup somewhere on its way. */
async function killed(server: Windrow, folder: string, random: Random): Promise<void> {
  const backup = startBackup(server, folder, '--keep', String(KEPT))
  await Promise.race([sleep(random.integer(100, 1200)), backup.ended])
  backup.child.kill('SIGKILL')
  await backup.ended
}

/** What an index names, with the digests of what is in slots, and what channels and endpoints it has. */
type Index = { readonly objects: ReadonlyMap<string, string | undefined>; readonly nouns: readonly string[] }

function indexAt(path: string): Index {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const all = <Row>(sql: string) => database.prepare(sql).all() as Row[]
    const objects = new Map<string, string | undefined>()
    for (const { key } of all<{ key: string }>('SELECT key FROM source_object')) objects.set(key, undefined)
    for (const { body } of all<{ body: string }>('SELECT body FROM slot')) {
      const slot = JSON.parse(body) as { readonly objects: Readonly<Record<number, { key: string; sha256: string }>> }
      for (const { key, sha256 } of Object.values(slot.objects)) objects.set(key, sha256)
    }
    const nouns = ['channel', 'origin_endpoint'].flatMap((table) =>
      all<{ body: string }>(`SELECT body FROM ${table} ORDER BY seq`).map(({ body }) => body),
    )
    return { objects, nouns }
  } finally {
    database.close()
  }
}

/** What the index of a running server names now. */
async function indexOf(server: Windrow): Promise<Index> {
  const api = apiOf(server)
  const { id } = (await api.ask('POST', 'index_snapshots')) as { readonly id: string }
  try {
    return indexAt(join(server.dataFolder, 'index-snapshots', `${id}.db`))
  } finally {
    await api.ask('DELETE', `index_snapshots/${id}`)
  }
}

/** All that was named before a backup and still was after it must be in the archive restored from it, whole. */
function compare(before: Index, after: Index, restored: Index, dataFolder: string): number {
  for (const key of before.objects.keys()) {
    if (after.objects.has(key)) assert.ok(restored.objects.has(key), `object ${key} is not in the backup`)
  }
  for (const [key, sha256] of restored.objects) {
    const found = createHash('sha256')
      .update(readFileSync(join(dataFolder, 'objects', key)))
      .digest('hex')
    const expected = sha256 ?? after.objects.get(key) ?? found
    assert.equal(found, expected, `object ${key} has other bytes than were stored`)
  }
  assert.deepEqual(restored.nouns, after.nouns)
  return restored.objects.size
}

/** The segments that the playlists of an endpoint list, by the path of their URL. */
async function listOf(url: string, { url: of }: Windrow): Promise<ReadonlyMap<string, number>> {
  const at = (path: string) => `${new URL(new URL(path).pathname, of)}`
  const listed = new Map<string, number>()
  for (const { url: rendition } of renditionsOf((await fetchBytes(at(url))).toString(), url)) {
    for (const segment of (await fetchMediaPlaylist(at(rendition))).segments) {
      listed.set(new URL(segment.uri, rendition).pathname, segment.programDateTime!.getTime())
    }
  }
  return listed
}

/** Plays what is restored, as long as that was listed both before the backup and after it. */
async function play(
  dataFolder: string,
  { accessKeyId }: Windrow,
  encoders: readonly Encoder[],
  loop: readonly LoopRendition[],
  listed: readonly ReadonlyMap<string, number>[],
  still: readonly ReadonlyMap<string, number>[],
): Promise<number> {
  const server = await Windrow.start({ dataFolder, environment: { WINDROW_LIVE_RETENTION: '1h' } })
  let played = 0
  try {
    assert.equal(server.accessKeyId, accessKeyId)
    for (const [at, { url, pusher }] of encoders.entries()) {
      const found = await listOf(url, server)
      for (const path of listed[at]!.keys()) {
        if (still[at]!.has(path)) assert.ok(found.has(path), `${path} is not listed any more`)
      }
      for (const [path, date] of found) {
        const number = Math.round((date - pusher.dateOf(0)) / 1000)
        const bytes = await fetchBytes(`${new URL(path, server.url)}`)
        assert.ok(
          loop.some((rendition) => rendition.segment(number).equals(bytes)),
          `${path} has other bytes than were put`,
        )
        played++
      }
    }
  } finally {
    await server.kill()
  }
  return played
}
