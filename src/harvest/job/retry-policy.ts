import { PAUSES_TO_A_MINUTE_MS, pauseAfter } from '../../concurrency/retry.ts'
import { NoContentKey } from '../../packaging/content-keys.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import { isDiskFull, StoreUnavailable } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'

/** An unexpected error may be a passing fault of a disk, but is not worth many attempts. */
const UNEXPECTED_ATTEMPTS = 3

/** Consecutive failures for this reason after which a job is given up; 1 when a retry is pointless. */
export function attemptsFor(error: unknown, most: number): number {
  if (error instanceof HarvestFailed) return 1
  if (error instanceof BucketRefused) return error.isTransient || error.code === 'Full' ? most : 1
  if (error instanceof NoContentKey || error instanceof StoreUnavailable || isDiskFull(error)) return most
  return Math.min(most, UNEXPECTED_ATTEMPTS)
}

/** Milliseconds to wait before the next attempt after `failures` failed ones. */
export function pauseBeforeAttempt(failures: number): number {
  return pauseAfter(PAUSES_TO_A_MINUTE_MS, failures)
}
