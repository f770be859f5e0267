import { forEachConcurrent } from '../../concurrency/for-each-concurrent.ts'
import { DEFAULT_HARVEST_OPTIONS, fileOfKey } from '../../model/harvest-job.ts'
import { isGap, type Loss, withLosses } from '../../model/harvest-losses.ts'
import type { AssetNames, HarvestObject, HarvestRecord } from '../../model/harvest-run.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { PictureEncoder, SegmentBatch } from '../../packaging/output-format.ts'
import type { Bucket } from '../../stores/buckets.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'
import { retryTransient } from '../retry.ts'
import { rangeWindows } from '../window/by-range.ts'
import type { HarvestWindow } from '../window/harvest-window.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type Brought, Destination, type DestinationDeps } from './destination.ts'
import {
  type AssetFiles,
  type AssetObject,
  type AssetSource,
  manifestKeys,
  type SegmentKey,
  type SegmentObject,
} from './files.ts'
import { type Inventory, rangeOfBatch, takeInventory } from './inventory.ts'
import { lossesBy } from './losses.ts'
import { assetChoosing, assetOf, kindOf, nameTaken, takenKind } from './names.ts'
import { putParent } from './parent.ts'
import { WindowReading, withBody } from './whole-file.ts'

export type AssetWriterDeps = AssetSource &
  DestinationDeps & {
    readonly encoder: PictureEncoder
    readonly resources: Pick<
      HarvestRecords,
      'bucketKeysOwner' | 'claimBucketKeys' | 'forgetBucketKeys' | 'harvestObjectsNamed' | 'listHarvestObjects'
    >
  }

/** The files of an asset, and the window they are made of. */
type AssetInWindow = { readonly files: AssetFiles; readonly window: HarvestWindow }

/** A segment that is to be written, with the batch it is from where it is of one. */
type PlacedSegment = {
  readonly file: SegmentObject
  readonly batch?: SegmentBatch
  /** True for a segment that is written, and may have to be changed. */
  readonly isWritten?: true
}

/** An attempt at a job. */
export type Attempt = { readonly job: HarvestRecord; readonly checkpoint: Checkpoint }

/** Writes the objects of one asset to its bucket, and notes them for the next checkpoint. */
export class AssetWriter {
  private readonly attempt: Attempt
  private readonly bucket: Bucket
  private readonly deps: AssetWriterDeps
  private readonly destination: Destination
  /** The newest output segment written while the job followed the live edge. */
  private followedTo = 0

  constructor(attempt: Attempt, bucket: Bucket, deps: AssetWriterDeps) {
    this.attempt = attempt
    this.bucket = bucket
    this.deps = deps
    this.destination = new Destination(bucket, deps)
  }

  /** The kind of file under these names that has one of another asset, as `takenKind` tells it. Claims none. */
  takenKind(files: AssetFiles, window: HarvestWindow, names: AssetNames): Promise<keyof AssetNames | undefined> {
    return takenKind(this.attempt.job, { files, window, names }, this.deps.resources)
  }

  /**
   * Claims all names of the asset for the job, and counts its files. Undefined when another asset has taken one in the
   * meantime. Throws HarvestFailed as `takenKind` does.
   */
  async claimNames(files: AssetFiles, window: HarvestWindow, names: AssetNames): Promise<Inventory | undefined> {
    const { job } = this.attempt
    let isTaken = false
    const inventory = await takeInventory({ job, files, window, names }, async (keys) => {
      isTaken ||= (await this.tryClaim(files, names, keys)) !== undefined
    })
    return isTaken ? undefined : inventory
  }

  /** Claims the names of the manifests; false if another asset has taken one. */
  async claimManifests(files: AssetFiles, names: AssetNames): Promise<boolean> {
    return (await this.tryClaim(files, names, manifestKeys(this.attempt.job, files, names))) === undefined
  }

  /**
   * Writes all segments not yet written; the job has claimed their names before. Segments that announce one of `gaps`,
   * numbers of segments in which something turned out to be lost, are made again. Returns the losses that it met: what
   * they concern is not written.
   */
  async writeSegments(
    files: AssetFiles,
    window: HarvestWindow,
    signal: AbortSignal,
    gaps: readonly number[] = [],
  ): Promise<readonly Loss[]> {
    return this.writeAll(this.unwritten(files, window, gaps), window, signal)
  }

  /** Writes the files that are made of the whole window and not yet written. Returns the losses that it met. */
  async writeWholeFiles(files: AssetFiles, window: HarvestWindow, signal: AbortSignal): Promise<readonly Loss[]> {
    const { job, checkpoint } = this.attempt
    for (const file of await this.unwrittenSoFar()(files.wholeFiles)) {
      const name = fileOfKey(file.key)
      const reading = new WindowReading(window, signal, (share) => checkpoint.making({ name, share }))
      try {
        await withBody(file, reading, async (body) => {
          const { object } = await this.bring({ key: file.key, body: async () => body }, signal)
          checkpoint.wrote(object, { track: file.track })
        })
      } catch (error) {
        const { batch } = reading
        if (!(error instanceof LostMedia && batch)) throw error
        const tried = new Set([...checkpoint.losses.map(({ key }) => key), error.key])
        const found = await lossesBy(error, { job, batch, window }, this.deps.archive, tried)
        if (found.length === 0) throw error
        return found
      }
    }
    return []
  }

  /**
   * Writes the new segments of a window that is still growing, except those whose bytes a later segment may change.
   * Returns the losses that it met.
   */
  async follow(files: AssetFiles, window: HarvestWindow, signal: AbortSignal): Promise<readonly Loss[]> {
    await this.claim(manifestKeys(this.attempt.job, files, this.attempt.checkpoint.names ?? {}))
    await this.attempt.checkpoint.save()
    const losses = await this.writeAll(this.newlySettled(files, window), window, signal)
    this.followedTo = window.summary.segments.at(-1)?.number ?? 0
    return losses
  }

  /** Claims names again after the window was mended, and counts its files. Throws HarvestFailed when one is taken. */
  reclaimNames({ files, window }: AssetInWindow): Promise<Inventory> {
    const { job, checkpoint } = this.attempt
    return takeInventory({ job, files, window, names: checkpoint.names ?? {} }, (keys) => this.claim(keys))
  }

  /** Deletes the segments that were written for an asset as it was `before`, and that it no longer has. */
  async withdraw(before: AssetInWindow, now: AssetInWindow, signal: AbortSignal): Promise<void> {
    const { job } = this.attempt
    const { resources, sleep } = this.deps
    const remove = async (had: readonly SegmentKey[], has: readonly SegmentKey[]) => {
      const own = new Set(has.map(({ key }) => key))
      const others = had.flatMap(({ key }) => (own.has(key) ? [] : [key]))
      const keys = (await resources.harvestObjectsNamed(job.id, others)).map(({ key }) => key)
      if (keys.length === 0) return
      await retryTransient(() => this.bucket.remove(keys, signal), sleep, signal)
      await resources.forgetBucketKeys(job.id, keys)
    }
    await remove(before.files.headers, now.files.headers)
    await remove(before.files.wholeFiles, now.files.wholeFiles)
    // Those that stay are made of other segments now, and written again.
    await resources.forgetBucketKeys(
      job.id,
      now.files.wholeFiles.map(({ key }) => key),
    )
    const ranges = rangeWindows(now.window)
    for (const [i, range] of rangeWindows(before.window).entries()) {
      // A part of a range has the same pages up to its end.
      const kept = ranges[i]!.summaryBatches()
      for await (const batch of range.summaryBatches()) {
        const page = await kept.next()
        await remove(before.files.keysOf(batch), page.done ? [] : now.files.keysOf(page.value))
      }
    }
  }

  async writeManifest(file: AssetObject, signal: AbortSignal): Promise<void> {
    await this.note((await this.bring(file, signal)).object)
  }

  /**
   * Writes the parent manifest. From the checkpoint before it, the job can only be completed, by this worker or the
   * next.
   */
  async writeParent(file: AssetObject, signal: AbortSignal): Promise<void> {
    const { checkpoint } = this.attempt
    await this.note(await putParent(file, { bucket: this.bucket, checkpoint, sleep: this.deps.sleep }, signal))
  }

  /** Claims names for the job, before anything is written under them. Throws HarvestFailed when one is taken. */
  private async claim(keys: readonly string[]): Promise<void> {
    const { job } = this.attempt
    const { owner } = await this.deps.resources.claimBucketKeys({ ...assetOf(job), keys, jobId: job.id })
    if (owner) throw nameTaken(job, owner)
  }

  /** Claims names that another asset may have taken, and answers what kind of file is refused. */
  private async tryClaim(files: AssetFiles, names: AssetNames, keys: readonly string[]) {
    const { job, checkpoint } = this.attempt
    const asset = checkpoint.names ? assetOf(job) : assetChoosing(job, names)
    const answer = await this.deps.resources.claimBucketKeys({ ...asset, keys, jobId: job.id })
    return kindOf({ job, files, names }, answer)
  }

  private async *unwritten(
    files: AssetFiles,
    window: HarvestWindow,
    gaps: readonly number[],
  ): AsyncGenerator<PlacedSegment> {
    const rest = this.unwrittenSoFar()
    for (const file of await rest(files.headers)) yield { file }
    for await (const batch of window.batches()) {
      const all = files.segmentsOf(batch)
      const unwritten = new Set(await rest(all))
      for (const file of all) {
        const { after = 0, last = 0 } = file.announces ?? {}
        if (unwritten.has(file)) yield { file, batch }
        else if (gaps.some((gap) => gap > after && gap <= last)) yield { file, batch, isWritten: true }
      }
    }
  }

  private async *newlySettled(files: AssetFiles, window: HarvestWindow): AsyncGenerator<PlacedSegment> {
    const rest = this.unwrittenSoFar()
    const admit = async (some: readonly SegmentObject[]) => {
      const settled = await rest(some.filter(({ isOpen }) => !isOpen))
      if (settled.length > 0) await this.claim(settled.map(({ key }) => key))
      this.attempt.checkpoint.expect(settled)
      return settled
    }
    for (const file of await admit(files.headers)) yield { file }
    for await (const batch of window.batches(this.followedTo)) {
      for (const file of await admit(files.segmentsOf(batch))) yield { file, batch }
    }
  }

  /** Filters out objects already written and recorded. A job that has written nothing yet need not ask. */
  private unwrittenSoFar(): <File extends SegmentKey>(files: readonly File[]) => Promise<readonly File[]> {
    const { job, checkpoint } = this.attempt
    if (!checkpoint.hasObjects) return async (files) => files
    return async (files) => {
      const keys = files.map(({ key }) => key)
      const written = new Set((await this.deps.resources.harvestObjectsNamed(job.id, keys)).map(({ key }) => key))
      return files.filter(({ key }) => !written.has(key))
    }
  }

  private async writeAll(
    segments: AsyncIterable<PlacedSegment>,
    window: HarvestWindow,
    signal: AbortSignal,
  ): Promise<readonly Loss[]> {
    const { job, checkpoint } = this.attempt
    const { gapPolicy } = job.options ?? DEFAULT_HARVEST_OPTIONS
    const tried = new Set(checkpoint.losses.map(({ key }) => key))
    let losses: readonly Loss[] = []
    const isOver = () => gapPolicy !== 'DISCONTINUITY' && losses.some(isGap)
    await forEachConcurrent(until(isOver, segments), this.destination.atOnce, signal, async (segment, fileSignal) => {
      const { file, batch, isWritten } = segment
      try {
        const { object, isTaken } = await this.bring(file, fileSignal)
        if (isWritten) await this.note(object)
        else
          checkpoint.wrote(object, { track: file.track, range: batch && rangeOfBatch(window.summary, batch), isTaken })
      } catch (error) {
        if (!(error instanceof LostMedia && batch)) throw error
        tried.add(error.key)
        const found = await lossesBy(error, { job, batch, window }, this.deps.archive, tried)
        if (found.length === 0) throw error
        losses = withLosses(losses, found)
      }
    })
    return losses
  }

  private async bring(file: AssetObject, signal: AbortSignal): Promise<Brought> {
    const brought = await this.destination.bring(file, signal)
    if (brought.refusal !== undefined) this.attempt.checkpoint.refuseCopies(brought.refusal)
    return brought
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

/** The items up to the moment when they are no longer wanted. */
async function* until<T>(isOver: () => boolean, items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    if (isOver()) return
    yield item
  }
}
