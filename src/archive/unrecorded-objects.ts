import type { Log } from '../log.ts'
import type { UtcMs } from '../media/time.ts'
import type { Objects, ObjectWriter } from '../stores/objects.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { StagedObjects, UnfinishedObjects } from '../stores/staged-objects.ts'
import { isOwnObjectKey } from './object-keys.ts'

/** Keys looked up in the index at once. */
const BATCH = 500
/** Least time between two looks for what is left of uploads that nobody will complete, in milliseconds. */
const UNFINISHED_MS = 600_000

/**
 * The objects in the store without a row in the index: those this process is still writing or recording, those whose
 * commit failed, and those that a crash left behind. Where several processes share the store, each object is staged
 * before it is written, and what stays staged is abandoned; otherwise the store is swept when its process starts.
 */
export class UnrecordedObjects {
  private readonly objects: Objects
  private readonly segmentIndex: Pick<SegmentIndex, 'unknownObjects'>
  private readonly log: Log
  private readonly staged: StagedObjects | undefined
  private readonly unfinished: UnfinishedObjects | undefined
  private lookedAt = -Infinity
  /** Keys handed out whose rows are not committed yet. */
  private readonly pending = new Set<string>()
  /** Keys among them whose commits failed. */
  private readonly doubtful = new Set<string>()
  private sweeping: Promise<void> = Promise.resolve()

  constructor(deps: {
    objects: Objects
    segmentIndex: Pick<SegmentIndex, 'unknownObjects'>
    staged?: StagedObjects | undefined
    unfinished?: UnfinishedObjects | undefined
    log: Log
  }) {
    this.staged = deps.staged
    this.unfinished = deps.unfinished
    this.objects = deps.objects
    this.segmentIndex = deps.segmentIndex
    this.log = deps.log
  }

  /** Begins an object at a moment. It is unrecorded until `recorded` is called, or the writer aborts. */
  async create(key: string, at: UtcMs): Promise<ObjectWriter> {
    this.pending.add(key)
    try {
      await this.staged?.stage(key, at)
      const writer = await this.objects.create(key)
      const abort = () => writer.abort().finally(() => this.pending.delete(key))
      return { write: (chunk) => writer.write(chunk), commit: () => writer.commit(), abort }
    } catch (error) {
      this.pending.delete(key)
      throw error
    }
  }

  /** Notes that the row of an object is committed. */
  recorded(key: string): void {
    this.pending.delete(key)
  }

  /** Notes that committing the row of an object failed: it may exist all the same, until the index is asked. */
  recordingFailed(key: string): void {
    this.doubtful.add(key)
  }

  /** Deletes the objects whose commits failed and which have no row. */
  async removeDoubtful(): Promise<void> {
    const keys = [...this.doubtful]
    if (keys.length === 0) return
    for (const key of await this.segmentIndex.unknownObjects(keys)) await this.objects.remove(key)
    for (const key of keys) {
      this.doubtful.delete(key)
      this.pending.delete(key)
    }
  }

  /**
   * Leaves to deletion what was staged before a moment, by whichever process: its writer counts as gone. What the store
   * has of objects that are not staged any more and were never completed is removed now and then, where their keys are
   * of the archive's own form.
   */
  async abandon(before: UtcMs, isClosing: () => boolean): Promise<void> {
    const { staged, unfinished } = this
    if (!staged) return
    while (!isClosing() && (await staged.abandon(before, BATCH)) === BATCH);
    if (!unfinished || (before - this.lookedAt < UNFINISHED_MS && before >= this.lookedAt)) return
    const removed = await unfinished.removeUnfinished((keys) => staged.unstaged(keys.filter(isOwnObjectKey)))
    this.lookedAt = before
    if (removed > 0)
      this.log.info({ event: 'orphans-removed', removed }, 'removed uploads that a crash had left incomplete')
  }

  /**
   * Deletes the objects in the store that have no row and that this process is not about to record. Where objects are
   * staged, it deletes none: those of others may be among them.
   */
  async sweep(isClosing: () => boolean): Promise<void> {
    if (this.staged) return
    this.sweeping = this.removeUnknown(isClosing)
    await this.sweeping
  }

  /** Resolves when no sweep runs any more. */
  async swept(): Promise<void> {
    await this.sweeping.catch(() => {})
  }

  private async removeUnknown(isClosing: () => boolean): Promise<void> {
    let batch: string[] = []
    let removed = 0
    const flush = async () => {
      const candidates = batch.filter((key) => !this.pending.has(key))
      batch = []
      for (const key of await this.segmentIndex.unknownObjects(candidates)) {
        await this.objects.remove(key)
        removed++
      }
    }
    for await (const key of this.objects.list('')) {
      batch.push(key)
      if (batch.length === BATCH) await flush()
      if (isClosing()) return
    }
    if (batch.length > 0) await flush()
    if (removed > 0)
      this.log.info({ event: 'orphans-removed', removed }, 'deleted objects that a crash had left without a row')
  }
}
