import assert from 'node:assert/strict'
import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import {
  apiOf,
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  type Ingest,
  mediaPackage,
} from '../judges/aws.ts'
import { ChangeStream } from '../judges/change-stream.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import type { Windrow } from '../judges/windrow.ts'
import { CLIPS_BUCKET, Cluster } from '../nodes/cluster.ts'
import { PutRecord } from '../nodes/put-record.ts'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'

const { after, before, describe, it } = needing('ffmpeg', 'postgres', 'swift')

const SEGMENTS = 8
/** So long that no stream is late on a busy machine: streams wait for each other as long as segments last. */
const SEGMENT_SECONDS = 6
/** What nodes must agree on before the end. */
const IN_BETWEEN = IS_WHOLE ? ['hls', 'cmaf'] : ['hls']

describe('three nodes on one PostgreSQL and one S3 store', () => {
  let cluster: Cluster
  let nodes: readonly Windrow[]
  let pusher: Pusher
  const puts = new PutRecord()
  /** Of `pusher`. */
  let ingest: Ingest
  /** Playback paths by format. */
  const paths = new Map<string, string>()
  before(async () => {
    const environment = { WINDROW_MP4_ON_REQUEST: 'true' }
    cluster = await Cluster.start({ environment, observe: (exchange) => puts.note(exchange) })
    nodes = cluster.nodes
    const clients = nodes.map(mediaPackage)
    ingest = await createChannel(clients[0]!, 'tv')
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
    const loop = await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS })
    pusher = new Pusher(ingest, loop, Date.now() - 240_000)
    await pusher.pushParent()
  })
  after(async () => {
    pusher?.close()
    await cluster?.stop()
  })

  const pushTo = async (count: number) => {
    while (pusher.published < count) await pusher.pushNext()
  }

  /** What a node lists of a format: each media playlist, and the digest of every segment in it. */
  async function shown({ url }: Windrow, format: string, query = ''): Promise<Readonly<Record<string, string>>> {
    const parent = `${new URL(paths.get(format)! + query, url)}`
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

  /** The highest number that a node lists. */
  const newestAt = async (node: Windrow, format: string): Promise<number> => {
    const response = await fetch(`${new URL(paths.get(format)!, node.url)}`)
    const parent = await response.text()
    if (!response.ok) return 0
    const [rendition] = renditionsOf(parent, response.url)
    return rendition ? ((await fetchMediaPlaylist(rendition.url)).segments.at(-1)?.mediaSequenceNumber ?? 0) : 0
  }

  /** Each node lists what every other does, with the same bytes. */
  async function agree(formats: Iterable<string> = paths.keys()): Promise<void> {
    for (const format of formats) {
      const newest = Math.max(...(await Promise.all(nodes.map((node) => newestAt(node, format)))))
      for (const node of nodes) {
        await eventually(
          `${node.url} to list as much`,
          async () => (await newestAt(node, format)) === newest || undefined,
        )
      }
      const [one, ...others] = await Promise.all(nodes.map((node) => shown(node, format)))
      for (const other of others) assert.deepEqual(other, one)
    }
  }

  it('take one encoder in, request by request, and show the same', async () => {
    await pushTo(SEGMENTS)
    for (const node of nodes) {
      await eventually(`${node.url} to list all`, async () => (await newestAt(node, 'hls')) === SEGMENTS || undefined)
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
    await agree(IN_BETWEEN)
  })

  it('go on when one stands still, which shows nothing old when it goes on', async () => {
    process.kill(nodes[2]!.pid, 'SIGSTOP')
    await pushTo(2 * SEGMENTS + 4)
    const newest = await newestAt(nodes[0]!, 'hls')
    process.kill(nodes[2]!.pid, 'SIGCONT')
    assert.ok((await newestAt(nodes[2]!, 'hls')) >= newest)
    await agree(IN_BETWEEN)
  })

  it('go on when PostgreSQL was killed, and S3 was away', async () => {
    const pushing = pushTo(3 * SEGMENTS)
    await cluster.killDatabase(0)
    await cluster.stopS3(1000)
    await pushing
    await agree()
  })

  it('harvest at any of them what came in at all of them', async () => {
    const window = {
      startTime: new Date(pusher.dateOf(2)).toISOString(),
      endTime: new Date(pusher.dateOf(10)).toISOString(),
    }
    const streams = await Promise.all(nodes.map((node) => ChangeStream.open(node)))
    await createHarvestJob(mediaPackage(nodes[2]!), 'clip', 'hls', window, CLIPS_BUCKET, 'clip/index.m3u8')
    assert.equal(await harvestOutcome(mediaPackage(nodes[0]!), 'clip'), 'SUCCEEDED')
    for (const stream of streams) {
      await stream.change('harvestJob', 'clip')
      await stream.until('the event of its end', ({ data }) => data?.includes('"kind":"event"') === true)
      stream.leave()
    }
    const { s3 } = cluster
    const keys = (await s3.keys(CLIPS_BUCKET)).filter((key) => key.endsWith('.ts'))
    const digests = await Promise.all(keys.map(async (key) => sha256((await s3.get(CLIPS_BUCKET, key))!)))
    const pushed = pusher.renditions.flatMap((rendition) =>
      [2, 3, 4, 5, 6, 7, 8, 9].map((n) => sha256(rendition.segment(n))),
    )
    assert.deepEqual(digests.toSorted(), pushed.toSorted())
  })

  it('make the same MP4 file of a window', async () => {
    const window = `?start=${pusher.dateOf(2) / 1000}&end=${pusher.dateOf(10) / 1000}`
    const files = await Promise.all(
      nodes.map(async ({ url }) => {
        const response = await fetch(`${new URL(paths.get('hls')!.replace('.m3u8', '.mp4') + window, url)}`)
        const body = Buffer.from(await response.arrayBuffer())
        return { status: response.status, etag: response.headers.get('etag'), digest: sha256(body) }
      }),
    )
    assert.equal(files[0]!.status, 200)
    for (const file of files) assert.deepEqual(file, files[0])
  })

  it('tell at each of them what an encoder sends to any of them', async () => {
    const streams = await Promise.all(nodes.map((node) => ChangeStream.open(node)))
    await pushTo(pusher.published + 1)
    for (const stream of streams) {
      await stream.change('content', 'tv')
      stream.leave()
    }
  })

  it('play the clips that others make, change and delete', async () => {
    const ask = async (node: Windrow, method: string, path: string, body?: object) => {
      const api = apiOf(node)
      return (await api.ask(method, path, body && { body })) as { readonly urls: { readonly hls: string } }
    }
    const [one, two, three] = nodes as readonly [Windrow, Windrow, Windrow]
    const time = (n: number) => new Date(pusher.dateOf(n)).toISOString()
    const clip = { id: 'goal', channelId: 'tv', startTime: time(2), endTime: time(10) }
    const { pathname } = new URL((await ask(one, 'POST', 'clips', clip)).urls.hls.replace('index.m3u8', 'index_1.m3u8'))
    const lengths = () =>
      Promise.all(
        nodes.map(async ({ url }) => {
          const response = await fetch(new URL(pathname, url))
          const text = await response.text()
          return response.ok ? text.split('#EXTINF').length - 1 : response.status
        }),
      )
    const become = (wanted: number) =>
      eventually(`${wanted} at all nodes`, async () => (await lengths()).every((each) => each === wanted) || undefined)
    await become(8)
    await ask(two, 'PUT', 'clips/goal', { endTime: time(6) })
    await become(4)
    await ask(three, 'DELETE', 'clips/goal')
    await become(404)
  })

  it('serve all that was promised, and keep nothing else', async () => {
    const [start, end] = [pusher.dateOf(0), pusher.dateOf(pusher.published)].map((ms) => Math.floor(ms / 1000))
    const window = `?start=${start}&end=${end}`
    const served = new Set<string>()
    for (const [name, digest] of Object.entries(await shown(nodes[0]!, 'hls', window))) {
      if (name.includes(' ')) served.add(digest)
    }
    const lost = puts.of(ingest.url).filter(({ digest }) => !served.has(digest))
    assert.deepEqual(lost, [])
    const { unknown, missing, uploads } = await cluster.accounts()
    assert.deepEqual({ unknown, missing, uploads }, { unknown: [], missing: [], uploads: [] })
  })
})
