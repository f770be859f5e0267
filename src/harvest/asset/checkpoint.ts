import type { Loss } from '../../model/harvest-losses.ts'
import type { AssetNames, FileProgress, HarvestObject, HarvestPlan } from '../../model/harvest-run.ts'

/** What is told of a written object. */
export type AboutObject = {
  readonly track?: string
  readonly range?: number | undefined
  readonly isTaken?: boolean
}

/**
 * Port: what the writer of an asset knows of earlier attempts at the job, and records of its own. The worker that has
 * the job implements it with its lease.
 */
export type Checkpoint = {
  /** The plan, once an earlier attempt or this one has settled it. */
  readonly plan: HarvestPlan | undefined
  /** The names of the asset's files, once an earlier attempt or this one has chosen them. */
  readonly names: AssetNames | undefined
  /** True when this attempt or an earlier one has written something. */
  readonly hasObjects: boolean
  /** Tag of the object that the parent manifest replaces, or null when there was none; undefined until looked up. */
  readonly replacedTag: string | null | undefined
  /** What the archive has lost of the asset, as this attempt and earlier ones found. */
  readonly losses: readonly Loss[]
  /** Adds losses, or replaces those at the same places. */
  lose(losses: readonly Loss[]): void
  /** Settles the plan and the number of segments of each track. */
  settle(plan: HarvestPlan, tracks: ReadonlyMap<string, number>): void
  /** Settles the names of the asset's files; undefined when they have to be chosen anew. */
  chooseNames(names: AssetNames | undefined): void
  /** Adds segments that will be written to those already counted. */
  expect(segments: readonly { readonly track: string }[]): void
  willReplace(tag: string | null): void
  /**
   * Notes that an object has been written, to be recorded now or soon. `track` is given for a segment, and `range`, an
   * index, in an asset of several ranges; `isTaken` is true of one that the bucket has taken over from the archive.
   */
  wrote(object: HarvestObject, about?: AboutObject): void
  /** Notes which file is being made, and how much of it is. */
  making(file: FileProgress): void
  /** Notes why the bucket refuses to copy objects of the archive, in a sentence. */
  refuseCopies(refusal: string): void
  /**
   * Resolves when all objects written so far are recorded. Throws when another worker has the job, or it is being
   * cancelled.
   */
  save(more?: { readonly completing?: true }): Promise<void>
  /** Sets the function that makes objects durable before they are recorded. */
  flushWith(flush: () => Promise<void>): void
}
