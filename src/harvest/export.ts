import type { ArchiveReader } from '../archive/reader.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { DEFAULT_HARVEST_OPTIONS } from '../model/harvest-job.ts'
import type { HarvestObject, HarvestRecord } from '../model/harvest-run.ts'
import type { ArchiveWindow } from '../model/output-segment.ts'
import type { OutputFormat } from '../packaging/output-format.ts'
import type { SourceMedia } from '../packaging/source-media.ts'
import type { HarvestRecords } from '../stores/harvest-records.ts'
import { type AssetFile, type AssetFiles, assetFiles, keysOf, type SegmentFile } from './asset-files.ts'
import { type Bucket, BucketRefused, type Buckets, type PutCondition } from './bucket.ts'
import { digested } from './digest.ts'
import { HarvestFailed } from './harvest-failed.ts'
import { inLanes } from './lanes.ts'
import type { Lease } from './lease.ts'
import { patiently } from './patience.ts'
import { admitted, gapsOf, planOf, withinGapPolicy } from './plan.ts'
import type { HarvestProgress } from './progress.ts'
import { reportFile } from './report-file.ts'
import { harvestWindow, plannedWindow, type WindowHost } from './window.ts'

export type ExportHost = WindowHost & {
  readonly archive: Omit<ArchiveReader, 'open'>
  readonly media: SourceMedia
  readonly buckets: Buckets
  readonly resources: Pick<HarvestRecords, 'claimBucketKeys' | 'listHarvestObjects'>
  /** Objects written at once. Memory: as many of the largest segment. */
  readonly lanes: number
}

/** An attempt at a job: what it may write under, and how far the job has come. */
export type Attempt = { readonly job: HarvestRecord; readonly lease: Lease; readonly progress: HarvestProgress }

/** A job that follows the live edge looks again when it has moved by this share of what it looked at before. */
const FOLLOW_SHARE = 0.02
/** Objects asked for at once when a job is taken up again. */
const PAGE = 5000

/**
 * Writes the asset of a job: segments, then their playlists, then the parent manifest, which is durable only after
 * everything it points to, and is written only while the lease holds. It goes on where the last attempt was, and doing
 * it again writes the same. Throws HarvestFailed or BucketRefused, in words for the job's owner; when the signal aborts, it
 * stops between two objects or inside one and leaves no parent manifest of its own.
 */
export async function exportAsset(
  attempt: Attempt,
  format: OutputFormat,
  host: ExportHost,
  signal: AbortSignal,
): Promise<void> {
  const { job, lease, progress } = attempt
  const bucket = await patiently(() => host.buckets.open(job.s3Destination, signal), host.sleep, signal)
  const flush = () => patiently(() => bucket.flush(), host.sleep, signal)
  lease.flushWith(flush)
  const writer = new AssetWriter(attempt, bucket, host, await writtenBefore(attempt, host))
  const window = await settledWindow(writer, attempt, format, host, signal)

  const files = assetFiles(job, format, window, host)
  await writer.claim(files)
  progress.settle(progress.settledPlan ?? planOf(window, files, gapsOf(job, window)), files.segments)
  await lease.save()
  await writer.writeSegments(files.segments, signal)
  await inLanes(files.manifests, host.lanes, signal, (file, laneSignal) => writer.write(file, laneSignal))
  if ((job.options ?? DEFAULT_HARVEST_OPTIONS).report) {
    await lease.save()
    await writer.write(await reportFile(job, progress, host.resources), signal)
  }
  await flush()
  await writer.writeParent(files.parent, signal)
  await flush()
  await lease.save()
}

/** The window the asset is made of. What of it is there already is written while it waits for the rest. */
async function settledWindow(
  writer: AssetWriter,
  { job, progress }: Attempt,
  format: OutputFormat,
  host: ExportHost,
  signal: AbortSignal,
): Promise<ArchiveWindow> {
  if (progress.settledPlan) return plannedWindow(job, progress.settledPlan, host.archive)
  let followed: number = job.start
  const follow = async (edge: UtcMs) => {
    // What a segment holds may follow from those before it, so each look is at all of them.
    if (edge - followed < FOLLOW_SHARE * (edge - job.start)) return
    followed = edge
    const window = await host.archive.between(job.endpoint, job.start, utcMs(Math.min(edge, job.end)))
    if (!window) return
    let files: AssetFiles
    try {
      files = assetFiles(job, format, withinGapPolicy(job, window, gapsOf(job, window)), host)
    } catch (error) {
      // The streams that are shown may come only later.
      if (error instanceof HarvestFailed && error.code === 'NoStreams') return
      throw error
    }
    const news = files.segments.filter(({ key }) => !writer.hasWritten(key))
    await writer.claim({ ...files, segments: news })
    progress.expect(news)
    await writer.writeSegments(news, signal)
  }
  const window = await harvestWindow(job, host, signal, follow)
  return admitted(job, window, gapsOf(job, window))
}

/** SHA-256 by key. */
async function writtenBefore({ job }: Attempt, host: ExportHost): Promise<Map<string, string>> {
  const written = new Map<string, string>()
  if (!job.run.cursor) return written
  for (let after: string | undefined; ; ) {
    const page = await host.resources.listHarvestObjects(job.id, { limit: PAGE, ...(after && { after }) })
    for (const { key, sha256 } of page.items) written.set(key, sha256)
    if (page.next === undefined) return written
    after = page.next
  }
}

/** Puts the objects of one asset where they belong, and says so to the checkpoints. */
class AssetWriter {
  private readonly attempt: Attempt
  private readonly bucket: Bucket
  private readonly host: ExportHost
  private readonly written: Map<string, string>

  constructor(attempt: Attempt, bucket: Bucket, host: ExportHost, written: Map<string, string>) {
    this.attempt = attempt
    this.bucket = bucket
    this.host = host
    this.written = written
  }

  hasWritten(key: string): boolean {
    return this.written.has(key)
  }

  /** Takes the names for the job, before anything is written under them. */
  async claim(files: AssetFiles): Promise<void> {
    const { job } = this.attempt
    const bucket = job.s3Destination.bucketName
    const keys = keysOf(job, files)
    const claim = { bucket, keys, jobId: job.id, endpointGuid: job.endpoint.guid }
    const { owner } = await this.host.resources.claimBucketKeys(claim)
    if (owner) throw nameTaken(owner, bucket)
  }

  /** Those that no earlier attempt has written. */
  async writeSegments(segments: readonly SegmentFile[], signal: AbortSignal): Promise<void> {
    const rest = segments.filter(({ key }) => !this.written.has(key))
    await inLanes(rest, this.host.lanes, signal, (file, laneSignal) => this.write(file, laneSignal, file.track))
  }

  async write(file: AssetFile, signal: AbortSignal, track?: string): Promise<void> {
    const body = await digested(await file.body())
    signal.throwIfAborted()
    await patiently(() => this.bucket.put(file.key, body, signal), this.host.sleep, signal)
    this.note({ key: file.key, size: body.size, sha256: body.sha256 }, track)
  }

  /** What is written again as it was is no progress: a job that gets no further must come to an end. */
  private note(object: HarvestObject, track?: string): void {
    const { progress, lease } = this.attempt
    if (this.written.get(object.key) === object.sha256) return
    this.written.set(object.key, object.sha256)
    progress.wrote(object, track)
    lease.touch()
  }

  /** From the checkpoint before it on the job can only be completed, by this worker or the next. */
  async writeParent(file: AssetFile, signal: AbortSignal): Promise<void> {
    const { progress, lease } = this.attempt
    const { sleep } = this.host
    if (progress.replacedTag === undefined) {
      const tag = await patiently(() => this.bucket.tagOf(file.key, signal), sleep, signal)
      if (tag !== undefined) progress.willReplace(tag)
    }
    await lease.save({ completing: true })
    const tag = progress.replacedTag
    const condition: PutCondition | undefined = tag === undefined ? undefined : { replaces: tag }
    const body = await digested(await file.body())
    try {
      await patiently(() => this.bucket.put(file.key, body, signal, condition), sleep, signal)
    } catch (error) {
      if (!(error instanceof BucketRefused && error.code === 'Conflict')) throw error
      // It may be ours, of an attempt that could not tell any more.
      if (!(await this.bucket.holds(file.key, body, signal))) {
        const message = `Someone else has written ${file.key} in the meantime; it was left as it is.`
        throw new HarvestFailed('Overtaken', message)
      }
    }
    this.note({ key: file.key, size: body.size, sha256: body.sha256 })
  }
}

export function nameTaken(owner: { readonly key: string; readonly jobId: string }, bucket: string): HarvestFailed {
  const theirs = `${owner.key} in bucket ${bucket}, which harvest job ${owner.jobId} wrote`
  const message = `The asset would overwrite ${theirs} from another origin endpoint; choose another folder.`
  return new HarvestFailed('NameTaken', message)
}
