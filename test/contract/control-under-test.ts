import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { ChangeBroadcast } from '../../src/changes/change-broadcast.ts'
import { createControl } from '../../src/control/control.ts'
import {
  type ClipService,
  type ControlContext,
  type ControlLimits,
  type ControlResources,
  DEFAULT_LIMITS,
  type ExtentOf,
  type HarvestService,
  type OverviewOf,
} from '../../src/control/control-context.ts'
import { openApiDocument } from '../../src/control/openapi.ts'
import { DESCRIBED_APIS } from '../../src/control/openapi-mount.ts'
import { listen } from '../../src/http/listener.ts'
import { OutgoingBytes } from '../../src/http/outgoing-bytes.ts'
import type { Log } from '../../src/log.ts'
import { utcMs } from '../../src/media/time.ts'
import type { Resources } from '../../src/stores/resources.ts'
import type { SegmentIndex } from '../../src/stores/segment-index.ts'
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { watchApiAnswers } from '../judges/api-answers.ts'

export const REGION = 'eu-central-1'
export const ACCOUNT_ID = '111122223333'
export const CREDENTIALS = { accessKeyId: 'AKIDCONTRACT', secretAccessKey: 'contract/secret+key' }

/** How responses of the API differed from what it says of them. */
const differences: string[] = []
watchApiAnswers(
  () => openApiDocument('0.0.0', DESCRIBED_APIS),
  (difference) => differences.push(difference),
)

export type ControlUnderTest = {
  /** Where the API answers. */
  readonly endpoint: string
  /** Jobs the API told of, by id, in their order. */
  readonly created: readonly string[]
  /** What was logged as an error. */
  readonly errors: readonly object[]
  /** What the API works on. */
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** The streams of changes that are open. */
  streams(): number
  /** Ends all of them, as when the process stops. */
  endStreams(): void
  /** Ends a job, as the harvester does. */
  finish(jobId: string): Promise<void>
  close(): Promise<void>
}

/**
 * The API over a store of its own, on a port of its own. `now` stands still where it is given; foreign clients need a
 * clock that runs. `trouble` puts other functions in the place of the store's.
 */
export async function startControl(
  options: {
    trouble?: (resources: ControlResources) => Partial<ControlResources>
    limits?: Partial<ControlLimits>
    now?: () => number
    extent?: ExtentOf
    overview?: OverviewOf
    harvest?: Partial<HarvestService>
    clips?: Partial<ClipService>
    buckets?: ControlContext['buckets']
    keyFrames?: ControlContext['keyFrames']
    indexSnapshots?: ControlContext['indexSnapshots']
    monitoring?: Partial<ControlContext['monitoring']>
  } = {},
): Promise<ControlUnderTest> {
  const created: string[] = []
  const errors: object[] = []
  const now = options.now ?? Date.now
  const log: Log = { info() {}, warn() {}, error: (fields) => errors.push(fields) }
  const folder = await mkdtemp(join(tmpdir(), 'windrow-control-'))
  const store = await openSqliteStore(join(folder, 'windrow.db'))
  const changes = new ChangeBroadcast({
    resources: store.resources,
    processId: 'test',
    stopwatch: () => performance.now(),
  })
  const control = createControl({
    resources: Object.assign(Object.create(store.resources), options.trouble?.(store.resources)),
    clock: () => utcMs(now()),
    steady: () => utcMs(now()),
    wall: () => utcMs(now()),
    log,
    accountId: ACCOUNT_ID,
    region: REGION,
    publicUrl: () => 'https://live.example.com',
    credentials: CREDENTIALS,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    harvest: {
      changed: (jobId) => created.push(jobId),
      forecast: async () => ({ failures: [], isWaiting: false }),
      firstDifference: async () => undefined,
      removeLeftovers: async () => 0,
      ...options.harvest,
    },
    clips: {
      content: async ({ endpoints, span }) => ({
        sources: [{ endpoint: endpoints[0]!, kinds: ['HLS'] }],
        pinned: span,
        bytes: 100,
        shown: [],
      }),
      archivedBytes: async () => 0,
      ...options.clips,
    },
    buckets: options.buckets ?? { names: async () => ({ names: [] }), read: () => assert.fail('no bucket is read') },
    keyFrames: options.keyFrames ?? { find: async () => 'no content' },
    outgoing: new OutgoingBytes({ mostBytes: 1 << 30, stallSeconds: 60, log }),
    ...(options.extent && { extent: options.extent }),
    ...(options.overview && { overview: options.overview }),
    timelines: store.segmentIndex,
    keysOnRecord: async () => 2,
    indexSnapshots: options.indexSnapshots,
    changes: changes.streams,
    monitoring: { processId: 'test', settings: [], samples: () => [], ...options.monitoring },
    status: async () => ({
      version: '0.0.0',
      startedAt: utcMs(Date.UTC(2026, 0)),
      uptimeSeconds: 60,
      roles: ['control'],
      listeners: [{ name: 'control', address: '127.0.0.1:8080', tls: false }],
      unready: [],
      certificates: [],
    }),
  })
  const listener = await listen({ name: 'control', host: '127.0.0.1', port: 0, mounts: control, log })
  return {
    endpoint: `http://127.0.0.1:${listener.address.port}`,
    created,
    errors,
    resources: store.resources,
    segmentIndex: store.segmentIndex,
    async finish(jobId) {
      const at = utcMs(now())
      const job = await store.resources.claimHarvestJob({ owner: 'test', now: at, leaseMs: 1000 })
      assert.equal(job?.id, jobId)
      const event = { id: jobId, at, detailType: 'test', resources: [], detail: {} }
      const claim = { id: jobId, fence: job.run.fence }
      const end = { at, outcome: { state: 'SUCCEEDED' } as const, event }
      assert.equal(await store.resources.finishHarvestJob(claim, end), 'finished')
    },
    streams: () => changes.streams.size,
    endStreams: () => changes.end(),
    async close() {
      changes.close()
      await listener.close()
      await store.close()
      await rm(folder, { recursive: true })
      assert.deepEqual(differences.splice(0), [])
    },
  }
}

export type RawRequest = {
  method: string
  /** As it goes over the wire: encoded. */
  path: string
  query?: Record<string, string | string[]>
  headers?: Record<string, string>
  body?: string
}

export type RawAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** What clients choose their exception by. */
  readonly errorType: string | undefined
  readonly json: unknown
}

/** Sends exactly what it is given. */
export async function send(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  const query = Object.entries(raw.query ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  )
  const path = query.length > 0 ? `${raw.path}?${query.join('&')}` : raw.path
  const { hostname, port } = new URL(endpoint)
  const request = httpRequest({ hostname, port, path, method: raw.method, headers: raw.headers ?? {} })
  const answered = once(request, 'response')
  request.end(raw.body)
  const [response] = await answered
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const errorType = response.headers['x-amzn-errortype']
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    errorType,
    json: text === '' ? undefined : JSON.parse(text),
  }
}

/** The SDK's own signer, in the role of every client. */
export function signer(credentials = CREDENTIALS, region = REGION, service = 'mediapackage'): SignatureV4 {
  return new SignatureV4({ credentials, region, service, sha256: Sha256 })
}

/** `raw` in the form the signer wants it. */
export function unsigned(endpoint: string, raw: RawRequest) {
  const { host, hostname, port, protocol } = new URL(endpoint)
  return {
    ...raw,
    protocol,
    hostname,
    port: Number(port),
    query: raw.query ?? {},
    headers: { host, 'content-type': 'application/json', ...raw.headers },
  }
}

/** Signs and sends what no SDK would let through. */
export async function call(endpoint: string, raw: RawRequest, signingDate?: Date): Promise<RawAnswer> {
  const { headers } = await signer().sign(unsigned(endpoint, raw), signingDate ? { signingDate } : {})
  return send(endpoint, { ...raw, headers })
}
