import type { Clock } from '../../clock.ts'
import { SerialQueue } from '../../concurrency/serial-queue.ts'
import type { Log } from '../../log.ts'
import type { HarvestRecord } from '../../model/harvest-run.ts'
import type { HarvestClaim, HarvestRecords } from '../../stores/harvest-records.ts'
import { HarvestFailed } from '../harvest-failed.ts'
import type { HarvestProgress } from './progress.ts'

/** Thrown when another worker has the job, or may have it by now: nothing more may be written for it. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export type LeaseDeps = {
  readonly resources: Pick<HarvestRecords, 'checkpointHarvestJob'>
  /** Shared by all workers, and never steps: the date may, and must not end a lease. */
  readonly steady: Clock
  readonly log: Log
  readonly leaseMs: number
  /** Longest time between writing an object and recording it. */
  readonly checkpointMs: number
}

/** Checkpoints in the duration of a lease, even when there is nothing to record. */
const BEATS = 5
const SHORTEST_BEAT_MS = 50

/**
 * A claim on a job, kept alive. Checkpoints run one at a time; each renews the lease and records the objects written
 * since the last one, once they are durable. `signal` aborts when the claim is lost or the job is being cancelled.
 */
export class Lease {
  readonly claim: HarvestClaim
  readonly signal: AbortSignal
  private readonly deps: LeaseDeps
  private readonly progress: HarvestProgress
  private readonly ending = new AbortController()
  private readonly heartbeat: NodeJS.Timeout
  private until: number
  /** Time of the last checkpoint that had something to record. */
  private began = -Infinity
  private soon: NodeJS.Timeout | undefined
  private readonly checkpoints = new SerialQueue()
  /** Makes the written objects durable. */
  private flush: () => Promise<void> = async () => {}

  constructor(job: HarvestRecord, progress: HarvestProgress, deps: LeaseDeps) {
    this.claim = { id: job.id, fence: job.run.fence }
    this.signal = this.ending.signal
    this.deps = deps
    this.progress = progress
    this.until = deps.steady() + deps.leaseMs
    this.heartbeat = setInterval(() => this.beat(), Math.max(deps.leaseMs / BEATS, SHORTEST_BEAT_MS))
    if (job.run.cancelling) this.cancel()
  }

  flushWith(flush: () => Promise<void>): void {
    this.flush = flush
  }

  /**
   * Notes that something was written: it is recorded now, or once enough time has passed since the last checkpoint.
   */
  touch(): void {
    const sinceLast = this.deps.steady() - this.began
    this.soon ??= setTimeout(
      () => {
        this.soon = undefined
        this.inBackground()
      },
      Math.max(0, this.deps.checkpointMs - sinceLast),
    )
  }

  /** Records everything written so far. Throws the signal's reason when the job is lost or being cancelled. */
  async save(more: { readonly completing?: true } = {}): Promise<void> {
    await this.checkpoints.run(() => this.checkpoint(more))
    this.signal.throwIfAborted()
  }

  /** Makes a checkpoint at the next opportunity, to learn the state of the job. */
  inBackground(): void {
    this.save().catch((error: unknown) => {
      if (!this.signal.aborted)
        this.deps.log.warn(
          { event: 'harvest-checkpoint-failed', harvestJob: this.claim.id, error },
          'a checkpoint was not recorded',
        )
    })
  }

  /** Records what was written last, if possible. Resolves when no checkpoint is under way, and none will follow. */
  async close(): Promise<void> {
    clearInterval(this.heartbeat)
    clearTimeout(this.soon)
    if (this.progress.hasLanded) await this.save().catch(() => {})
    await this.checkpoints.settled()
  }

  private beat(): void {
    // The store was unreachable for so long that another worker may have the job by now.
    if (this.deps.steady() >= this.until) this.lose()
    else this.inBackground()
  }

  private async checkpoint(more: { readonly completing?: true }): Promise<void> {
    const { resources, steady, leaseMs } = this.deps
    const objects = this.progress.take()
    const cursor = this.progress.cursor()
    try {
      if (objects.length > 0) {
        this.began = steady()
        await this.flush()
      }
      const now = steady()
      const answer = await resources.checkpointHarvestJob(this.claim, { now, leaseMs, cursor, objects, ...more })
      this.until = now + leaseMs
      if (answer === 'lost') this.lose()
      if (answer === 'cancelling') this.cancel()
    } catch (error) {
      this.progress.restore(objects)
      throw error
    }
  }

  private lose(): void {
    this.ending.abort(new LeaseLost(`harvest job ${this.claim.id} is another worker's`))
  }

  private cancel(): void {
    this.ending.abort(new HarvestFailed('Cancelled', 'The job was cancelled.'))
  }
}
