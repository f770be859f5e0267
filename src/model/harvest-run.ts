import type { UtcMs, UtcRange } from '../media/time.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestJob } from './harvest-job.ts'

/** Where a job stands; more than the API's status tells. */
export type HarvestState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

/** A span without media inside the window: of every stream, or of the track named. */
export type HarvestGap = UtcRange & { readonly track?: string }

/** Files of one media playlist. */
export type TrackProgress = { readonly name: string; readonly segments: number; readonly written: number }

/**
 * How far a job has come, kept with every checkpoint, together with the names of the objects written: whoever takes the
 * job up goes on from here.
 */
export type HarvestCursor = {
  /** What the asset consists of; absent until the end of its window is there. It never changes afterwards. */
  readonly plan?: HarvestPlan
  readonly tracks: readonly TrackProgress[]
  /** Objects written so far, of all kinds. */
  readonly objects: number
  readonly bytes: number
  /** Of the last seconds in which something was written. */
  readonly rate?: HarvestRate
  /** What the parent manifest replaces: the entity tag found before it was written, null where there was nothing. */
  readonly replaces?: string | null
}

export type HarvestRate = { readonly bytesPerSecond: number; readonly segmentsPerSecond: number }

export type HarvestPlan = {
  /** Numbers of its first and last output segment. */
  readonly first: number
  readonly last: number
  /** From the first to the end of the last output segment. */
  readonly content: UtcRange
  readonly segments: number
  readonly manifests: number
  readonly gaps: readonly HarvestGap[]
  /** Gaps in all; the list holds the first of them. */
  readonly gapCount: number
}

/** An object a job has written. */
export type HarvestObject = { readonly key: string; readonly size: number /** Hexadecimal. */; readonly sha256: string }

/** What is known of a job beyond the job itself. */
export type HarvestRun = {
  readonly state: HarvestState
  /** Grows with every claim; whoever writes under an older one has lost the job. */
  readonly fence: number
  /** Who claimed it last. */
  readonly owner?: string
  readonly leaseUntil?: UtcMs
  /** Nobody takes it up before. */
  readonly notBefore: UtcMs
  /** Times it was taken up. */
  readonly attempts: number
  /** Attempts in a row that failed, or whose worker was lost, with no object written since. */
  readonly failures: number
  /** Someone asked for its end: whoever has it, or takes it up next, is to stop. */
  readonly cancelling: boolean
  /** Its parent manifest is being written, or has been: it can no longer be cancelled. */
  readonly completing: boolean
  readonly cursor?: HarvestCursor
  /** Of the job, or of the last attempt. */
  readonly failure?: HarvestFailure
  /** When it was first taken up. */
  readonly startedAt?: UtcMs
  readonly endedAt?: UtcMs
}

export type HarvestRecord = HarvestJob & { readonly run: HarvestRun }
