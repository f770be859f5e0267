import { retry } from '../concurrency/retry.ts'
import { BucketRefused } from '../stores/buckets.ts'

/** Waits that many milliseconds; rejects as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Pauses before the second attempt and those after it. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000]

/** Does `work` again, a few times, while a bucket answers that it cannot at the moment, or does not answer. */
export function retryTransient<T>(work: () => Promise<T>, sleep: Sleep, signal: AbortSignal): Promise<T> {
  const isTransient = (error: unknown) => error instanceof BucketRefused && error.isTransient
  return retry(work, { pauses: PAUSES_MS, isTransient, sleep: (pause) => sleep(pause, signal) })
}
