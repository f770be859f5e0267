import assert from 'node:assert/strict'
import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { createChannel, createHarvestJob, createHlsEndpoint, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { RotatingPusher } from '../judges/rotating-pusher.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'
import { apiOf, describeHarvest } from './harvest-faults.ts'

const { after, before, describe, it } = needing('ffmpeg', 'postgres', 'swift')

const NODES = 3
const SEGMENTS = 8
/** So long that no stream is late on a busy machine: streams wait for each other as long as segments last. */
const SEGMENT_SECONDS = 6

describe('three nodes on one PostgreSQL and one S3 store', () => {
  let database: PostgresServer
  let swift: S3Server
  let s3: S3
  let nodes: readonly Windrow[]
  let pusher: RotatingPusher
  /** Playback paths by format. */
  const paths = new Map<string, string>()
  before(async () => {
    const servers = await Promise.all([startPostgres(), startSwift()])
    database = servers[0]
    swift = servers[1]
    s3 = openS3(swift)
    await s3.makeBucket('archive')
    await s3.makeBucket('clips')
    const environment = {
      ...harvestsTo(swift),
      WINDROW_DATABASE_URL: await database.createDatabase(),
      WINDROW_ARCHIVE_BUCKET: 'archive/live',
    }
    nodes = await Promise.all(Array.from({ length: NODES }, () => Windrow.start({ environment })))
    const clients = nodes.map(mediaPackage)
    const ingest = await createChannel(clients[0]!, 'tv')
    paths.set(
      'hls',
      new URL(await createHlsEndpoint(clients[1]!, 'tv', 'hls', { SegmentDurationSeconds: SEGMENT_SECONDS })).pathname,
    )
    const { CmafPackage } = await clients[2]!.send(
      new CreateOriginEndpointCommand({
        ChannelId: 'tv',
        Id: 'cmaf',
        StartoverWindowSeconds: 3600,
        CmafPackage: { SegmentDurationSeconds: SEGMENT_SECONDS, HlsManifests: [{ Id: 'viewer' }] },
      }),
    )
    paths.set('cmaf', new URL(CmafPackage!.HlsManifests![0]!.Url!).pathname)
    pusher = new RotatingPusher(
      ingest,
      await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS }),
      Date.now() - 240_000,
      nodes,
    )
    await pusher.pushParent()
  })
  after(async () => {
    pusher?.close()
    await Promise.all((nodes ?? []).map((node) => node.stop()))
    await Promise.all([database?.stop(), swift?.stop()])
  })

  const pushTo = async (count: number) => {
    while (pusher.published < count) await pusher.pushNext()
  }

  /** What a node lists of a format: each media playlist, and the digest of every segment in it. */
  async function shown({ url }: Windrow, format: string): Promise<Readonly<Record<string, string>>> {
    const parent = `${new URL(paths.get(format)!, url)}`
    const found: Record<string, string> = {}
    for (const rendition of renditionsOf((await fetchBytes(parent)).toString(), parent)) {
      const { pathname } = new URL(rendition.url)
      found[pathname] = (await fetchBytes(rendition.url)).toString()
      for (const { uri } of (await fetchMediaPlaylist(rendition.url)).segments) {
        found[`${pathname} ${uri}`] = sha256(await fetchBytes(`${new URL(uri, rendition.url)}`))
      }
    }
    return found
  }

  const segmentsAt = async (node: Windrow, format: string): Promise<number> => {
    const response = await fetch(`${new URL(paths.get(format)!, node.url)}`)
    const parent = await response.text()
    if (!response.ok) return 0
    const [rendition] = renditionsOf(parent, response.url)
    return rendition ? (await fetchMediaPlaylist(rendition.url)).segments.length : 0
  }

  /** Each node lists what every other does, with the same bytes. */
  async function agree(): Promise<void> {
    for (const format of paths.keys()) {
      const first = await segmentsAt(nodes[0]!, format)
      for (const node of nodes) {
        await eventually(
          `${node.url} to list as much`,
          async () => (await segmentsAt(node, format)) >= first || undefined,
        )
      }
      const [one, ...others] = await Promise.all(nodes.map((node) => shown(node, format)))
      for (const other of others) assert.deepEqual(other, one)
    }
  }

  it('take one encoder in, request by request, and show the same', async () => {
    await pushTo(SEGMENTS)
    for (const node of nodes) {
      await eventually(`${node.url} to list all`, async () => (await segmentsAt(node, 'hls')) === SEGMENTS || undefined)
    }
    await agree()
    const pushed = pusher.renditions.map((rendition) => sha256(rendition.segment(0)))
    const digests = Object.values(await shown(nodes[1]!, 'hls'))
    for (const digest of pushed) assert.ok(digests.includes(digest), 'the first segment is served as it was put')
  })

  it('go on when one is killed, which is a node again without what it had', async () => {
    await nodes[1]!.kill()
    await pushTo(2 * SEGMENTS)
    await nodes[1]!.start()
    await pushTo(2 * SEGMENTS + 2)
    await agree()
  })

  it('harvest at any of them what came in at all of them, by copies that S3 makes', async () => {
    const window = {
      startTime: new Date(pusher.dateOf(2)).toISOString(),
      endTime: new Date(pusher.dateOf(10)).toISOString(),
    }
    await createHarvestJob(mediaPackage(nodes[2]!), 'clip', 'hls', window, 'clips', 'clip/index.m3u8')
    assert.equal(await harvestOutcome(mediaPackage(nodes[0]!), 'clip'), 'SUCCEEDED')
    const keys = (await s3.keys('clips')).filter((key) => key.endsWith('.ts'))
    const digests = await Promise.all(keys.map(async (key) => sha256((await s3.get('clips', key))!)))
    const pushed = pusher.renditions.flatMap((rendition) =>
      [2, 3, 4, 5, 6, 7, 8, 9].map((n) => sha256(rendition.segment(n))),
    )
    assert.deepEqual(digests.toSorted(), pushed.toSorted())
    const { progress, copyRefusal } = await describeHarvest(apiOf(nodes[1]!), 'clip')
    assert.deepEqual([progress?.takenOver?.objects, copyRefusal], [keys.length, undefined])
  })
})
