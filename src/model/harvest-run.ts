import type { UtcMs, UtcRange } from '../media/time.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestJob } from './harvest-job.ts'
import type { Loss } from './harvest-losses.ts'
import type { ShownFrames } from './shown-frames.ts'

/** The state of a job, more detailed than the API's status. */
export type HarvestState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

/** A part of the window without media, of every stream or of the named track. */
export type HarvestGap = UtcRange & {
  readonly track?: string
  /** The index of the range it is in, in an asset of several. */
  readonly range?: number
}

/** The part of a file that is made, from 0 to 1, in hundredths. */
export type FileProgress = { readonly name: string; readonly share: number }

/** Number of segments of one media playlist, planned and written. */
export type TrackProgress = { readonly name: string; readonly segments: number; readonly written: number }

/**
 * The progress of a job, stored with every checkpoint together with the names of the objects written. The next worker
 * continues from here.
 */
export type HarvestCursor = {
  /**
   * The output segments of the asset; absent until the end of its window is available. Afterwards it changes only where
   * the archive turns out to have lost something.
   */
  readonly plan?: HarvestPlan
  readonly tracks: readonly TrackProgress[]
  /** The number of segments written of each range, in an asset of several. */
  readonly writtenByRange?: readonly number[]
  /** Chosen before the first file is written, and constant from then on. Absent in records of earlier versions. */
  readonly names?: AssetNames
  /** Number of objects written so far, of all kinds. */
  readonly objects: number
  readonly bytes: number
  /** Those of them that the bucket has taken over from the archive, by links or copies. Absent while there are none. */
  readonly taken?: { readonly objects: number; readonly bytes: number }
  /** Why the bucket refuses to copy objects of the archive, in a sentence: they are sent instead. */
  readonly copyRefusal?: string
  /** The file that is being made of the whole window, and how much of the work is done, from 0 to 1. */
  readonly making?: FileProgress
  /** Rate over the last seconds in which something was written. */
  readonly rate?: HarvestRate
  /**
   * The entity tag of the object that the parent manifest replaces, looked up before writing; null when there was
   * none.
   */
  readonly replaces?: string | null
  /** What the archive has lost of the asset, as far as it was found. */
  readonly losses?: readonly Loss[]
}

export type HarvestRate = { readonly bytesPerSecond: number; readonly segmentsPerSecond: number }

export type HarvestPlan = {
  /** Number of its first output segment; `last` is that of its last. */
  readonly first: number
  readonly last: number
  /** UTC range from the beginning of the first to the end of the last output segment, or where that is cut. */
  readonly content: UtcRange
  /** Where it is cut to the frame, of its one range. */
  readonly shown?: ShownFrames
  readonly segments: number
  readonly manifests: number
  readonly gaps: readonly HarvestGap[]
  /** Total number of gaps; `gaps` holds the first of them. */
  readonly gapCount: number
  /** What the asset shows of each range, where it has several. */
  readonly ranges?: readonly PlannedRange[]
}

/** What an asset of several ranges shows of one. */
export type PlannedRange = {
  /** The numbers, of the endpoint, of the first and last output segment that the range has. */
  readonly archived: { readonly first: number; readonly last: number }
  /** Number, in the asset, of the first one and of the last one shown. */
  readonly first: number
  readonly last: number
  /** UTC range from the beginning of the first to the end of the last output segment shown, or where that is cut. */
  readonly content: UtcRange
  /** Where it is cut to the frame. */
  readonly shown?: ShownFrames
  /** Number of the files of its segments. */
  readonly segments: number
}

/**
 * Prefixes of the names of an asset's files, for each kind of file of which another asset has names under the
 * endpoint's own prefix.
 */
export type AssetNames = {
  /** Prefix of child playlists. */
  readonly manifests?: string
  /** Prefix of segments and headers. */
  readonly segments?: string
  /** Prefix of the report beside the asset. */
  readonly report?: string
}

/**
 * An object that a job has written; `sha256` is in hexadecimal, and empty where nobody has seen the bytes: they were
 * taken over unproven, or joined by the server.
 */
export type HarvestObject = { readonly key: string; readonly size: number; readonly sha256: string }

/** The state of a job beyond its request. */
export type HarvestRun = {
  readonly state: HarvestState
  /** Increases with every claim; a worker that writes under an older fence has lost the job. */
  readonly fence: number
  /** The worker that claimed the job last. */
  readonly owner?: string
  /** By the clock that leases go by. */
  readonly leaseUntil?: UtcMs
  /** Earliest time at which the job is taken up. */
  readonly notBefore: UtcMs
  /** Number of times the job was taken up. */
  readonly attempts: number
  /** Consecutive attempts that failed, or whose worker was lost, since an object was last written. */
  readonly failures: number
  /** True when the job was asked to end: its worker, or the next one, must stop. */
  readonly cancelling: boolean
  /** True when its parent manifest is being or has been written: it can no longer be cancelled. */
  readonly completing: boolean
  readonly cursor?: HarvestCursor
  /** The failure of the job, or of its last attempt. */
  readonly failure?: HarvestFailure
  /** Time at which the job was first taken up. */
  readonly startedAt?: UtcMs
  readonly endedAt?: UtcMs
}

export type HarvestRecord = HarvestJob & { readonly run: HarvestRun }
