import assert from 'node:assert/strict'
import http from 'node:http'
import { type AddressInfo, BlockList } from 'node:net'
import { nginxAccel } from '../../src/http/accel.ts'
import { ClientNetworks } from '../../src/http/client-networks.ts'
import { Exchange } from '../../src/http/exchange.ts'
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts'
import type { LogFields } from '../../src/log.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { ArchiveWindow } from '../../src/model/output-segment.ts'
import type { IdentifierJudge } from '../../src/origin/access.ts'
import type { Egress, EgressObserver } from '../../src/origin/egress.ts'
import { ManifestWorker } from '../../src/origin/manifests/worker.ts'
import { createOrigin } from '../../src/origin/origin.ts'
import type { ContentKeys } from '../../src/packaging/content-keys.ts'
import { FileSpool } from '../../src/stores/file-spool.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { FakeArchive, FakeResources, GUID, NOON } from './sample-channel.ts'

/** What an origin needs to serve no MP4 files. */
export const NO_MOVIES = {
  openSpool: () => new FileSpool('/nowhere'),
  movieLimits: { isAllowed: false, longestMs: 0, atOnce: 0, atOncePerClient: 0, tableBytes: 0 },
}

/** Secrets that nobody knows, so that no CDN has a good identifier. */
export const NO_IDENTIFIERS: IdentifierJudge = { judge: async () => 'unavailable' }

export type LogLine = { readonly level: string; readonly fields: LogFields }

export type Answer = { status: number; headers: http.IncomingHttpHeaders; body: Buffer; text: string }

/** An origin over a sample channel, asked over HTTP. The clock stands until it is set. */
export class OriginUnderTest {
  archive = new FakeArchive(undefined)
  resources = new FakeResources()
  now: UtcMs = NOON
  /** The keys of encrypted endpoints. */
  contentKeys: ContentKeys = sampleKeys()
  /** What a secret makes of the identifiers that CDNs send. */
  identifiers = NO_IDENTIFIERS
  /** Whether all places for players are taken. */
  isFull = false
  /** Whether nginx in front sends files. */
  isBehindAccel = false
  /** What observers were told. */
  readonly heard: { readonly status: number; readonly sentBytes: number; readonly egress: Egress }[] = []
  /** What the origin has logged. */
  readonly lines: LogLine[] = []
  readonly outgoing = new OutgoingBytes({
    mostBytes: 64 * 1024 * 1024,
    stallSeconds: 60,
    log: { info() {}, warn() {}, error() {} },
  })
  readonly worker = new ManifestWorker(
    { describe: (endpoint, periods) => this.contentKeys.describe(endpoint, periods) },
    () => utcMs(0),
  )
  private origin: ReturnType<typeof createOrigin> | undefined
  private readonly server = http.createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/, 2)
    const handle = this.isFull ? this.origin?.handleFull : this.origin?.handle
    handle?.(request, response, { path, query }, new Exchange(request, response, () => 0)).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Starts afresh with an endpoint over a window of its channel. */
  serve(endpoint: OriginEndpoint, window: ArchiveWindow | undefined, trustedProxies = new BlockList()): void {
    this.closeOrigin()
    this.archive = new FakeArchive(window)
    this.resources = new FakeResources(endpoint)
    this.now = NOON
    this.isFull = false
    this.heard.length = 0
    const { archive, resources } = this
    const clients = new ClientNetworks(trustedProxies)
    const parts = {
      resources,
      archive,
      media: archive.media(),
      contentKeys: this.contentKeys,
      manifestWorker: this.worker,
      ...NO_MOVIES,
      outgoing: this.outgoing,
      clients,
      accel: this.isBehindAccel ? nginxAccel(clients) : undefined,
      missesPerSecond: 20,
      identifiers: { judge: (...args) => this.identifiers.judge(...args) } satisfies IdentifierJudge,
    }
    const level = (level: string) => (fields: LogFields) => void this.lines.push({ level, fields })
    const log = { info: level('info'), warn: level('warn'), error: level('error') }
    const observers: readonly EgressObserver[] = [
      ({ status, sentBytes }, egress) => this.heard.push({ status, sentBytes, egress }),
    ]
    this.origin = createOrigin({ ...parts, clock: () => this.now, date: () => this.now, log, observers })
  }

  closeOrigin(): void {
    this.origin?.close()
    this.origin = undefined
  }

  async close(): Promise<void> {
    this.closeOrigin()
    await this.worker.close()
    this.server.close()
    this.server.closeAllConnections()
  }

  /** `path` below the endpoint's GUID, or from the root. */
  ask(path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
    const { port } = this.server.address() as AddressInfo
    const url = path.startsWith('/') ? path : `/out/v1/${GUID}/${path}`
    return new Promise((resolve, reject) => {
      const request = http.request({ port, path: url, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const body = Buffer.concat(chunks)
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() })
        })
        response.on('error', reject)
      })
      request.on('error', reject).end()
    })
  }

  /** The text of a manifest that must be there. */
  async manifest(path: string): Promise<string> {
    const { status, text } = await this.ask(path)
    assert.equal(status, 200, `${path}: ${text}`)
    return text
  }
}
