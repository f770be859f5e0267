import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ArchiveReader } from '../../src/archive/reader.ts'
import type { BucketRefused, Buckets, ObjectBody } from '../../src/harvest/bucket.ts'
import type { HarvesterHost } from '../../src/harvest/harvester.ts'
import { msFromTicks, type UtcMs, utcMs } from '../../src/media/time.ts'
import type { ServiceEvent } from '../../src/model/event.ts'
import type { HarvestJob, HarvestOutcome } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { ArchiveWindow } from '../../src/model/output-segment.ts'
import { outputFormatOf } from '../../src/packaging/packager.ts'
import { SourceMedia } from '../../src/packaging/source-media.ts'
import { FakeArchive, hlsEndpoint, NOON, outputSegments, sampleBytes, windowOf } from '../origin/sample-channel.ts'

export const at = (seconds: number): UtcMs => utcMs(NOON + seconds * 1000)

/** The sample channel, with windows, and with files where it is given a folder. */
export class HarvestArchive extends FakeArchive implements ArchiveReader {
  private folder: string | undefined

  async between(_endpoint: OriginEndpoint, start: UtcMs, end: UtcMs): Promise<ArchiveWindow | undefined> {
    if (!this.window) return undefined
    const segments = this.window.segments.filter((segment) => segment.startUtc < end && endOf(segment) > start)
    return segments.length > 0 ? { ...this.window, segments } : undefined
  }

  async extent() {
    const first = this.window?.segments[0]
    const last = this.window?.segments.at(-1)
    return first && last && { start: first.startUtc, end: endOf(last) }
  }

  file(key: string): string | undefined {
    return this.folder && join(this.folder, key)
  }

  /** Puts every object of the window into a file, as an archive on disk has it. Returns the way to remove them. */
  async keepInFiles(): Promise<() => Promise<void>> {
    const folder = await mkdtemp(join(tmpdir(), 'archive-'))
    const slots = this.window?.segments.flatMap((segment) => segment.slots) ?? []
    for (const { key } of slots.flatMap(({ objects }) => Object.values(objects))) {
      await writeFile(join(folder, key), sampleBytes(key), { mode: 0o444 })
    }
    this.folder = folder
    return () => rm(folder, { recursive: true })
  }
}

const endOf = (segment: ArchiveWindow['segments'][number]): UtcMs =>
  utcMs(segment.startUtc + msFromTicks(segment.duration))

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

/** The part of the resources that harvesting needs, in memory. */
export class JobLedger {
  readonly inProgress = new Map<string, HarvestJob>()
  readonly ended: { readonly id: string; readonly outcome: HarvestOutcome; readonly event: ServiceEvent }[] = []
  readonly owners = new Map<string, { readonly jobId: string; readonly endpointGuid: string }>()
  /** Failures to come, before anything is recorded. */
  readonly failures: Error[] = []

  constructor(...jobs: readonly HarvestJob[]) {
    for (const job of jobs) this.inProgress.set(job.id, job)
  }

  async harvestJobsInProgress(): Promise<readonly HarvestJob[]> {
    return [...this.inProgress.values()]
  }

  async finishHarvestJob(id: string, outcome: HarvestOutcome, event: ServiceEvent) {
    const failure = this.failures.shift()
    if (failure) throw failure
    if (!this.inProgress.delete(id)) return 'not-in-progress'
    this.ended.push({ id, outcome, event })
    return 'finished'
  }

  async claimBucketKeys(claim: { bucket: string; keys: readonly string[]; jobId: string; endpointGuid: string }) {
    for (const key of claim.keys) {
      const owner = this.owners.get(`${claim.bucket}/${key}`)
      if (owner && owner.endpointGuid !== claim.endpointGuid) return { owner: { key, jobId: owner.jobId } }
    }
    for (const key of claim.keys) this.owners.set(`${claim.bucket}/${key}`, claim)
    return {}
  }

  get outcome(): HarvestOutcome | undefined {
    return this.ended[0]?.outcome
  }
}

/** Buckets in memory that write down what they are asked, in order, and refuse as they are told. */
export class RecordingBuckets implements Buckets {
  readonly objects = new Map<string, ObjectBody>()
  readonly calls: string[] = []
  /** Asked before each put: an error to refuse with, or a promise to wait for. */
  onPut: (key: string, signal: AbortSignal) => BucketRefused | Error | Promise<void> | undefined = () => undefined
  opens: (BucketRefused | undefined)[] = []
  atOnce = 0
  mostAtOnce = 0

  async open() {
    const refusal = this.opens.shift()
    if (refusal) throw refusal
    return {
      put: async (key: string, body: ObjectBody, signal: AbortSignal) => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
        try {
          const answer = this.onPut(key, signal)
          if (answer instanceof Error) throw answer
          await answer
          signal.throwIfAborted()
          this.calls.push(key)
          this.objects.set(key, body)
        } finally {
          this.atOnce--
        }
      },
      flush: async () => {
        this.calls.push('flush')
      },
    }
  }

  async close() {}
}

export type LogLine = { readonly level: string; readonly message: string } & Readonly<Record<string, unknown>>

/** Time passes only while somebody sleeps. */
export function rehearsal(parts: Partial<HarvesterHost> & Pick<HarvesterHost, 'archive' | 'buckets' | 'resources'>) {
  let now = at(60)
  const lines: LogLine[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields })
  const slept: number[] = []
  const host = {
    media: new SourceMedia({ read: parts.archive.read, open: parts.archive.read }, { maxBytes: 1 << 20 }),
    formatOf: outputFormatOf,
    clock: () => now,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    account: { region: 'eu-west-1', accountId: '111122223333' },
    jobsAtOnce: 2,
    objectsAtOnce: 4,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      slept.push(ms)
      now = utcMs(now + ms)
      await new Promise(setImmediate)
    },
    ...parts,
  } satisfies HarvesterHost
  return { host, lines, slept }
}
