/** An archive, its ingest and its outputs in one process, with a clock that stands until it is set. */

import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { type Archive, openArchive } from '../../src/archive/archive.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import { createHarvester, type HarvesterDeps } from '../../src/harvest/job/harvester.ts'
import { FaultLog } from '../../src/http/fault-log.ts'
import { DEFAULT_INGEST_LIMITS } from '../../src/ingest/ingest-limits.ts'
import { parseIngestPath } from '../../src/ingest/ingest-path.ts'
import { Uploads } from '../../src/ingest/uploads.ts'
import { utcMs } from '../../src/media/time.ts'
import type { HarvestJob } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { LostSegments } from '../../src/origin/lost-segments.ts'
import { Manifests } from '../../src/origin/manifests/manifests.ts'
import { WindowQueue } from '../../src/origin/manifests/window-queue.ts'
import { ManifestWorker } from '../../src/origin/manifests/worker.ts'
import { Segments } from '../../src/origin/segments.ts'
import { createViewer, type Viewer } from '../../src/origin/viewer.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import type { ObjectBody } from '../../src/stores/object-body.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { JobLedger } from '../harvest/job-ledger.ts'
import { harvestJob, RecordingBuckets, rehearsal } from '../harvest/sample-harvest.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { MemoryObjects } from './memory-objects.ts'

const BEGAN = Date.UTC(2026, 0, 4)
const ACCOUNT = { region: 'eu-west-1', accountId: '111122223333' }
const ALL_IS_KEPT = { liveMs: 1e12, marginMs: 0, graceMs: 0 }
/** No life is longer, so that a window of it shows all. In seconds. */
export const WHOLE_SECONDS = 3600

export class Studio {
  now = utcMs(BEGAN)
  readonly lines: string[] = []
  private readonly folder: string
  private readonly store: SqliteStore
  private readonly archive: Archive
  private readonly media: SourceMedia
  private readonly uploads: Uploads
  private readonly worker = new ManifestWorker(sampleKeys(), () => this.now)
  private channels = 0

  private constructor(
    folder: string,
    store: SqliteStore,
    archive: Archive,
    log: ConstructorParameters<typeof FaultLog>[0],
  ) {
    this.folder = folder
    this.store = store
    this.archive = archive
    const turns = new Turns()
    this.media = new SourceMedia(archive, { maxBytes: 1 << 24, turns })
    const clock = () => this.now
    const faults = new FaultLog(log, clock)
    this.uploads = new Uploads({ archive, clock, faults, limits: DEFAULT_INGEST_LIMITS, turns })
  }

  /** With these objects as what the archive keeps of encoders' segments, for as long as retention says. */
  static async open(objects = new MemoryObjects(), retention = ALL_IS_KEPT): Promise<Studio> {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-studio-'))
    const store = await openSqliteStore(join(folder, 'windrow.db'))
    const { segmentIndex, resources } = store
    let studio: Studio | undefined
    const write = (fields: object) => void studio?.lines.push(JSON.stringify(fields))
    const log = { info: write, warn: write, error: write }
    const archive = await openArchive({
      segmentIndex,
      resources,
      objects,
      clock: () => studio!.now,
      log,
      retention,
      account: ACCOUNT,
    })
    studio = new Studio(folder, store, archive, log)
    return studio
  }

  async close(): Promise<void> {
    await this.worker.close()
    await this.archive.close()
    await this.store.close()
    await rm(this.folder, { recursive: true })
  }

  /** A new channel and its endpoints: the folder for the encoder's files, and the one of the other input. */
  async createChannel(
    endpoints: readonly OriginEndpoint[],
  ): Promise<{ readonly folder: string; readonly other: string; readonly endpoints: readonly OriginEndpoint[] }> {
    const id = (this.channels++).toString(16).padStart(31, '0')
    const guid = `c${id}`
    const { resources } = this.store
    const input = { id: guid, username: 'u', password: 'p' }
    const ingestEndpoints = [input, { ...input, id: `d${id}` }] as const
    const channel = { guid, id: guid, tags: {}, createdAt: this.now, revision: 1, ingestEndpoints }
    await resources.createChannel(channel, { maxChannels: 1e6 })
    const own = endpoints.map((endpoint, i): OriginEndpoint => {
      return { ...endpoint, guid: `${i}${id}`, id: `${guid}-${i}`, channelId: guid, channelGuid: guid }
    })
    for (const endpoint of own) await resources.createOriginEndpoint(endpoint, { maxPerChannel: own.length })
    return { folder: `/in/v2/${guid}/${guid}/`, other: `/in/v2/${guid}/d${id}/`, endpoints: own }
  }

  /** A request's path and body. */
  async put(path: string, body: Buffer): Promise<void> {
    const headers = { host: 'origin.example', 'content-length': `${body.length}` }
    const request = Object.assign(Readable.from([body]), { headers, complete: true })
    await this.uploads.store(
      { request: request as unknown as IncomingMessage, requestId: '0-0-0-0-0' },
      parseIngestPath(path),
      () => {},
    )
  }

  /** Lets time pass, with a look at all waits every so often. */
  async passUntil(ms: number): Promise<void> {
    while (this.now < ms) {
      this.now = utcMs(Math.min(ms, this.now + 500))
      await this.archive.tick()
    }
  }

  /** What players see, by the code of the origin. */
  viewer(): Viewer {
    const { archive, media } = this
    const contentKeys = sampleKeys()
    const clock = () => this.now
    const log = { info() {}, warn() {}, error() {} }
    const parts = {
      archive,
      worker: this.worker,
      queue: new WindowQueue(),
      contentKeys,
      clock,
      lost: new LostSegments(),
      log,
    }
    return createViewer({
      manifests: new Manifests(parts),
      segments: new Segments({ archive, media, contentKeys }),
      archive,
      media,
    })
  }

  retain(): Promise<void> {
    return this.archive.retain()
  }

  /** What is played below the endpoint's GUID. */
  async get(endpoint: OriginEndpoint, path: string): Promise<Buffer> {
    const [name = ''] = path.split('?')
    const request = outputFormatOf(endpoint)?.resolve(endpoint, name.split('/').map(decodeURIComponent).join('/'))
    if (!request) throw new Error(`${path} names nothing`)
    if (request.kind === 'manifest') {
      const window = await this.archive.live(endpoint, request.windowSeconds)
      const body = window && request.write(window, { kind: 'live' })
      if (!body || typeof body === 'string') throw new Error(`${path}: nothing to show`)
      return Buffer.from(body.text)
    }
    const body = await request.body(this.archive, this.media, sampleKeys())
    if (typeof body === 'string') throw new Error(`${path}: ${body}`)
    if (body.kind === 'bytes') return Buffer.concat(body.parts)
    const objects = body.kind === 'object' ? [body.object] : body.objects
    return Buffer.concat(await Promise.all(objects.map((object) => this.archive.read(object))))
  }

  /** All of the channel as an asset: a file of it by its name. */
  async harvest(endpoint: OriginEndpoint, parent: string): Promise<(name: string) => Buffer> {
    const extent = await this.archive.extent(endpoint)
    if (!extent) throw new Error('there is nothing to harvest')
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: `asset/${parent}` }
    // The last segment may last no time by its dates.
    const window = { start: extent.start, end: utcMs(extent.end + 1000) }
    const files = await this.assetOf(harvestJob({ endpoint, ...window, createdAt: this.now, s3Destination }))
    return (name) => {
      const file = files.get(`asset/${name}`)
      if (!file) throw new Error(`the asset has no ${name}`)
      return file
    }
  }

  /** The objects that a job writes, by their keys. */
  async assetOf(
    job: HarvestJob,
    more: Partial<Pick<HarvesterDeps, 'contentKeys' | 'encoder'>> = {},
  ): Promise<ReadonlyMap<string, Buffer>> {
    const ledger = new JobLedger(job)
    const buckets = new RecordingBuckets()
    const { archive, media } = this
    const clock = () => this.now
    const sleep = () => Promise.reject(new Error('the harvest waits'))
    const own = { archive, media, buckets, resources: ledger, clock, sleep, mostAttempts: 1 }
    const { deps, lines } = rehearsal({ ...own, ...more })
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await harvester.settled()
    if (ledger.outcome?.state !== 'SUCCEEDED') throw new Error(`harvest: ${lines.map((line) => inspect(line)).join()}`)
    const bytesOf = (object: ObjectBody) => Buffer.concat(object.kind === 'bytes' ? object.parts : [])
    return new Map([...buckets.objects].map(([key, object]) => [key, bytesOf(object)]))
  }
}
