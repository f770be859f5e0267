import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ArchiveReader } from '../../src/archive/reader.ts'
import { Turns } from '../../src/concurrency/turns.ts'
import type { HarvesterDeps } from '../../src/harvest/job/harvester.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { HarvestJob } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { endUtcOf, type SlotObject } from '../../src/model/output-segment.ts'
import { assetFormatOf } from '../../src/packaging/deliverables/asset-format.ts'
import { NoDecoder, NoEncoder, type PictureDecoder, type PictureEncoder } from '../../src/packaging/output-format.ts'
import { SourceMedia } from '../../src/packaging/segments/source-media.ts'
import { type Bucket, BucketRefused, type Buckets, type Taking } from '../../src/stores/buckets.ts'
import { FileSpool } from '../../src/stores/file-spool.ts'
import { type ObjectBody, piecesOf } from '../../src/stores/object-body.ts'
import type { ObjectLocation, Objects } from '../../src/stores/objects.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { FakeArchive, NOON, outputSegments, sampleBytes, windowOf } from '../origin/sample-channel.ts'
import { hlsEndpoint } from '../origin/sample-endpoints.ts'

export const at = (seconds: number): UtcMs => utcMs(NOON + seconds * 1000)

/** The sample channel, with windows, and with files where it is given a folder. */
export class HarvestArchive extends FakeArchive implements ArchiveReader {
  private folder: string | undefined
  private objects: Objects | undefined

  async extent() {
    const first = this.window?.segments[0]
    const last = this.window?.segments.at(-1)
    return first && last && { start: first.startUtc, end: endUtcOf(last) }
  }

  /** What the other input has, by the key of what it replaces. */
  readonly others = new Map<string, SlotObject>()

  async replacements(_endpoint: OriginEndpoint, { key }: { readonly key: string }): Promise<readonly SlotObject[]> {
    const other = this.others.get(key)
    return other ? [other] : []
  }

  file(key: string): string | undefined {
    return this.folder && join(this.folder, key)
  }

  location(key: string): ObjectLocation | undefined {
    if (this.objects) return this.objects.location(key)
    const path = this.file(key)
    return path === undefined ? undefined : { kind: 'file', path }
  }

  /** Puts every object of the window into a store, as an archive there has it. */
  async keepIn(objects: Objects): Promise<void> {
    for (const object of this.slotObjects()) {
      const writer = await objects.create(object.key)
      await writer.write(Uint8Array.from(sampleBytes(object.key)))
      Object.assign(object, await writer.commit())
    }
    this.objects = objects
  }

  /** Puts every object of the window into a file, as an archive on disk has it. Returns the way to remove them. */
  async keepInFiles(): Promise<() => Promise<void>> {
    const folder = await mkdtemp(join(tmpdir(), 'archive-'))
    for (const { key } of this.slotObjects()) {
      await writeFile(join(folder, key), sampleBytes(key), { mode: 0o444 })
    }
    this.folder = folder
    return () => rm(folder, { recursive: true })
  }

  private slotObjects(): readonly SlotObject[] {
    const slots = this.window?.segments.flatMap((segment) => segment.slots) ?? []
    return slots.flatMap(({ objects }) => Object.values(objects))
  }
}

/** `count` segments of six seconds from noon on. */
export const archiveOf = (count: number): HarvestArchive =>
  new HarvestArchive(windowOf(outputSegments(1, Array(count).fill({}))))

export function harvestJob(more: Partial<HarvestJob> = {}): HarvestJob {
  const endpoint = more.endpoint ?? hlsEndpoint({}, { startoverWindowSeconds: 3600 })
  return {
    id: 'highlights',
    channelId: endpoint.channelId,
    originEndpointId: endpoint.id,
    startTime: '2026-08-01T14:00:06+02:00',
    endTime: '1785585618',
    start: at(6),
    end: at(18),
    s3Destination: {
      bucketName: 'clips',
      manifestKey: 'cup/final/asset.m3u8',
      roleArn: 'arn:aws:iam::111122223333:role/S3Access',
    },
    status: 'IN_PROGRESS',
    createdAt: at(60),
    endpoint,
    ...more,
  }
}

/** Buckets in memory that write down what they are asked, in order, and refuse as they are told. */
export class RecordingBuckets implements Buckets {
  readonly objects = new Map<string, ObjectBody>()
  readonly calls: string[] = []
  /** Asked before each put: an error to refuse with, or a promise to wait for. */
  onPut: (key: string, signal: AbortSignal) => BucketRefused | Error | Promise<void> | undefined = () => undefined
  /** What it takes over where it is: nothing. */
  onTake: (key: string, body: ObjectBody) => Taking = () => ({ isTaken: false })
  /** What it tells of the size of an object. */
  sizeOf: (key: string) => number | null = (key) => this.objects.get(key)?.size ?? null
  opens: (BucketRefused | undefined)[] = []
  /** Errors with which removals are answered, one each. */
  removals: Error[] = []
  isRemote = false
  atOnce = 0
  mostAtOnce = 0

  async open(): Promise<Bucket> {
    const refusal = this.opens.shift()
    if (refusal) throw refusal
    const tagOf = (key: string) => {
      const object = this.objects.get(key)
      return object ? bytesOf(object).toString('base64') : null
    }
    return {
      isRemote: this.isRemote,
      take: async (key, body) => {
        const taking = this.onTake(key, body)
        if (taking.isTaken) this.objects.set(key, body)
        return taking
      },
      put: async (key, body, signal, condition) => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
        try {
          const answer = this.onPut(key, signal)
          if (answer instanceof Error) throw answer
          await answer
          signal.throwIfAborted()
          if (condition && condition.replaces !== tagOf(key)) throw new BucketRefused('Conflict', 'It is another.')
          this.calls.push(key)
          this.objects.set(key, await asKept(body))
        } finally {
          this.atOnce--
        }
      },
      flush: async () => {
        if (this.calls.at(-1) !== 'flush') this.calls.push('flush')
      },
      tagOf: async (key) => tagOf(key),
      sizeOf: async (key) => this.sizeOf(key),
      holds: async (key, body) => tagOf(key) === bytesOf(body).toString('base64'),
      remove: async (keys) => {
        const refusal = this.removals.shift()
        if (refusal) throw refusal
        for (const key of keys) this.objects.delete(key)
      },
    }
  }

  async close() {}
}

/** A body that names files as it is, and others with their bytes. */
async function asKept(body: ObjectBody): Promise<ObjectBody> {
  const objects = body.kind === 'object' ? [body.object] : body.kind === 'objects' ? body.objects : []
  if (objects.length > 0 && objects.every(({ location }) => location)) return body
  const parts: Uint8Array[] = []
  for await (const piece of piecesOf(body)) parts.push(Uint8Array.from(piece))
  const { contentType, size, sha256 } = body
  return { kind: 'bytes', parts, contentType, size, ...(sha256 !== undefined && { sha256 }) }
}

const bytesOf = (body: ObjectBody): Buffer => Buffer.concat(body.kind === 'bytes' ? body.parts : [])

export type LogLine = { readonly level: string; readonly message: string } & Readonly<Record<string, unknown>>

/** What such an archive holds, to be taken apart. */
export function mediaOf(archive: Pick<HarvesterDeps['archive'], 'read' | 'open' | 'openOnce'>): SourceMedia {
  return new SourceMedia(archive, { maxBytes: 1 << 20, turns: new Turns() })
}

export const NO_DECODER: PictureDecoder = {
  check: async () => {
    throw new NoDecoder('Nothing decodes pictures here.')
  },
  jpeg: async () => {
    throw new NoDecoder('Nothing decodes pictures here.')
  },
  sheet: async () => {
    throw new NoDecoder('Nothing decodes pictures here.')
  },
}

export const NO_ENCODER: PictureEncoder = {
  check: async () => {
    throw new NoEncoder('Nothing encodes pictures here.')
  },
  h264: async () => {
    throw new NoEncoder('Nothing encodes pictures here.')
  },
  hevc: async () => {
    throw new NoEncoder('Nothing encodes pictures here.')
  },
}

/** Time passes only while somebody sleeps. */
export function rehearsal(parts: Partial<HarvesterDeps> & Pick<HarvesterDeps, 'archive' | 'buckets' | 'resources'>) {
  let now = at(60)
  const lines: LogLine[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields })
  const slept: number[] = []
  const pass = (ms: number) => {
    now = utcMs(now + ms)
  }
  const deps = {
    media: mediaOf(parts.archive),
    formatOf: assetFormatOf,
    openSpool: () => new FileSpool(tmpdir()),
    decoder: NO_DECODER,
    encoder: NO_ENCODER,
    clock: () => now,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    account: { region: 'eu-west-1', accountId: '111122223333' },
    owner: 'worker',
    jobsAtOnce: 2,
    objectsAtOnce: 4,
    leaseMs: 15_000,
    checkpointMs: 200,
    contentKeys: sampleKeys(),
    mostAttempts: 4,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      slept.push(ms)
      now = utcMs(now + ms)
      await new Promise(setImmediate)
    },
    ...parts,
  } satisfies HarvesterDeps
  return { deps, lines, slept, pass }
}
