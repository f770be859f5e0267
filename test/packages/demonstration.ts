/** What an installed Windrow must do: take in a stream, show it, and harvest it, also after it was replaced. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Access,
  createChannel,
  createHarvestJob,
  createHlsEndpoint,
  harvestOutcome,
  mediaPackage,
} from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { fetchBytes, fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { eventually, type Running, start } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'

const SEGMENTS = 6
/** Settings of every server that is tried, beside its address. */
const KEYS = { accessKeyId: 'JUDGEACCESSKEYID0001', secretAccessKey: 'a-secret-that-only-the-judges-know' }

export const accessAt = (port: number): Access => ({ url: `http://127.0.0.1:${port}`, ...KEYS })

/** What a server is told by its environment. */
export const environmentAt = (port: number): Readonly<Record<string, string>> => ({
  WINDROW_LISTEN: `127.0.0.1:${port}`,
  WINDROW_ACCESS_KEY_ID: KEYS.accessKeyId,
  WINDROW_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  WINDROW_INGEST_REQUESTS_PER_SECOND: '100000',
  WINDROW_METRICS_LISTEN: 'none',
})

export async function untilReady(port: number): Promise<void> {
  await eventually(`a server at ${port}`, async () => {
    const response = await fetch(`${accessAt(port).url}/readyz`).catch(() => undefined)
    await response?.arrayBuffer()
    return response?.ok || undefined
  })
}

/** Throws unless a browser gets the console, with the script that is in its page. */
export async function checkConsole({ url }: Access): Promise<void> {
  const page = await (await fetch(`${url}/console/`)).text()
  const script = /<script type="module"[^>]* src="([^"]+)"/.exec(page)?.[1] ?? assert.fail(page)
  const { status, headers } = await fetch(new URL(script, url), { headers: { 'accept-encoding': 'br' } })
  assert.deepEqual([status, headers.get('content-encoding')], [200, 'br'])
}

/** A server that some command has started. */
export class Served {
  readonly access: Access
  private readonly running: Running

  private constructor(access: Access, running: Running) {
    this.access = access
    this.running = running
  }

  /** Resolves when it is ready. The command is run with the flags that it needs here after it. */
  static async start(command: readonly string[], port: number, env: NodeJS.ProcessEnv = {}): Promise<Served> {
    const [program, ...args] = command
    const running = start(program!, args, {
      env: { PATH: process.env['PATH'], ...environmentAt(port), ...env },
    })
    const served = new Served(accessAt(port), running)
    const ended = running.ended.then((reason) => assert.fail(`ended with ${reason}:\n${running.said()}`))
    ended.catch(() => {})
    const ready = untilReady(port)
    await Promise.race([ready, ended])
    return served
  }

  get log(): string {
    return this.running.said()
  }

  /** SIGTERM; throws unless it ends well. */
  async stop(): Promise<void> {
    this.running.child.kill('SIGTERM')
    assert.equal(await this.running.ended, 0, this.log)
  }
}

export class Demonstration {
  private readonly pusher: Pusher
  private readonly path: string
  private harvests = 0

  private constructor(pusher: Pusher, path: string) {
    this.pusher = pusher
    this.path = path
  }

  static async begin(access: Access): Promise<Demonstration> {
    const client = mediaPackage(access)
    const ingest = await createChannel(client, 'tv')
    const url = await createHlsEndpoint(client, 'tv', 'hls', { PlaylistWindowSeconds: 300, SegmentDurationSeconds: 1 })
    const pusher = new Pusher(ingest, await encodeLoop(), Date.now() - 3600_000)
    await pusher.pushParent()
    return new Demonstration(pusher, new URL(url).pathname)
  }

  /**
   * Pushes some more; throws unless everything that was ever pushed is played as it was pushed, and a harvest of it is
   * all there below `buckets`. Gives the number of segments.
   */
  async goOn(access: Access, buckets: string): Promise<number> {
    const { pusher } = this
    for (const end = pusher.published + SEGMENTS; pusher.published < end; ) await pusher.pushNext()
    const shown = await eventually('all that was pushed', async () => {
      const found = await this.shown(access.url)
      return pushedDigests(pusher).every((digest) => found.has(digest)) || undefined
    })
    assert.ok(shown)
    const client = mediaPackage(access)
    const id = `clip-${++this.harvests}`
    const [startTime, endTime] = [0, pusher.published - 1].map((n) => new Date(pusher.dateOf(n)).toISOString())
    const window = { startTime: startTime!, endTime: endTime! }
    await createHarvestJob(client, id, 'hls', window, 'clips', `${id}/index.m3u8`)
    assert.equal(await harvestOutcome(client, id), 'SUCCEEDED')
    const folder = join(buckets, 'clips', id)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    const digests = new Set(
      files.filter((each) => each.isFile()).map((each) => sha256(readFileSync(join(each.parentPath, each.name)))),
    )
    const expected = pusher.renditions.map((rendition) => sha256(rendition.segment(1)))
    assert.ok(
      expected.every((digest) => digests.has(digest)),
      `${folder} lacks segments`,
    )
    return pusher.published * pusher.renditions.length
  }

  close(): void {
    this.pusher.close()
  }

  private async shown(base: string): Promise<ReadonlySet<string>> {
    const target = new URL(this.path, base).href
    const response = await fetch(target)
    const parent = await response.text()
    if (!response.ok) return new Set()
    const digests = new Set<string>()
    for (const { url } of renditionsOf(parent, target)) {
      for (const { uri } of (await fetchMediaPlaylist(url)).segments) {
        digests.add(sha256(await fetchBytes(new URL(uri, url).href)))
      }
    }
    return digests
  }
}

const pushedDigests = ({ renditions, published }: Pusher) =>
  renditions.flatMap((rendition) => Array.from({ length: published }, (_, n) => sha256(rendition.segment(n))))
