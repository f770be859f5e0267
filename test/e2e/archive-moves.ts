import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { copy, PROGRAM } from '../judges/archive-copy.ts'
import { createChannel, createHlsEndpoint, harvestOutcome, mediaPackage, type Window } from '../judges/aws.ts'
import { encodeLoop, TINY } from '../judges/loop.ts'
import type { Watched } from '../judges/playback.ts'
import { Player } from '../judges/player.ts'
import { fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { listen, start, temporaryFolder } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { startPostgres } from '../servers/postgres.ts'
import { harvestsTo } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'

const SEGMENT_SECONDS = 2
const SEGMENT_MS = SEGMENT_SECONDS * 1000
/** Segments that are there when the player comes. */
const BEFORE = 10
/** How long a request is held while no server is there, in milliseconds: less than players wait for an answer. */
const HELD_MS = 8000

/** The balancer in front: while no server is there, requests wait for one, and are answered 503 after a while. */
class Front {
  url = ''
  private target: string | undefined
  private readonly server: Server

  constructor() {
    this.server = createServer((incoming, answer) => void this.pass(incoming, answer))
  }

  async open(): Promise<void> {
    this.url = await listen(this.server)
  }

  show(server: Windrow | undefined): void {
    this.target = server?.url
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    for (let waited = 0; this.target === undefined && waited < HELD_MS; waited += 50) await sleep(50)
    if (this.target === undefined) {
      answer.writeHead(503, { 'Retry-After': '1', 'Access-Control-Allow-Origin': '*' }).end()
      return
    }
    const { method, headers, url = '/' } = incoming
    const outgoing = request(`${this.target}${url}`, { method, headers }, (theirs) => {
      answer.writeHead(theirs.statusCode ?? 502, theirs.headers)
      theirs.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  }
}

export type MoveFigures = {
  /** For which no server was there, in each direction. */
  readonly secondsAway: readonly number[]
  readonly watched: Watched
  readonly segments: number
}

type MoveOptions = {
  /** Of watching before, between and after the moves. */
  readonly seconds: number
  readonly log: (line: string) => void
}

/**
 * An encoder, a player and a harvest job that follows the live edge, while their archive moves from a data folder to
 * PostgreSQL and S3, and back. The encoder and the player know one address.
 */
export async function runMoves({ seconds, log }: MoveOptions): Promise<MoveFigures> {
  const [database, swift] = await Promise.all([startPostgres(), startSwift()])
  const s3 = openS3(swift)
  for (const bucket of ['archive', 'clips']) await s3.makeBucket(bucket)
  const front = new Front()
  await front.open()
  const s3Settings = { ...harvestsTo(swift), WINDROW_PUBLIC_URL: front.url }
  const databaseUrl = await database.createDatabase()
  const cluster = { ...s3Settings, WINDROW_DATABASE_URL: databaseUrl, WINDROW_ARCHIVE_BUCKET: 'archive/live' }
  const player = await Player.start()
  let server = await Windrow.start({ environment: s3Settings })
  let pusher: Pusher | undefined
  try {
    front.show(server)
    const client = mediaPackage(server)
    const ingest = await createChannel(client, 'tv')
    const url = await createHlsEndpoint(client, 'tv', 'hls', { PlaylistWindowSeconds: 300 })
    const encoder = new Pusher(
      ingest,
      await encodeLoop({ ...TINY, segmentSeconds: SEGMENT_SECONDS }),
      Date.now() - BEFORE * SEGMENT_MS,
    )
    pusher = encoder
    await encoder.pushParent()
    while (encoder.published < BEFORE) await encoder.pushNext()
    const stopping = new AbortController()
    const pushing = pushInTime(encoder, stopping.signal)
    pushing.catch(() => {})

    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    const watching = player.watch('hls.js', url, over)
    watching.catch(() => {})
    await sleep(seconds * 1000)

    const dateOf = (segment: number) => new Date(encoder.dateOf(segment)).toISOString()
    const first = encoder.published - 3
    const last = encoder.published + Math.ceil((2 * seconds * 1000) / SEGMENT_MS)
    const span = { startTime: dateOf(first), endTime: dateOf(last) }
    await createLiveJob(server, 'across', 'hls', span, 'clips/across/index.m3u8')

    const secondsAway: number[] = []
    const move = async (settings: Readonly<Record<string, string>>, next: () => Promise<Windrow>) => {
      await copy(settings, '--only', 'media')
      const began = performance.now()
      front.show(undefined)
      assert.equal(await server.stop(), 0)
      const { lost } = await copy(settings)
      assert.equal(lost, 0)
      server = await next()
      front.show(server)
      secondsAway.push((performance.now() - began) / 1000)
      log(`no server for ${secondsAway.at(-1)!.toFixed(1)} s`)
      await sleep(seconds * 1000)
    }
    const there = {
      ...s3Settings,
      WINDROW_DATA: server.dataFolder,
      WINDROW_TO_DATABASE_URL: databaseUrl,
      WINDROW_TO_ARCHIVE_BUCKET: 'archive/live',
    }
    await move(there, () => Windrow.start({ environment: cluster }))
    const folder = join(temporaryFolder('back'), 'data')
    await move({ ...cluster, WINDROW_TO_DATA: folder }, () =>
      Windrow.start({ environment: s3Settings, dataFolder: folder }),
    )

    assert.equal(await harvestOutcome(mediaPackage(server), 'across'), 'SUCCEEDED')
    await assertHarvested(s3, encoder, first, last)
    end()
    const watched = await watching
    stopping.abort()
    await pushing
    await assertListed(url, encoder)
    const fatal = watched.errors.filter((error) => error.startsWith('fatal'))
    assert.deepEqual(fatal, [])
    assert.deepEqual(watched.jumps, [])
    return { secondsAway, watched, segments: encoder.published }
  } finally {
    pusher?.close()
    await player.stop()
    await server.stop()
    front.close()
    await Promise.all([database.stop(), swift.stop()])
  }
}

/** A harvest job that may end in the future, which the MediaPackage API refuses. */
async function createLiveJob(server: Windrow, id: string, endpoint: string, window: Window, to: string): Promise<void> {
  const flags = ['--id', id, '--endpoint', endpoint, '--start', window.startTime, '--end', window.endTime, '--to', to]
  const env = {
    PATH: process.env['PATH'],
    WINDROW_ENDPOINT_URL: server.url,
    WINDROW_ACCESS_KEY_ID: server.accessKeyId,
    WINDROW_SECRET_ACCESS_KEY: server.secretAccessKey,
  }
  const creating = start(process.execPath, [PROGRAM, 'harvest', 'create', ...flags], { env })
  assert.equal(await creating.ended, 0, creating.said())
}

/** Pushes each segment when it is over, until the signal aborts. */
async function pushInTime(encoder: Pusher, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(Math.max(0, encoder.dateOf(encoder.published + 1) - Date.now()))
    if (signal.aborted) return
    await encoder.pushNext()
  }
}

/** The asset has the segments from one on up to another, as they were sent. */
async function assertHarvested(s3: S3, encoder: Pusher, first: number, last: number): Promise<void> {
  const keys = (await s3.keys('clips', 'across/')).filter((key) => key.endsWith('.ts'))
  const found = await Promise.all(keys.map(async (key) => sha256((await s3.get('clips', key))!)))
  const numbers = Array.from({ length: last - first }, (_, i) => first + i)
  const sent = encoder.renditions.flatMap((rendition) => numbers.map((n) => sha256(rendition.segment(n))))
  assert.deepEqual(found.toSorted(), sent.toSorted())
}

/** What the playlist lists are the newest segments, as they were sent, under the numbers they have had all along. */
async function assertListed(url: string, encoder: Pusher): Promise<void> {
  const parent = await (await fetch(url)).text()
  for (const [i, { url: playlist }] of renditionsOf(parent, url).entries()) {
    const { segments } = await fetchMediaPlaylist(playlist)
    assert.ok(
      segments.length >= encoder.published - 1,
      `${segments.length} segments of ${encoder.published} are listed`,
    )
    for (const { uri, mediaSequenceNumber } of segments) {
      const bytes = new Uint8Array(await (await fetch(new URL(uri, playlist))).arrayBuffer())
      assert.equal(sha256(bytes), sha256(encoder.renditions[i]!.segment(mediaSequenceNumber - 1)))
    }
  }
}
