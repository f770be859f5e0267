import type { ArchiveReader } from '../../archive/reader.ts'
import { forEachConcurrent } from '../../concurrency/for-each-concurrent.ts'
import type { HarvestJob } from '../../model/harvest-job.ts'
import type { HarvestObject, HarvestRecord } from '../../model/harvest-run.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import { type Bucket, BucketRefused, type PutCondition } from '../../stores/buckets.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import { retryTransient, type Sleep } from '../retry.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { Checkpoint } from './checkpoint.ts'
import { digested } from './digest.ts'
import { type AssetFiles, type AssetObject, manifestKeys, type SegmentObject } from './files.ts'
import { type Inventory, takeInventory } from './inventory.ts'

export type AssetWriterDeps = {
  readonly archive: ArchiveReader
  readonly media: SourceMedia
  readonly resources: Pick<
    HarvestRecords,
    'bucketKeysOwner' | 'claimBucketKeys' | 'harvestObjectsNamed' | 'listHarvestObjects'
  >
  readonly sleep: Sleep
  /** Objects written at the same time. Memory: this many times the largest segment. */
  readonly objectsAtOnce: number
}

/** An attempt at a job. */
export type Attempt = { readonly job: HarvestRecord; readonly checkpoint: Checkpoint }

/** Writes the objects of one asset to its bucket, and notes them for the next checkpoint. */
export class AssetWriter {
  private readonly attempt: Attempt
  private readonly bucket: Bucket
  private readonly deps: AssetWriterDeps
  /** The newest output segment written while the job followed the live edge. */
  private followedTo = 0

  constructor(attempt: Attempt, bucket: Bucket, deps: AssetWriterDeps) {
    this.attempt = attempt
    this.bucket = bucket
    this.deps = deps
  }

  /**
   * Checks that all names of the asset are free, without claiming any. Throws HarvestFailed when another endpoint has
   * one.
   */
  async checkNames(files: AssetFiles, window: HarvestWindow): Promise<void> {
    const { job } = this.attempt
    await takeInventory(job, files, window, (keys) => ensureFree(job, keys, this.deps.resources))
  }

  /** Claims all names of the asset for the job, and counts its files. Throws HarvestFailed as `checkNames` does. */
  claimNames(files: AssetFiles, window: HarvestWindow): Promise<Inventory> {
    return takeInventory(this.attempt.job, files, window, (keys) => this.claim(keys))
  }

  /** Writes all segments not yet written; the job has claimed their names before. */
  async writeSegments(files: AssetFiles, window: HarvestWindow, signal: AbortSignal): Promise<void> {
    await this.writeAll(this.unwritten(files, window), signal)
  }

  /**
   * Writes the new segments of a window that is still growing, except those whose bytes a later segment may change.
   */
  async follow(files: AssetFiles, window: HarvestWindow, signal: AbortSignal): Promise<void> {
    await this.claim(manifestKeys(this.attempt.job, files))
    await this.attempt.checkpoint.save()
    await this.writeAll(this.newlySettled(files, window), signal)
    this.followedTo = window.summary.segments.at(-1)?.number ?? 0
  }

  async writeManifest(file: AssetObject, signal: AbortSignal): Promise<void> {
    await this.note(await this.put(file, signal))
  }

  /**
   * Writes the parent manifest. From the checkpoint before it, the job can only be completed, by this worker or the
   * next.
   */
  async writeParent(file: AssetObject, signal: AbortSignal): Promise<void> {
    const { checkpoint } = this.attempt
    const { sleep } = this.deps
    if (checkpoint.replacedTag === undefined) {
      const tag = await retryTransient(() => this.bucket.tagOf(file.key, signal), sleep, signal)
      if (tag !== undefined) checkpoint.willReplace(tag)
    }
    await checkpoint.save({ completing: true })
    const tag = checkpoint.replacedTag
    const condition: PutCondition | undefined = tag === undefined ? undefined : { replaces: tag }
    const body = await digested(await file.body())
    try {
      await retryTransient(() => this.bucket.put(file.key, body, signal, condition), sleep, signal)
    } catch (error) {
      if (!(error instanceof BucketRefused && error.code === 'Conflict')) throw error
      // It may be this job's own, from an attempt that did not learn that it had succeeded.
      const isOurs = await retryTransient(() => this.bucket.holds(file.key, body, signal), sleep, signal)
      if (!isOurs) {
        const message = `Someone else has written ${file.key} in the meantime; it was left as it is.`
        throw new HarvestFailed('Overtaken', message)
      }
    }
    await this.note({ key: file.key, size: body.size, sha256: body.sha256 })
  }

  /** Claims names for the job, before anything is written under them. */
  private async claim(keys: readonly string[]): Promise<void> {
    refuseOwner(await this.deps.resources.claimBucketKeys({ ...this.names, keys }), this.names.bucket)
  }

  private get names() {
    const { id, s3Destination, endpoint } = this.attempt.job
    return { bucket: s3Destination.bucketName, jobId: id, endpointGuid: endpoint.guid }
  }

  private async *unwritten(files: AssetFiles, window: HarvestWindow): AsyncGenerator<SegmentObject> {
    const rest = this.unwrittenSoFar()
    yield* await rest(files.headers)
    for await (const batch of window.batches()) yield* await rest(files.segmentsOf(batch))
  }

  private async *newlySettled(files: AssetFiles, window: HarvestWindow): AsyncGenerator<SegmentObject> {
    const rest = this.unwrittenSoFar()
    const admit = async (some: readonly SegmentObject[]) => {
      const settled = await rest(some.filter(({ isOpen }) => !isOpen))
      if (settled.length > 0) await this.claim(settled.map(({ key }) => key))
      this.attempt.checkpoint.expect(settled)
      return settled
    }
    yield* await admit(files.headers)
    for await (const batch of window.batches(this.followedTo)) yield* await admit(files.segmentsOf(batch))
  }

  /** Filters out objects already written and recorded. A job that has written nothing yet need not ask. */
  private unwrittenSoFar(): (files: readonly SegmentObject[]) => Promise<readonly SegmentObject[]> {
    const { job, checkpoint } = this.attempt
    if (!checkpoint.hasObjects) return async (files) => files
    return async (files) => {
      const keys = files.map(({ key }) => key)
      const written = new Set((await this.deps.resources.harvestObjectsNamed(job.id, keys)).map(({ key }) => key))
      return files.filter(({ key }) => !written.has(key))
    }
  }

  private async writeAll(files: AsyncIterable<SegmentObject>, signal: AbortSignal): Promise<void> {
    const { checkpoint } = this.attempt
    await forEachConcurrent(files, this.deps.objectsAtOnce, signal, async (file, fileSignal) => {
      checkpoint.wrote(await this.put(file, fileSignal), file.track)
    })
  }

  private async put(file: AssetObject, signal: AbortSignal): Promise<HarvestObject> {
    const body = await digested(await file.body())
    signal.throwIfAborted()
    await retryTransient(() => this.bucket.put(file.key, body, signal), this.deps.sleep, signal)
    return { key: file.key, size: body.size, sha256: body.sha256 }
  }

  /**
   * Notes a written object. An object rewritten with the same bytes is no progress: a job that gets no further must
   * end.
   */
  private async note(object: HarvestObject): Promise<void> {
    const { job, checkpoint } = this.attempt
    const [before] = await this.deps.resources.harvestObjectsNamed(job.id, [object.key])
    if (before?.sha256 === object.sha256) return
    checkpoint.wrote(object)
  }
}

type NamesAnswer = Awaited<ReturnType<HarvestRecords['claimBucketKeys']>>

/** Checks that names are free. Throws HarvestFailed when another endpoint has one of them. */
export async function ensureFree(
  { s3Destination, endpoint }: HarvestJob,
  keys: readonly string[],
  resources: Pick<HarvestRecords, 'bucketKeysOwner'>,
): Promise<void> {
  const bucket = s3Destination.bucketName
  refuseOwner(await resources.bucketKeysOwner({ bucket, keys, endpointGuid: endpoint.guid }), bucket)
}

function refuseOwner({ owner }: NamesAnswer, bucket: string): void {
  if (!owner) return
  const theirs = `${owner.key} in bucket ${bucket}, which harvest job ${owner.jobId} wrote`
  const message = `The asset would overwrite ${theirs} from another origin endpoint; choose another folder.`
  throw new HarvestFailed('NameTaken', message)
}
