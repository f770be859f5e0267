import type { HarvestObject, HarvestPlan } from '../../model/harvest-run.ts'

/**
 * Port: what the writing of an asset knows of earlier attempts at the job, and records of its own. The worker that has
 * the job fulfils it, by its lease.
 */
export type Checkpoint = {
  /** Settled by an earlier attempt, or by this one. */
  readonly plan: HarvestPlan | undefined
  /** True when this attempt or an earlier one has written something. */
  readonly hasObjects: boolean
  /** What lay under the parent manifest's key before; undefined while nobody has looked. */
  readonly replacedTag: string | null | undefined
  /** From here on it is known what the asset consists of: so many segments of each track. */
  settle(plan: HarvestPlan, tracks: ReadonlyMap<string, number>): void
  /** Segments that will be written, beside those already counted. */
  expect(segments: readonly { readonly track: string }[]): void
  willReplace(tag: string | null): void
  /** An object has landed: it is recorded now or soon. `track` where it is a segment. */
  wrote(object: HarvestObject, track?: string): void
  /** Resolves when all that landed is recorded. Throws when another worker has the job, or it is to be cancelled. */
  save(more?: { readonly completing?: true }): Promise<void>
  /** What makes objects durable, before they are recorded. */
  flushWith(flush: () => Promise<void>): void
}
