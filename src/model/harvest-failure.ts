import type { UtcRange } from '../media/time.ts'

/** The reason why a job, or one attempt at it, failed. */
export type HarvestFailure = {
  /** One word for programs, such as `NoSuchBucket`. */
  readonly code: string
  /** One sentence for a person. */
  readonly message: string
  /** The nearest window that is available, where that would help. */
  readonly nearest?: UtcRange
}
