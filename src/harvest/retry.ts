import { retry } from '../concurrency/retry.ts'
import { BucketRefused } from '../stores/buckets.ts'

/** Waits for `ms` milliseconds; rejects as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Milliseconds before the second attempt and those after it. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000]

/**
 * Runs `work`, and repeats it a few times while a bucket reports a transient problem or does not answer. `refused` is
 * called each time that a bucket says so itself.
 */
export function retryTransient<T>(
  work: () => Promise<T>,
  sleep: Sleep,
  signal: AbortSignal,
  refused: () => void = () => {},
): Promise<T> {
  const isTransient = (error: unknown) => {
    if (!(error instanceof BucketRefused && error.isTransient)) return false
    if (error.code === 'Unavailable') refused()
    return true
  }
  return retry(work, { pauses: PAUSES_MS, isTransient, sleep: (pause) => sleep(pause, signal) })
}
