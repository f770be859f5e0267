/**
 * Clients that mean no good, as a program of its own: `node clients.ts <JSON>`. It writes "attacking" once each of them
 * has begun, and what became of each when it is told to end by SIGUSR2. Each has an address of its own.
 */
import { Agent, get as httpGet, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ingest } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import { encodeLoop } from '../judges/loop.ts'
import { hostileSegment } from './segments.ts'

export type HostilePlan = {
  readonly server: string
  /** Channels of hostile encoders. */
  readonly media: Ingest
  readonly playlists: Ingest
  readonly bodies: Ingest
  /** Playback URLs of the channel of hostile media. */
  readonly playback: readonly string[]
  /** Parent playlist of a channel with an archive, which anyone may watch. */
  readonly archive: string
  /** Segments of that channel. */
  readonly segments: readonly string[]
  readonly connections: number
}

const plan = JSON.parse(process.argv[2]!) as HostilePlan
const origin = new URL(plan.server)
const [, small] = await encodeLoop()
const counts: Record<string, number> = {}
let hasEnded = false

/** What is measured is the server, not a machine on which the attackers come first. */
setPriority(19)
process.once('SIGUSR2', () => {
  hasEnded = true
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0))
})
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  // A server may close connections as it likes.
  if (error.code === undefined) throw error
})

const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1
}
const address = (host: number) => `127.0.0.${host}`

/** Does something over and over, beginning anew where the server refuses. */
async function repeat(pauseMs: number, act: () => Promise<unknown>): Promise<void> {
  while (!hasEnded) {
    await act().catch(() => count('refused connections'))
    await sleep(pauseMs)
  }
}

function fetchFrom(host: number, url: string, agent: Agent): Promise<number> {
  const options: RequestOptions = { agent, localAddress: address(host) }
  return new Promise((resolve, reject) => {
    const request = httpGet(url, options, (response) => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode!))
      response.resume()
    })
    request.on('error', reject)
  })
}

function socketFrom(host: number, onOpen: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: origin.hostname, port: Number(origin.port), localAddress: address(host) })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.on('connect', () => onOpen(socket))
    socket.setTimeout(20_000, () => socket.destroy())
  })
}

/** Segments that are hard to take apart, and players that make the server do it. */
function encodeHostileMedia(): void {
  const { media } = plan
  const encoder = new DigestClient(media.username, media.password)
  const urlOf = (name: string) => `${new URL(name, media.url)}`
  const put = async (name: string, body: string | Uint8Array) => {
    const { status } = await encoder.send('PUT', urlOf(name), { body: Buffer.from(body) })
    count(`hostile segments and their playlists: ${status}`)
  }
  let number = 0
  void repeat(1000, async () => {
    if (number === 0) await put('channel.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nchannel-a.m3u8\n')
    await put(`channel-a-${number}.ts`, hostileSegment(small!.segment(2 * number), number))
    const first = Math.max(0, number - 2)
    const listed = Array.from({ length: number - first + 1 }, (_, i) => `#EXTINF:2,\nchannel-a-${first + i}.ts\n`)
    const head = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${first}\n`
    await put('channel-a.m3u8', head + listed.join(''))
    number++
  })
  const agent = new Agent({ keepAlive: true })
  void repeat(500, async () => {
    for (const url of plan.playback) await watchAll(url, agent)
  })
}

async function watchAll(url: string, agent: Agent): Promise<void> {
  const text = await (await fetch(url)).text()
  for (const uri of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const inside = `${new URL(uri, url)}`
    if (/\.m3u8/.test(uri)) await watchAll(inside, agent)
    else count(`hostile segments played: ${await fetchFrom(11, inside, agent)}`)
  }
}

/** Playlists that are long, or that take long to read. */
function encodeHostilePlaylists(): void {
  const { username, password, url } = plan.playlists
  const bodies: Record<string, string> = {
    'channel.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:A=${' '.repeat(8000)}"\na.m3u8\n`,
    'a.m3u8': `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'\n'.repeat(4_190_000)}`,
    'b.m3u8': `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'#EXTINF:2,\na.ts\n'.repeat(99_000)}`,
    'c.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:${'A="",'.repeat(1600)}\na.m3u8\n`,
  }
  for (const [name, text] of Object.entries(bodies)) {
    const body = Buffer.from(text)
    const encoder = new DigestClient(username, password)
    void repeat(250, async () => {
      const { status } = await encoder.send('PUT', `${new URL(name, url)}`, { body })
      count(`hostile playlists: ${status}`)
    })
  }
}

/** Connections that ask for segments and read nothing, and some that ask for nothing. */
function readNothing(): void {
  const from = (host: number, request: (i: number) => string) => {
    for (let i = 0; i < plan.connections; i++) {
      void repeat(1000, () =>
        socketFrom(host, (socket) => {
          count(`connections from ${address(host)}`)
          socket.pause()
          socket.write(request(i))
        }),
      )
    }
  }
  const paths = plan.segments.map((url) => new URL(url).pathname)
  from(12, (i) => `GET ${paths[i % paths.length]} HTTP/1.1\r\nHost: x\r\n\r\n`)
  from(13, () => 'GET /healthz HTTP/1.1\r\n')
}

/** Bodies that never end. */
function putSlowly(): void {
  const { bodies } = plan
  for (let i = 0; i < 20; i++) {
    const encoder = new DigestClient(bodies.username, bodies.password)
    const slow = async function* () {
      yield Buffer.alloc(1 << 20, 0x47)
      while (!hasEnded) {
        await sleep(1000)
        yield Buffer.of(0x47)
      }
    }
    void repeat(1000, async () => {
      const { status } = await encoder.send('PUT', `${new URL(`slow-${i}.ts`, bodies.url)}`, { body: slow() })
      count(`slow bodies: ${status}`)
    })
  }
}

/** Windows that nobody has asked for before, and endpoints that do not exist. */
function askForEver(): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 60 })
  const now = Date.now() / 1000
  for (let i = 0; i < 30; i++) {
    void repeat(0, async () => {
      const start = (now - 7200 * Math.random()).toFixed(3)
      const window = new URL(`${plan.archive}?start=${start}&end=${(now + 60).toFixed(3)}`)
      count(`new windows: ${await fetchFrom(14, `${window}`, agent)}`)
      const { pathname, search } = window
      const child = `${pathname.replace(/[^/]*$/, '')}start/${start}/end/${search.split('=').at(-1)}/index_1.m3u8`
      count(`their media playlists: ${await fetchFrom(14, plan.server + child, agent)}`)
    })
    void repeat(5, async () => {
      const guid = Array.from({ length: 32 }, () => Math.floor(16 * Math.random()).toString(16)).join('')
      count(`unknown endpoints: ${await fetchFrom(15, `${plan.server}/out/v1/${guid}/index.m3u8`, agent)}`)
    })
  }
}

encodeHostileMedia()
encodeHostilePlaylists()
readNothing()
putSlowly()
askForEver()
await sleep(2000)
process.stdout.write('attacking\n')
