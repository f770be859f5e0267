import assert from 'node:assert/strict'
import { join } from 'node:path'
import {
  DescribeChannelCommand,
  ListHarvestJobsCommand,
  ListOriginEndpointsCommand,
} from '@aws-sdk/client-mediapackage'
import pg from 'pg'
import { copy, killedCopy, refusedCopy } from '../judges/archive-copy.ts'
import {
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import { type Answer, DigestClient } from '../judges/digest-client.ts'
import { encodeLoop, type LoopRendition, TINY } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually, start, temporaryFolder } from '../judges/processes.ts'
import { Pusher, segmentName } from '../judges/pusher.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'

const { after, before, describe, it } = needing('ffmpeg', 'postgres', 'swift')

/** So long that no stream is late on a busy machine: streams wait for each other as long as segments last. */
const SEGMENT_SECONDS = 6

/** An encoder that follows the archive from server to server. */
class MovingPusher extends Pusher {
  private readonly moving: Ingest
  private server: Windrow
  private digest: DigestClient

  constructor(ingest: Ingest, renditions: readonly LoopRendition[], firstDate: number, server: Windrow) {
    super(ingest, renditions, firstDate)
    this.moving = ingest
    this.server = server
    this.digest = new DigestClient(ingest.username, ingest.password)
  }

  moveTo(server: Windrow): void {
    this.digest.close()
    this.digest = new DigestClient(this.moving.username, this.moving.password)
    this.server = server
  }

  override put(name: string, body: Uint8Array): Promise<Answer> {
    return this.digest.send('PUT', `${new URL(new URL(this.urlOf(name)).pathname, this.server.url)}`, { body })
  }

  override close(): void {
    super.close()
    this.digest.close()
  }
}

describe('an archive that grows up, and comes back', () => {
  let database: PostgresServer
  let swift: S3Server
  let s3: S3
  let databaseUrl: string
  let embedded: Windrow
  let node: Windrow
  let pusher: MovingPusher
  let playback: string
  /** What the embedded server says and plays before it is stopped. */
  let whenEmbedded: Readonly<Record<string, string>>
  let s3Settings: Readonly<Record<string, string>>
  let cluster: Readonly<Record<string, string>>
  let toCluster: Readonly<Record<string, string>>
  before(async () => {
    const servers = await Promise.all([startPostgres(), startSwift()])
    database = servers[0]
    swift = servers[1]
    s3 = openS3(swift)
    await s3.makeBucket('archive')
    await s3.makeBucket('clips')
    databaseUrl = await database.createDatabase()
    s3Settings = harvestsTo(swift)
    cluster = { ...s3Settings, WINDROW_DATABASE_URL: databaseUrl, WINDROW_ARCHIVE_BUCKET: 'archive/live' }
    embedded = await Windrow.start({ environment: s3Settings })
    toCluster = {
      ...s3Settings,
      WINDROW_DATA: embedded.dataFolder,
      WINDROW_TO_DATABASE_URL: databaseUrl,
      WINDROW_TO_ARCHIVE_BUCKET: 'archive/live',
    }
    const client = mediaPackage(embedded)
    const ingest = await createChannel(client, 'tv')
    playback = new URL(
      await createHlsEndpoint(client, 'tv', 'hls', {
        SegmentDurationSeconds: SEGMENT_SECONDS,
        PlaylistWindowSeconds: 300,
      }),
    ).pathname
    pusher = new MovingPusher(
      ingest,
      await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS }),
      Date.now() - 240_000,
      embedded,
    )
    await pusher.pushParent()
    await pushTo(5)
    await createHarvestJob(client, 'early', 'hls', windowOf(0, 3), 'clips', 'early/index.m3u8')
    assert.equal(await harvestOutcome(client, 'early'), 'SUCCEEDED')
  })
  after(async () => {
    pusher?.close()
    await Promise.all([embedded?.stop(), node?.stop()])
    await Promise.all([database?.stop(), swift?.stop()])
  })

  const pushTo = async (count: number) => {
    while (pusher.published < count) await pusher.pushNext()
  }

  const windowOf = (from: number, to: number) => ({
    startTime: new Date(pusher.dateOf(from)).toISOString(),
    endTime: new Date(pusher.dateOf(to)).toISOString(),
  })

  /** What a server lists, with the digest of every segment, and what it answers to clients of the API. */
  async function shown(server: Windrow): Promise<Readonly<Record<string, string>>> {
    const parent = `${new URL(playback, server.url)}`
    const found: Record<string, string> = {}
    for (const rendition of renditionsOf((await fetchBytes(parent)).toString(), parent)) {
      const { pathname } = new URL(rendition.url)
      found[pathname] = (await fetchBytes(rendition.url)).toString()
      for (const { uri } of (await fetchMediaPlaylist(rendition.url)).segments) {
        found[`${pathname} ${uri}`] = sha256(await fetchBytes(`${new URL(uri, rendition.url)}`))
      }
    }
    const client = mediaPackage(server)
    const answers = await Promise.all([
      client.send(new DescribeChannelCommand({ Id: 'tv' })),
      client.send(new ListOriginEndpointsCommand({})),
      client.send(new ListHarvestJobsCommand({})),
    ])
    answers.forEach(({ $metadata: _, ...answer }, i) => {
      found[`API ${i}`] = JSON.stringify(answer).replaceAll(server.url, '')
    })
    return found
  }

  const listedAt = async (server: Windrow) => {
    const parent = `${new URL(playback, server.url)}`
    const [rendition] = renditionsOf((await fetchBytes(parent)).toString(), parent)
    return (await fetchMediaPlaylist(rendition!.url)).segments
  }

  it('copies media while the server runs, and is killed over it', async () => {
    const flags = ['--only', 'media']
    assert.match(await refusedCopy(toCluster), /in use by another process; stop the server first, or use --only media/)
    await killedCopy({ put: 7 }, toCluster, ...flags)
    const { outcome, objects } = await copy(toCluster, ...flags)
    assert.equal(outcome, 'MEDIA_COPIED')
    assert.ok(objects <= 5 * pusher.renditions.length)
    assert.equal((await copy(toCluster, ...flags)).objects, 0, 'nothing is copied twice')
    await pushTo(8)
    // No playlist lists it yet: that comes after the move.
    const { status } = await pusher.put(segmentName(pusher.renditions[0]!.name, 8), pusher.renditions[0]!.segment(8))
    assert.equal(status, 201)
    whenEmbedded = await shown(embedded)
  })

  it('is no archive to any server while its rows are being copied', async () => {
    assert.equal(await embedded.stop(), 0)
    await killedCopy({ phase: 'rows' }, toCluster)
    const early = start(process.execPath, [join(import.meta.dirname, '../../bin/windrow'), 'serve'], {
      env: {
        PATH: process.env['PATH'],
        WINDROW_DATA: temporaryFolder('early'),
        WINDROW_LISTEN: '127.0.0.1:0',
        ...cluster,
      },
    })
    assert.equal(await early.ended, 1)
    assert.match(
      early.said(),
      /an archive is being copied into it; finish that by running "windrow archive copy" again/,
    )
  })

  it('is the same on PostgreSQL and S3, where numbers go on', async () => {
    const { outcome, objects, lost } = await copy(toCluster)
    assert.deepEqual([outcome, objects, lost], ['COPIED', 0, 0])
    node = await Windrow.start({ environment: cluster })
    assert.deepEqual(await shown(node), whenEmbedded)
    assert.match(await refusedCopy(toCluster), /has an archive already/)

    pusher.moveTo(node)
    const earlier = await listedAt(node)
    await pushTo(12)
    const segments = await eventually('all segments', async () => {
      const listed = await listedAt(node)
      return listed.length === 12 ? listed : undefined
    })
    assert.deepEqual(
      segments.slice(0, earlier.length).map(({ uri }) => uri),
      earlier.map(({ uri }) => uri),
    )
    assert.deepEqual(
      segments.map(({ mediaSequenceNumber }) => mediaSequenceNumber),
      segments.map((_, i) => i + 1),
    )
  })

  it('harvests across the move what was sent', async () => {
    await createHarvestJob(mediaPackage(node), 'across', 'hls', windowOf(6, 10), 'clips', 'across/index.m3u8')
    assert.equal(await harvestOutcome(mediaPackage(node), 'across'), 'SUCCEEDED')
    const keys = (await s3.keys('clips', 'across/')).filter((key) => key.endsWith('.ts'))
    const digests = await Promise.all(keys.map(async (key) => sha256((await s3.get('clips', key))!)))
    const pushed = pusher.renditions.flatMap((rendition) => [6, 7, 8, 9].map((n) => sha256(rendition.segment(n))))
    assert.deepEqual(digests.toSorted(), pushed.toSorted())
  })

  it('comes back into a folder, killed on the way, and is the same again', async () => {
    const onNode = await shown(node)
    const folder = join(temporaryFolder('back'), 'data')
    assert.match(
      await refusedCopy(cluster, '--to-data', folder),
      /is in use by windrow serve at 127\.0\.0\.1; stop them first/,
    )
    assert.equal((await copy(cluster, '--to-data', folder, '--only', 'media')).outcome, 'MEDIA_COPIED')
    assert.equal(await node.stop(), 0)
    await killedCopy({ phase: 'verification' }, cluster, '--to-data', folder)
    assert.equal((await copy(cluster, '--to-data', folder)).outcome, 'COPIED')

    // What was in the bucket without a row is gone, and every row has its object.
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    const { rows } = await client.query<{ key: string }>('SELECT key FROM windrow.source_object')
    await client.end()
    assert.deepEqual((await s3.keys('archive')).toSorted(), rows.map(({ key }) => `live/${key}`).toSorted())

    embedded = await Windrow.start({ environment: s3Settings, dataFolder: folder })
    assert.deepEqual(await shown(embedded), onNode)
    pusher.moveTo(embedded)
    await pushTo(14)
    await eventually('two more segments', async () => (await listedAt(embedded)).length === 14 || undefined)
  })
})
