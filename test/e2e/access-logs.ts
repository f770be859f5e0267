/** Requests of players whose client keeps a record, and access logs that are held against it. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigureLogsCommand } from '@aws-sdk/client-mediapackage'
import { type Access, createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { firstRendition } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'

export const EGRESS_GROUP = '/aws/MediaPackage/EgressAccessLogs'

/** What a client knows of a request: its status, the bytes of its body, and when it had them, ms since 1970. */
type Known = { readonly status: number; readonly bytes: number; readonly at: number }

/** A line of an access log, as far as it is compared. */
export type Line = {
  readonly request: string
  readonly statusCode: string
  readonly sentBytes: number
  readonly requestId: string
  readonly channelId: string
  /** Of players. */
  readonly endpointId?: string
}

/** What a player sends. */
type Ask = { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> }

export type LoggedChannel = {
  /** URL of the parent manifest. */
  readonly parent: string
  readonly asks: readonly Ask[]
  readonly pusher: Pusher
}

/** A channel `tv` with an endpoint, a few segments and access logs, and what players may ask of it. */
export async function openLoggedChannel(access: Access): Promise<LoggedChannel> {
  const id = 'tv'
  const client = mediaPackage(access)
  const ingest = await createChannel(client, id)
  const parent = await createHlsEndpoint(client, id, `${id}-viewer`)
  const pusher = new Pusher(ingest, await encodeLoop(), Date.now() - 60_000)
  await pusher.pushParent()
  while (pusher.published < 8) await pusher.pushNext()
  await client.send(new ConfigureLogsCommand({ Id: id, EgressAccessLogs: {} }))
  return { parent, asks: await asksOf(parent), pusher }
}

/** Requests of all kinds: of segments, of parts of them, without bodies, for what is not there, for manifests. */
async function asksOf(parent: string): Promise<readonly Ask[]> {
  const segments = await eventually('segments', async () => {
    const listed = await firstRendition(parent)
    return listed.length > 3 ? listed : undefined
  })
  const urls = segments.map(({ uri }) => new URL(uri, parent))
  for (const url of urls) url.search = ''
  const asks = urls.map((url) => ({ method: 'GET', url: url.href, headers: {} }))
  return [
    ...asks,
    { method: 'HEAD', url: urls[0]!.href, headers: {} },
    { method: 'GET', url: urls[0]!.href, headers: { range: 'bytes=100-299' } },
    { method: 'GET', url: urls[0]!.href, headers: { 'if-none-match': '*' } },
    { method: 'GET', url: urls[0]!.href.replace(/\d+\.ts$/, '99999.ts'), headers: {} },
    { method: 'GET', url: parent, headers: {} },
  ]
}

/** A client's record; its requests are told apart by `n` in their query, and from those of others by `of`. */
export class PlayerRecord {
  private readonly id = randomUUID()
  private readonly known = new Map<number, Known>()
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 50 })
  private next = 0
  /** Requests that got no response. */
  failed = 0

  /** Sends so many requests, spread evenly; resolves when all are answered. */
  async play(asks: readonly Ask[], { requests, perSecond }: { requests: number; perSecond: number }): Promise<void> {
    const began = performance.now()
    const pending = new Set<Promise<void>>()
    for (let sent = 0; sent < requests; ) {
      const due = Math.min(requests, Math.ceil(((performance.now() - began) / 1000) * perSecond) + 1)
      for (; sent < due; sent++) {
        const asked = this.ask(asks[sent % asks.length]!)
        pending.add(asked)
        void asked.finally(() => pending.delete(asked))
      }
      await sleep(5)
    }
    await Promise.all(pending)
  }

  /** The lines of its requests, of all files below a folder. Throws for what is no whole line of JSON. */
  linesIn(folder: string, when?: 'while it is written'): readonly Line[] {
    return readLines(folder, when).filter(({ request: url }) => url.includes(`?of=${this.id}&`))
  }

  get size(): number {
    return this.known.size
  }

  /** The requests that were answered by a moment, ms since 1970. */
  answeredBy(moment: number): readonly number[] {
    return [...this.known].filter(([, { at }]) => at <= moment).map(([n]) => n)
  }

  /** When a request was answered, ms since 1970. */
  answeredAt(n: number): number {
    return this.known.get(n)?.at ?? 0
  }

  /** Fails unless the lines are those of all requests, with the same status and bytes. */
  compare(lines: readonly Line[]): void {
    const found = foundIn(lines)
    assert.equal(found.size, lines.length, 'a request has two lines')
    assert.equal(lines.length, this.known.size)
    assert.equal(new Set(lines.map(({ requestId }) => requestId)).size, lines.length)
    for (const [n, { status, bytes }] of this.known) {
      const line = found.get(n)
      assert.deepEqual([line?.statusCode, line?.sentBytes], [String(status), bytes], `request ${n}: ${line?.request}`)
    }
    const sum = (values: Iterable<{ readonly bytes?: number; readonly sentBytes?: number }>) =>
      [...values].reduce((total, { bytes = 0, sentBytes = 0 }) => total + bytes + sentBytes, 0)
    assert.equal(sum(lines), sum(this.known.values()))
  }

  close(): void {
    this.agent.destroy()
  }

  private ask({ method, url, headers }: Ask): Promise<void> {
    const n = this.next++
    return new Promise((resolve) => {
      const lost = () => {
        this.failed++
        resolve()
      }
      const asked = request(
        `${url}?of=${this.id}&n=${n}`,
        { agent: this.agent, method, headers: { ...headers } },
        (response) => {
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
          })
          response.once('end', () => {
            this.known.set(n, { status: response.statusCode!, bytes, at: Date.now() })
            resolve()
          })
          response.once('error', lost)
        },
      )
      asked.once('error', lost)
      asked.end()
    })
  }
}

/** Lines by the number of their request. */
export function foundIn(lines: readonly Line[]): ReadonlyMap<number, Line> {
  return new Map(lines.map((line) => [Number(new URL(line.request).searchParams.get('n')), line]))
}

/**
 * All lines of all files below a folder. Throws for what is no whole line of JSON; while they are written to a disk
 * that is full, one may end with what a failed write has left and is about to be cut off.
 */
export function readLines(folder: string, when?: 'while it is written'): readonly Line[] {
  return logFilesIn(folder).flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    assert.ok(when || text === '' || text.endsWith('}\n'), `${path} ends in the middle of a line`)
    const lines = text.split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Line)
  })
}

/** What lines of players add up to, by their origin endpoint; requests are by the range of their status. */
export class LoggedSums {
  readonly byEndpoint = new Map<string, { lines: number; sentBytes: number; readonly requests: Map<string, number> }>()

  add({ endpointId, statusCode, sentBytes }: Line): void {
    if (endpointId === undefined) return
    const sum = this.byEndpoint.get(endpointId) ?? { lines: 0, sentBytes: 0, requests: new Map<string, number>() }
    const range = `${statusCode.slice(0, 1)}xx`
    sum.requests.set(range, (sum.requests.get(range) ?? 0) + 1)
    sum.lines++
    sum.sentBytes += sentBytes
    this.byEndpoint.set(endpointId, sum)
  }
}

/** Adds up all lines below a folder. There may be more than fit into memory. */
export async function loggedSums(folder: string): Promise<LoggedSums['byEndpoint']> {
  const sums = new LoggedSums()
  for (const path of logFilesIn(folder)) {
    for await (const text of createInterface({ input: createReadStream(path) })) sums.add(JSON.parse(text) as Line)
  }
  return sums.byEndpoint
}

/** Log files below a folder, with those that were renamed. */
export function logFilesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) =>
    entry.isFile() && entry.name.includes('.jsonl') ? [join(entry.parentPath, entry.name)] : [],
  )
}
