import { pauseAfter } from '../../concurrency/retry.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import { StoreUnavailable } from '../../stores/resources.ts'
import { HarvestFailed } from '../harvest-failed.ts'

/** Pauses after the first failed attempt and those that follow; the last one is repeated. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]
/** An error nobody expected may be a disk that hiccuped. It is not worth many attempts. */
const UNEXPECTED_ATTEMPTS = 3
/** SQLITE_FULL. */
const DATABASE_FULL = 13

/** How often a job may fail in a row for this reason before it is given up; 1 when trying again is of no use. */
export function attemptsFor(error: unknown, most: number): number {
  if (error instanceof HarvestFailed) return 1
  if (error instanceof BucketRefused) return error.isTransient || error.code === 'Full' ? most : 1
  if (error instanceof StoreUnavailable) return most
  const { code, errcode } = error as { readonly code?: string; readonly errcode?: number }
  return code === 'ENOSPC' || errcode === DATABASE_FULL ? most : Math.min(most, UNEXPECTED_ATTEMPTS)
}

/** Milliseconds before the attempt that follows `failures` failed ones. */
export function pauseBeforeAttempt(failures: number): number {
  return pauseAfter(PAUSES_MS, failures)
}
