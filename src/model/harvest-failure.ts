import type { UtcMs } from '../media/time.ts'

/** Half-open, by the source's clock. */
export type UtcSpan = { readonly start: UtcMs; readonly end: UtcMs }

/** Why a job, or one attempt at it, failed. */
export type HarvestFailure = {
  /** One word for programs, such as `NoSuchBucket`. */
  readonly code: string
  /** One sentence for a person. */
  readonly message: string
  /** The window nearest to the one asked for that can be had, where that would help. */
  readonly nearest?: UtcSpan
}
