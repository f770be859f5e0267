import { retry } from '../concurrency/retry.ts'
import { BucketRefused } from '../stores/buckets.ts'

/** Waits for `ms` milliseconds; rejects as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Milliseconds before the second attempt and those after it. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000]

/** Runs `work`, and repeats it a few times while a bucket reports a transient problem or does not answer. */
export function retryTransient<T>(work: () => Promise<T>, sleep: Sleep, signal: AbortSignal): Promise<T> {
  const isTransient = (error: unknown) => error instanceof BucketRefused && error.isTransient
  return retry(work, { pauses: PAUSES_MS, isTransient, sleep: (pause) => sleep(pause, signal) })
}
