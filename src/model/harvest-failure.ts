import type { UtcRange } from '../media/time.ts'

/** Why a job, or one attempt at it, failed. */
export type HarvestFailure = {
  /** One word for programs, such as `NoSuchBucket`. */
  readonly code: string
  /** One sentence for a person. */
  readonly message: string
  /** The window nearest to the one asked for that can be had, where that would help. */
  readonly nearest?: UtcRange
}
