import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MediaPackageClient } from '@aws-sdk/client-mediapackage'
import pg from 'pg'
import type { ClipReport } from '../../src/control/clip-operations.ts'
import { makeSource } from '../ingest/source-media.ts'
import { apiOf, createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import { type DeployedNginx, placeForNginx, startDeployedNginx } from '../judges/deployed-nginx.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import { fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually, run, words } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { openS3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { type S3Server, startSwift } from '../servers/swift.ts'

const { after, before, describe, it } = needing('ffmpeg', 'nginx', 'postgres', 'swift')

const SEGMENT_SECONDS = 6
/** More than the buffers between two sockets hold. */
const LARGE_BYTES = 16 << 20
const LARGE_SEGMENT = 2

/** A segment with null packets behind it. */
function padded(segment: Buffer): Buffer {
  const packet = Buffer.alloc(188, 0xff)
  packet.set([0x47, 0x1f, 0xff, 0x10])
  return Buffer.concat([segment, Buffer.alloc(Math.ceil(LARGE_BYTES / 188) * 188, packet)])
}

/** Whether it is not aborted within three seconds. */
const isStill = (signal: AbortSignal) => sleep(3000, true, { signal }).catch(() => false)

describe('three nodes behind nginx, as in deploy/', () => {
  let database: PostgresServer
  let databaseUrl: string
  let swift: S3Server
  let nodes: readonly [Windrow, Windrow, Windrow]
  let nginx: DeployedNginx
  let client: MediaPackageClient
  let ingest: Ingest
  let pusher: Pusher
  let playbackUrl: string

  before(async () => {
    const servers = await Promise.all([startPostgres(), startSwift()])
    database = servers[0]
    swift = servers[1]
    await openS3(swift).makeBucket('archive')
    databaseUrl = await database.createDatabase()
    const place = await placeForNginx()
    const environment = {
      ...harvestsTo(swift),
      WINDROW_DATABASE_URL: databaseUrl,
      WINDROW_ARCHIVE_BUCKET: 'archive',
      WINDROW_PUBLIC_URL: place.url,
      WINDROW_TRUSTED_PROXIES: '127.0.0.1',
    }
    // It is alone at first, so that it claims all work.
    const first = await Windrow.start({
      environment: { ...environment, WINDROW_DRAIN_DELAY: '10s', WINDROW_DRAIN_TIMEOUT: '10m' },
    })
    await eventually('its claims', async () => (await claimsOf('retention'))[0])
    nodes = [first, ...(await Promise.all([Windrow.start({ environment }), Windrow.start({ environment })]))]
    nginx = await startDeployedNginx(
      place,
      nodes.map(({ url }) => new URL(url)),
    )
    const [big] = await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS })
    const large = padded(big!.segment(LARGE_SEGMENT))
    const segment = (number: number) => (number === LARGE_SEGMENT ? large : big!.segment(number))
    const { accessKeyId, secretAccessKey } = first
    client = mediaPackage({ url: nginx.url, accessKeyId, secretAccessKey })
    ingest = await createChannel(client, 'tv')
    playbackUrl = await createHlsEndpoint(client, 'tv', 'hls', {
      SegmentDurationSeconds: SEGMENT_SECONDS,
      PlaylistWindowSeconds: 300,
    })
    pusher = new Pusher(ingest, [{ ...big!, segment }], Date.now() - 240_000)
    await pusher.pushParent()
  })
  after(async () => {
    pusher?.close()
    await nginx?.stop()
    await Promise.all((nodes ?? []).map((node) => node.stop()))
    await Promise.all([database?.stop(), swift?.stop()])
  })

  async function claimsOf(name: string): Promise<readonly string[]> {
    const connection = new pg.Client({ connectionString: databaseUrl })
    await connection.connect()
    const { rows } = await connection.query<{ owner: string }>(
      'SELECT owner FROM windrow.claimed_work WHERE name = $1',
      [name],
    )
    await connection.end()
    return rows.map(({ owner }) => owner)
  }

  const pushTo = async (count: number) => {
    while (pusher.published < count) await pusher.pushNext()
  }

  /** The URLs of all segments listed, once there are as many. */
  const listed = (count: number) =>
    eventually(`${count} segments to be listed`, async () => {
      const response = await fetch(playbackUrl)
      const parent = await response.text()
      const [rendition] = response.ok ? renditionsOf(parent, playbackUrl) : []
      if (!rendition) return undefined
      const { segments } = await fetchMediaPlaylist(rendition.url)
      return segments.length >= count ? segments.map(({ uri }) => `${new URL(uri, rendition.url)}`) : undefined
    })

  /** The digest of a segment, and what nginx says of its cache. */
  async function watch(url: string): Promise<readonly [string, string | null]> {
    const response = await fetch(url)
    assert.equal(response.status, 200, url)
    return [sha256(await response.bytes()), response.headers.get('x-cache-status')]
  }

  it('take a stream in and show it, each segment fetched from a node once', async () => {
    await pushTo(6)
    const urls = await listed(6)
    for (const [n, url] of urls.entries()) {
      const digest = sha256(pusher.renditions[0]!.segment(n))
      assert.deepEqual(await watch(url), [digest, 'MISS'])
      assert.deepEqual(await watch(url), [digest, 'HIT'])
    }
  })

  it('give parts of a file of a window, which is never fetched as a whole', async () => {
    const { accessKeyId, secretAccessKey } = nodes[0]
    const api = apiOf({ url: nginx.url, accessKeyId, secretAccessKey })
    const [startTime, endTime] = [1, 4].map((n) => new Date(pusher.dateOf(n)).toISOString())
    const clip = (await api.ask('POST', 'clips', { body: { channelId: 'tv', startTime, endTime } })) as ClipReport
    const response = await fetch(clip.urls.mp4!, { headers: { Range: 'bytes=4-7' } })
    assert.deepEqual([response.status, response.headers.get('x-cache-status')], [206, null])
    assert.equal(await response.text(), 'ftyp')
  })

  it('challenge ffmpeg before it sends a segment', async () => {
    const to = await createChannel(client, 'film')
    const withUser = to.url.replace('://', `://${to.username}:${to.password}@`)
    const push = `-v error -i ${await makeSource(4)} -c copy -f hls -method PUT -hls_time 1 -hls_list_size 0`
    await run('ffmpeg', [...words(push), '-hls_segment_filename', `${withUser}-%d.ts`, `${withUser}.m3u8`])
    const count = await eventually('its segments', async () => {
      const encoder = new DigestClient(to.username, to.password)
      const answers = await Promise.all([0, 1, 2, 3].map((n) => encoder.send('HEAD', `${to.url}-${n}.ts`)))
      encoder.close()
      return answers.every(({ status }) => status === 200) ? answers.length : undefined
    })
    assert.equal(count, 4)
  })

  it('show what any of them has in memory while PostgreSQL is away', async () => {
    const url = await createHlsEndpoint(client, 'tv', 'seldom', {
      SegmentDurationSeconds: SEGMENT_SECONDS,
      PlaylistWindowSeconds: 300,
    })
    const { pathname } = new URL(url)
    const at = (base: string, path: string) => `${new URL(path, base)}`
    const response = await fetch(at(nodes[1].url, pathname))
    assert.equal(response.status, 200)
    const [rendition] = renditionsOf(await response.text(), response.url)
    const { segments } = await fetchMediaPlaylist(rendition!.url)
    const urls = [rendition!.url, ...segments.map(({ uri }) => at(rendition!.url, uri))]
    await database.kill()
    try {
      for (const path of [pathname, ...urls.map((each) => new URL(each).pathname)]) await watch(at(nginx.url, path))
    } finally {
      await database.start()
    }
    for (const node of nodes) {
      await eventually('the nodes to be ready', async () => (await fetch(at(node.url, '/readyz'))).ok || undefined)
    }
  })

  it('lose no request when one is killed', async () => {
    const playing = new AbortController()
    const player = (async () => {
      while (!playing.signal.aborted) for (const url of await listed(1)) await watch(url)
    })()
    await pushTo(8)
    // The channel comes in at one of the three; the next case stops the first of them.
    for (const [n, killed] of nodes.slice(1).entries()) {
      await killed.kill()
      await pushTo(11 + 3 * n)
      await killed.start()
    }
    playing.abort()
    await player
    await listed(14)
  })

  it('lose none when one stops, and the others do its work while it finishes', async () => {
    const [leaving] = nodes
    const [owner] = await claimsOf('retention')
    const encoder = new DigestClient(ingest.username, ingest.password)
    const isUnderWay = Promise.withResolvers<void>()
    const rest = new AbortController()
    const segment = pusher.renditions[0]!.segment(14)
    // Slowly, however long the rest takes: connections on which nothing moves are cut.
    const body = async function* () {
      let sent = 1000
      yield segment.subarray(0, sent)
      isUnderWay.resolve()
      while (await isStill(rest.signal)) yield segment.subarray(sent, ++sent)
      yield segment.subarray(sent)
    }
    const here = (url: string) => `${new URL(new URL(url).pathname, leaving.url)}`
    const put = encoder.send('PUT', here(pusher.urlOf('late.ts')), { body: body(), waitsToBeAsked: true })
    await isUnderWay.promise
    const large = here((await listed(14))[LARGE_SEGMENT]!)
    const download = await new Promise<IncomingMessage>((resolve) => get(large, resolve))
    let bytes = 0
    const downloaded = (async () => {
      for await (const chunk of download) {
        bytes += (chunk as Buffer).length
        await isStill(rest.signal)
      }
    })()

    const stopped = leaving.stop()
    await eventually('it to be unready', async () => (await fetch(`${leaving.url}/readyz`)).status === 503 || undefined)
    assert.equal((await fetch(`${leaving.url}/healthz`)).status, 200)
    await eventually('its work to be done by another', async () => {
      const [next] = await claimsOf('retention')
      return (next !== undefined && next !== owner) || undefined
    })
    assert.ok(leaving.alive)
    await pushTo(16)
    await eventually('it to take no connection any more', () =>
      fetch(`${leaving.url}/healthz`).then(
        () => undefined,
        () => true,
      ),
    )
    await pushTo(18)
    assert.ok(leaving.alive)
    assert.ok(bytes < LARGE_BYTES)
    rest.abort()
    const { status, headers } = await put
    assert.deepEqual([status, headers.connection], [201, 'close'])
    await downloaded
    assert.equal(bytes, pusher.renditions[0]!.segment(LARGE_SEGMENT).length)
    assert.equal(await stopped, 0)
    encoder.close()
    await listed(18)
  })

  it('have answered everything, each its share of it', async () => {
    const requests = await nginx.stop()
    const failed = requests.filter(({ status }) => status >= 400 && status !== 401 && status !== 404)
    assert.deepEqual(failed, [])
    const movies = requests.filter(({ target }) => target.endsWith('.mp4'))
    assert.deepEqual(
      movies.map(({ nodes }) => nodes),
      [['206']],
    )
    const puts = requests.filter(({ method, status }) => method === 'PUT' && status === 201)
    assert.ok(puts.length > 18)
  })
})
