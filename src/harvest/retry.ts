import { BucketRefused } from './bucket.ts'

/** Waits that many milliseconds; rejects as soon as the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Pauses before the second attempt and those after it. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000]

/** Does `work` again, a few times, while a bucket answers that it cannot at the moment, or does not answer. */
export async function retryTransient<T>(work: () => Promise<T>, sleep: Sleep, signal: AbortSignal): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BucketRefused && error.isTransient)) throw error
      await sleep(pause, signal)
    }
  }
  return work()
}
