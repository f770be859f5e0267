import type { UtcMs, UtcRange } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import type { HarvestJob, HarvestJobStatus, HarvestOutcome } from '../model/harvest-job.ts'
import type { HarvestCursor, HarvestObject, HarvestRecord } from '../model/harvest-run.ts'
import type { OrderedPageRequest, Page, PageRequest } from './pages.ts'

/** Proof of a claim, valid as long as the stored fence is the same. */
export type HarvestClaim = { readonly id: string; readonly fence: number }

/** A range of a harvest job. */
export type HarvestedSpan = UtcRange & {
  readonly id: string
  readonly originEndpointId: string
  readonly status: HarvestJobStatus
}

export type HarvestClaimRequest = {
  readonly owner: string
  /** By the clock that leases go by. */
  readonly now: UtcMs
  /** The date, by which jobs are due; when absent, `now`. */
  readonly date?: UtcMs
  readonly leaseMs: number
  /** The ids of jobs that are not to be claimed. */
  readonly except?: readonly string[]
}

/**
 * Part of the port Resources: harvest jobs as workers of any process run them. A job belongs to the worker that
 * claimed it last, until its lease expires. Leases go by the steady clock that all processes share: after a step of the
 * date, these may believe different ones. Each claim has a higher fence; writes under a lower one return `lost` and
 * change nothing.
 */
export type HarvestRecords = {
  /**
   * Creates a job, queued and due at `notBefore`. An id stays reserved until `idFreeAfterMs` (90 days) after its job
   * was created; older jobs are replaced, with everything known of them. Jobs due later than `createdAt` count
   * against `maxScheduled` until they are due, and then, like all others in progress, against `maxInProgress`. What the
   * job covers is pinned until it ends. `no-clip` when the clip that it is to write does not pin that any more.
   */
  createHarvestJob(
    job: HarvestJob,
    limits: { maxInProgress: number; maxScheduled: number; idFreeAfterMs: number },
    notBefore: UtcMs,
  ): Promise<'created' | 'duplicate' | 'quota' | 'no-clip'>
  harvestJobById(id: string): Promise<HarvestRecord | undefined>
  listHarvestJobs(
    page: OrderedPageRequest & { channelId?: string; status?: HarvestJobStatus; createdAfter: UtcMs },
  ): Promise<Page<HarvestRecord>>

  /**
   * The ranges of harvest jobs created after a moment that are of a channel and overlap a span, by their beginnings, at
   * most `limit`.
   */
  harvestJobsWithin(
    channelGuid: string,
    span: UtcRange,
    createdAfter: UtcMs,
    limit: number,
  ): Promise<readonly HarvestedSpan[]>

  /**
   * Claims the oldest job among those in progress that are queued and due, or whose lease has expired; the latter
   * counts as a failure of the worker that had it. The claim increments `attempts`, the state becomes RUNNING, and
   * the lease ends `leaseMs` after `now`. Concurrent claims get different jobs. Those with the ids in `except` are not
   * claimed: the worker has them, whatever `now` says of their leases.
   */
  claimHarvestJob(request: HarvestClaimRequest): Promise<HarvestRecord | undefined>
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
   * Records that a job is about to write the objects `keys` for its asset. Free names are claimed. A name that an
   * earlier job wrote for the same asset is taken over, and counts as shared unless that job is known to have failed.
   * If a name belongs to another endpoint or another asset, none is claimed, and the result names it and its job.
   * Names of a failed job whose asset never succeeded are free to all assets of its endpoint.
   */
  claimBucketKeys(claim: BucketNames & { readonly jobId: string }): Promise<{ readonly owner?: BucketKeyOwner }>
  /** The result that `claimBucketKeys` would give, without claiming anything. */
  bucketKeysOwner(names: BucketNames): Promise<{ readonly owner?: BucketKeyOwner }>
  /** At most `limit` names that the job claimed, and that no other job shares or has taken over since. */
  abandonedBucketKeys(jobId: string, limit: number): Promise<readonly string[]>
  /** Forgets that the job claimed or wrote these names. */
  forgetBucketKeys(jobId: string, keys: readonly string[]): Promise<void>
}

/** Names in a bucket for the objects of one asset. */
export type BucketNames = {
  readonly bucket: string
  readonly keys: readonly string[]
  readonly endpointGuid: string
  /** The key of the asset's parent manifest, which identifies the asset. */
  readonly manifestKey: string
  /** True when the answer must also name an asset in the same folder that may come to need any name of the endpoint. */
  readonly isAlone?: true
}

export type BucketKeyOwner = {
  readonly key: string
  readonly jobId: string
  /**
   * Whose `key` is. An unsettled asset is one of the same endpoint in the same folder whose job writes segments under
   * the endpoint's names while it has no plan yet: `key` is its manifest key.
   */
  readonly by: 'another endpoint' | 'another asset' | 'an unsettled asset'
}
