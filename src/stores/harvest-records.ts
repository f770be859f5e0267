import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestJob, HarvestJobStatus, HarvestOutcome } from '../model/harvest-job.ts'
import type { HarvestCursor, HarvestObject, HarvestRecord } from '../model/harvest-run.ts'
import type { Page, PageRequest } from './pages.ts'

/** Proof of a claim: good while the stored fence is the same. */
export type HarvestClaim = { readonly id: string; readonly fence: number }

/**
 * Part of the port Resources: harvest jobs as workers of any process run them. A job belongs to whoever claimed it
 * last, until its lease runs out; each claim has a higher fence, and what is written under a lower one is answered
 * `lost` and changes nothing.
 */
export type HarvestRecords = {
  /**
   * The job begins queued and due at `notBefore`. An id stays taken until `idFreeAfterMs` (90 days) after its job was
   * made; older jobs are replaced, with everything known of them. Jobs due later than `createdAt` count against
   * `maxScheduled` until they are due, and then, as all others in progress, against `maxInProgress`.
   */
  createHarvestJob(
    job: HarvestJob,
    limits: { maxInProgress: number; maxScheduled: number; idFreeAfterMs: number },
    notBefore: UtcMs,
  ): Promise<'created' | 'duplicate' | 'quota'>
  harvestJobById(id: string): Promise<HarvestRecord | undefined>
  listHarvestJobs(
    page: PageRequest & { channelId?: string; status?: HarvestJobStatus; createdAfter: UtcMs },
  ): Promise<Page<HarvestRecord>>

  /**
   * Takes up the job created first among those in progress that are queued and due, or whose lease has run out; the
   * latter counts as a failure of the worker that had it. `attempts` counts the claim, the state is RUNNING, and the
   * lease ends `leaseMs` after `now`. Claims under way at the same time get different jobs.
   */
  claimHarvestJob(claim: { owner: string; now: UtcMs; leaseMs: number }): Promise<HarvestRecord | undefined>
  /**
   * Renews the lease and records, in the same transaction, how far the job has come. Objects written set `failures`
   * to 0; a key written again replaces what was recorded of it. `completing` is set for good, unless the job is being
   * cancelled: of these two, whichever came first holds.
   */
  checkpointHarvestJob(
    claim: HarvestClaim,
    checkpoint: {
      now: UtcMs
      leaseMs: number
      cursor?: HarvestCursor
      objects?: readonly HarvestObject[]
      completing?: true
    },
  ): Promise<'kept' | 'cancelling' | 'lost'>
  /** Gives the job back, to be taken up from `notBefore` on. A failure is recorded and counted. */
  releaseHarvestJob(
    claim: HarvestClaim,
    release: { notBefore: UtcMs; failure?: HarvestFailure },
  ): Promise<'released' | 'lost'>
  /** Sets the final state and status and writes the event in one transaction. */
  finishHarvestJob(
    claim: HarvestClaim,
    end: { at: UtcMs; outcome: HarvestOutcome; event: ServiceEvent },
  ): Promise<'finished' | 'lost'>
  /** Asks for the job's end, and makes it due, so that a worker comes to end it. Asking again changes nothing. */
  cancelHarvestJob(id: string): Promise<'cancelling' | 'missing' | 'ended' | 'completing'>
  /** What the job has written, ordered by key; a cursor is the last key. */
  listHarvestObjects(id: string, page: PageRequest): Promise<Page<HarvestObject>>
  /** Those of these names that the job has written, in any order. */
  harvestObjectsNamed(id: string, keys: readonly string[]): Promise<readonly HarvestObject[]>

  /**
   * Records that the objects `keys` of `bucket` are about to be written by `job`. Names no other endpoint wrote are
   * taken; if one belongs to another endpoint, nothing is taken and the answer names it and the job that wrote it. A
   * name an earlier job of the endpoint wrote is taken over, and counts as shared unless that job is known to have
   * failed.
   */
  claimBucketKeys(claim: {
    bucket: string
    keys: readonly string[]
    jobId: string
    endpointGuid: string
  }): Promise<{ readonly owner?: BucketKeyOwner }>
  /** What `claimBucketKeys` would answer, without taking anything. */
  bucketKeysOwner(claim: {
    bucket: string
    keys: readonly string[]
    endpointGuid: string
  }): Promise<{ readonly owner?: BucketKeyOwner }>
  /** At most `limit` names that the job took and that no other job shares or has taken over since. */
  abandonedBucketKeys(jobId: string, limit: number): Promise<readonly string[]>
  /** Forgets that the job took or wrote these names. */
  forgetBucketKeys(jobId: string, keys: readonly string[]): Promise<void>
}

export type BucketKeyOwner = { readonly key: string; readonly jobId: string }
