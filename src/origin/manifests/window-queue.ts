import { FairQueue, QueueFull, type WorkClaim } from '../../concurrency/fair-queue.ts'

/**
 * Windows looked up and written at the same time: one can wait for the index while another is written. Memory holds
 * this many windows.
 */
const AT_ONCE = 2
/** Windows that may wait; more means that they are requested faster than they can be written. */
const MOST_WAITING = 64
/** Before the listener closes a connection on which nothing comes: the client is told to come again. */
const MOST_WAIT_MS = 20_000
/** Segments beyond which a window is long: an hour of segments of two seconds. */
const LONG_SEGMENTS = 1800

/** Thrown when too many manifests are waiting. */
export class ManifestsBusy extends Error {
  override readonly name = 'ManifestsBusy'
}

/** Windows that wait for those of other endpoints and clients; they cost as many segments as they have. */
export class WindowQueue {
  private readonly queue = new FairQueue({
    atOnce: AT_ONCE,
    mostWaiting: MOST_WAITING,
    longCost: LONG_SEGMENTS,
    mostWaitMs: MOST_WAIT_MS,
  })

  /** Does the work for a window when it has its turn. Throws ManifestsBusy. */
  async run<T>(claim: WorkClaim, work: () => Promise<T>): Promise<T> {
    try {
      return await this.queue.run(claim, work)
    } catch (error) {
      throw error instanceof QueueFull ? new ManifestsBusy('too many manifests are waiting') : error
    }
  }
}
