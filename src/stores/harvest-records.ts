import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestJob, HarvestJobStatus, HarvestOutcome } from '../model/harvest-job.ts'
import type { HarvestCursor, HarvestObject, HarvestRecord } from '../model/harvest-run.ts'
import type { Page, PageRequest } from './pages.ts'

/** Proof of a claim, valid as long as the stored fence is the same. */
export type HarvestClaim = { readonly id: string; readonly fence: number }

/**
 * Part of the port Resources: harvest jobs as workers of any process run them. A job belongs to the worker that
 * claimed it last, until its lease expires. Each claim has a higher fence; writes under a lower one return `lost` and
 * change nothing.
 */
export type HarvestRecords = {
  /**
   * Creates a job, queued and due at `notBefore`. An id stays reserved until `idFreeAfterMs` (90 days) after its job
   * was created; older jobs are replaced, with everything known of them. Jobs due later than `createdAt` count
   * against `maxScheduled` until they are due, and then, like all others in progress, against `maxInProgress`.
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
   * Claims the oldest job among those in progress that are queued and due, or whose lease has expired; the latter
   * counts as a failure of the worker that had it. The claim increments `attempts`, the state becomes RUNNING, and
   * the lease ends `leaseMs` after `now`. Concurrent claims get different jobs.
   */
  claimHarvestJob(claim: { owner: string; now: UtcMs; leaseMs: number }): Promise<HarvestRecord | undefined>
  /**
   * Renews the lease and records the job's progress in the same transaction. Written objects reset `failures` to 0; a
   * key written again replaces its record. `completing` is permanent, but has no effect on a job that is being
   * cancelled: whichever of the two came first holds.
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
  /** Releases the job, to be claimed from `notBefore` on. A failure is recorded and counted. */
  releaseHarvestJob(
    claim: HarvestClaim,
    release: { notBefore: UtcMs; failure?: HarvestFailure },
  ): Promise<'released' | 'lost'>
  /** Sets the final state and status and writes the event, in one transaction. */
  finishHarvestJob(
    claim: HarvestClaim,
    end: { at: UtcMs; outcome: HarvestOutcome; event: ServiceEvent },
  ): Promise<'finished' | 'lost'>
  /** Marks the job as cancelling, and makes it due, so that a worker ends it. Repeating the call changes nothing. */
  cancelHarvestJob(id: string): Promise<'cancelling' | 'missing' | 'ended' | 'completing'>
  /** Objects the job has written, ordered by key; a cursor is the last key. */
  listHarvestObjects(id: string, page: PageRequest): Promise<Page<HarvestObject>>
  /** The objects with these keys that the job has written, in any order. */
  harvestObjectsNamed(id: string, keys: readonly string[]): Promise<readonly HarvestObject[]>

  /**
   * Records that `jobId` is about to write the objects `keys` of `bucket`. Names that no other endpoint wrote are
   * claimed; if one belongs to another endpoint, none is claimed, and the result names it and the job that wrote it.
   * A name that an earlier job of the endpoint wrote is taken over, and counts as shared unless that job is known to
   * have failed.
   */
  claimBucketKeys(claim: {
    bucket: string
    keys: readonly string[]
    jobId: string
    endpointGuid: string
  }): Promise<{ readonly owner?: BucketKeyOwner }>
  /** The result that `claimBucketKeys` would give, without claiming anything. */
  bucketKeysOwner(claim: {
    bucket: string
    keys: readonly string[]
    endpointGuid: string
  }): Promise<{ readonly owner?: BucketKeyOwner }>
  /** At most `limit` names that the job claimed, and that no other job shares or has taken over since. */
  abandonedBucketKeys(jobId: string, limit: number): Promise<readonly string[]>
  /** Forgets that the job claimed or wrote these names. */
  forgetBucketKeys(jobId: string, keys: readonly string[]): Promise<void>
}

export type BucketKeyOwner = { readonly key: string; readonly jobId: string }
