import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { pauseAfter } from '../../concurrency/retry.ts'
import type { Log } from '../../log.ts'
import { utcMs } from '../../media/time.ts'
import type { Account } from '../../model/arn.ts'
import type { HarvestFailure } from '../../model/harvest-failure.ts'
import type { HarvestJob, HarvestOutcome } from '../../model/harvest-job.ts'
import { isGap, type Loss } from '../../model/harvest-losses.ts'
import type { HarvestRecord } from '../../model/harvest-run.ts'
import { type ContentKeys, NoContentKey } from '../../packaging/content-keys.ts'
import type { AssetFormat, PictureDecoder, PictureEncoder } from '../../packaging/output-format.ts'
import { ContentDeleted } from '../../packaging/paged-window.ts'
import type { SourceMedia } from '../../packaging/segments/source-media.ts'
import type { OpenSpool } from '../../packaging/spool.ts'
import { inOwnTrace } from '../../spans.ts'
import { BucketRefused, type Buckets } from '../../stores/buckets.ts'
import type { HarvestRecords } from '../../stores/harvest-records.ts'
import type { Resources } from '../../stores/resources.ts'
import { exportAsset } from '../asset/export.ts'
import { HarvestFailed, withoutKey } from '../harvest-failed.ts'
import type { Sleep } from '../retry.ts'
import { checkpointOf } from './asset-checkpoint.ts'
import { harvestEvent } from './event.ts'
import type { HarvestObserver } from './harvest-observer.ts'
import { Lease, LeaseLost } from './lease.ts'
import { HarvestProgress } from './progress.ts'
import { attemptsFor, pauseBeforeAttempt } from './retry-policy.ts'

export type HarvesterDeps = {
  readonly resources: Pick<Resources, 'originEndpointById'> &
    Pick<
      HarvestRecords,
      | 'bucketKeysOwner'
      | 'checkpointHarvestJob'
      | 'claimBucketKeys'
      | 'claimHarvestJob'
      | 'finishHarvestJob'
      | 'forgetBucketKeys'
      | 'harvestObjectsNamed'
      | 'listHarvestObjects'
      | 'releaseHarvestJob'
    >
  readonly archive: ArchiveReader
  readonly media: SourceMedia
  readonly contentKeys: ContentKeys
  readonly openSpool: OpenSpool
  readonly decoder: PictureDecoder
  readonly encoder: PictureEncoder
  /** The format of a job's asset; undefined for endpoints that cannot be packaged. */
  readonly formatOf: (job: HarvestJob) => AssetFormat | undefined
  readonly buckets: Buckets
  readonly clock: Clock
  /** The clock that all workers share, by which leases go; when absent, `clock`. */
  readonly steady?: Clock
  readonly log: Log
  /** The account that the job's event names. */
  readonly account: Account
  /** Identifies this worker among all that share the resources. */
  readonly owner: string
  readonly jobsAtOnce: number
  /** Objects that one job writes at the same time. */
  readonly objectsAtOnce: number
  readonly leaseMs: number
  /** Longest time between writing an object and recording it. */
  readonly checkpointMs: number
  /** Consecutive failed attempts, with no object written, after which a job is given up. */
  readonly mostAttempts: number
  /** Waits in real time when absent. */
  readonly sleep?: Sleep
  readonly observer?: HarvestObserver
}

export type Harvester = {
  /** Takes up jobs that are due, including those of a process that is gone, up to `jobsAtOnce`. Called often. */
  takeUp(): Promise<void>
  /** Checks at once whether a job that runs here is to continue. */
  look(jobId: string): void
  /** Resolves when no job is running here. */
  settled(): Promise<void>
  /** Returns running jobs to the queue; resolves when nothing is being written any more. */
  close(): Promise<void>
}

/**
 * Pauses between attempts to record how a job ended. The last one repeats: a full disk may have room again tomorrow.
 */
const RECORD_PAUSES_MS = [200, 1_000, 5_000, 30_000]

/** Runs harvest jobs, up to `jobsAtOnce` at the same time, in the order of their creation. */
export function createHarvester(deps: HarvesterDeps): Harvester {
  const { clock, steady = clock, log, resources, owner, leaseMs } = deps
  const sleep: Sleep = deps.sleep ?? ((ms, signal) => setTimeout(ms, undefined, { signal }))
  const closing = new AbortController()
  const running = new Map<string, { readonly lease: Lease; readonly done: Promise<void> }>()
  let claiming: Promise<void> | undefined

  async function claimSome(): Promise<void> {
    while (running.size < deps.jobsAtOnce && !closing.signal.aborted) {
      const except = [...running.values()].map(({ lease }) => lease.claim.id)
      const job = await resources.claimHarvestJob({ owner, now: steady(), date: clock(), leaseMs, except })
      if (!job) return
      const progress = new HarvestProgress(job.run.cursor, clock)
      const lease = new Lease(job, progress, { ...deps, steady })
      const key = `${job.id}/${job.run.fence}`
      const done = run(job, lease, progress).finally(() => {
        running.delete(key)
        deps.observer?.running(running.size)
        void takeUp().catch((error: unknown) =>
          log.error({ event: 'harvest-claim-failed', error }, 'cannot claim harvest jobs'),
        )
      })
      running.set(key, { lease, done })
      deps.observer?.running(running.size)
    }
  }

  function takeUp(): Promise<void> {
    claiming ??= claimSome().finally(() => {
      claiming = undefined
    })
    return claiming
  }

  async function run(job: HarvestRecord, lease: Lease, progress: HarvestProgress): Promise<void> {
    const began = clock()
    const signal = AbortSignal.any([closing.signal, lease.signal])
    try {
      await inOwnTrace(
        'harvest.job',
        () => spanOf(job),
        () => attempt(job, lease, progress, signal),
      )
      await end(job, lease, { state: 'SUCCEEDED' }, () => {
        const { objects, bytes } = progress.cursor()
        const took = { milliseconds: clock() - began, attempt: job.run.attempts }
        const fields = { event: 'harvest-job-succeeded', harvestJob: job.id, objects, bytes, ...took } as const
        log.info(fields, 'harvest job SUCCEEDED')
      })
    } catch (error) {
      await afterFailure(job, lease, progress, lease.signal.aborted ? lease.signal.reason : error)
    } finally {
      await lease.close()
    }
  }

  async function attempt(job: HarvestRecord, lease: Lease, progress: HarvestProgress, signal: AbortSignal) {
    signal.throwIfAborted()
    if (job.run.failures >= deps.mostAttempts) {
      const { message } = job.run.failure ?? { message: 'Its workers stopped responding one after the other.' }
      throw new HarvestFailed('Unexpected', `The job was given up after ${job.run.failures} attempts: ${message}`)
    }
    const format = deps.formatOf(job)
    if (!format) {
      const message = `The packaging of origin endpoint ${job.originEndpointId} is not supported yet.`
      throw new HarvestFailed('CannotPackage', message)
    }
    const checkpoint = checkpointOf(lease, progress, {
      wrote: (bytes) => deps.observer?.wrote(bytes),
      losses: (losses) => tellLosses(job, losses),
      copiesRefused: (reason) =>
        log.warn(
          { event: 'harvest-copies-refused', harvestJob: job.id, reason },
          'objects of the archive are not copied where they are, but sent',
        ),
    })
    await exportAsset({ job, checkpoint }, format, { ...deps, steady, sleep }, signal).catch((error: unknown) => {
      if (!(error instanceof ContentDeleted)) throw error
      throw new HarvestFailed('NoContent', 'Content planned for the asset has been deleted.')
    })
  }

  async function afterFailure(
    job: HarvestRecord,
    lease: Lease,
    progress: HarvestProgress,
    error: unknown,
  ): Promise<void> {
    const about = { harvestJob: job.id, attempt: job.run.attempts }
    if (error instanceof LeaseLost) return tellLost(job)
    await lease.close()
    if (closing.signal.aborted && !(error instanceof HarvestFailed)) {
      log.info({ event: 'harvest-job-set-aside', ...about }, 'harvest job released until the next start')
      await resources
        .releaseHarvestJob(lease.claim, { notBefore: clock() })
        .catch((failure: unknown) =>
          log.warn(
            { event: 'harvest-job-release-failed', ...about, error: failure },
            'could not release a harvest job',
          ),
        )
      return
    }
    const failure = failureOf(job, error)
    const failures = (progress.hasAdvanced ? 0 : job.run.failures) + 1
    if (failures < attemptsFor(error, deps.mostAttempts)) {
      const pause = pauseBeforeAttempt(failures)
      log.warn(
        { event: 'harvest-job-retried', ...about, code: failure.code, reason: failure.message, retryInMs: pause },
        'harvest job failed and is retried',
      )
      const release = { notBefore: utcMs(clock() + pause), failure }
      if ((await untilRecorded(() => resources.releaseHarvestJob(lease.claim, release))) === 'lost') tellLost(job)
      return
    }
    const state = failure.code === 'Cancelled' ? 'CANCELLED' : 'FAILED'
    const { code, message: reason } = failure
    const event = state === 'CANCELLED' ? 'harvest-job-cancelled' : 'harvest-job-failed'
    await end(job, lease, { state, failure }, () => log.warn({ event, ...about, code, reason }, `harvest job ${state}`))
  }

  /** The failure for the job's owner. Errors that the owner cannot act on are logged in full. */
  function failureOf(job: HarvestRecord, error: unknown): HarvestFailure {
    if (error instanceof HarvestFailed) return error.failure
    if (error instanceof NoContentKey) return withoutKey(error)
    if (!(error instanceof BucketRefused)) {
      log.error({ event: 'harvest-job-error', harvestJob: job.id, error }, 'harvest job had an unexpected error')
      const message = 'The harvest had an unexpected error, which the server has logged with the id of the job.'
      return { code: 'Unexpected', message }
    }
    const { code, cause } = error
    const fields = { event: 'harvest-bucket-refused', harvestJob: job.id, code, cause: String(cause) } as const
    log.warn(fields, 'the bucket refused a harvest job')
    return { code: error.code, message: error.message }
  }

  async function end(job: HarvestRecord, lease: Lease, outcome: HarvestOutcome, tell: () => void): Promise<void> {
    const at = clock()
    const event = harvestEvent(job, outcome, deps.account, { id: randomUUID(), at })
    const recorded = await untilRecorded(() => resources.finishHarvestJob(lease.claim, { at, outcome, event }))
    if (recorded === 'finished') {
      deps.observer?.ended(outcome.state)
      tell()
    }
    if (recorded === 'lost') tellLost(job)
  }

  function tellLosses(job: HarvestRecord, losses: readonly Loss[]): void {
    const [first] = losses
    if (!first) return
    const { key, reason, track } = first
    const replaced = losses.filter((loss) => !isGap(loss)).length
    const fields = { harvestJob: job.id, lost: losses.length, replaced, key, reason, track }
    log.error({ event: 'harvest-media-lost', ...fields }, 'the archive has lost source objects of a harvest job')
  }

  /** Logs that another worker has taken the job over: nothing this worker does is recorded any more. */
  function tellLost(job: HarvestRecord): void {
    const about = { harvestJob: job.id, attempt: job.run.attempts }
    log.warn({ event: 'harvest-job-taken-over', ...about }, 'harvest job taken over by another worker')
  }

  /**
   * Repeats `record` until it succeeds. Undefined when the process ends first: the job stays in progress, and another
   * worker takes it up.
   */
  async function untilRecorded<T extends string>(record: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await record()
      } catch (error) {
        log.error({ event: 'harvest-end-not-recorded', error }, 'cannot record the outcome of a harvest job')
      }
      if (closing.signal.aborted) return undefined
      await sleep(pauseAfter(RECORD_PAUSES_MS, tries), closing.signal).catch(() => {})
    }
  }

  async function settled(): Promise<void> {
    while (running.size > 0) {
      await Promise.all([...running.values()].map(({ done }) => done))
      await claiming
    }
  }

  return {
    takeUp,
    settled,
    look(jobId) {
      for (const { lease } of running.values()) if (lease.claim.id === jobId) lease.inBackground()
    },
    async close() {
      closing.abort()
      await claiming
      await settled()
    },
  }
}

function spanOf({ id, run, endpoint }: HarvestRecord) {
  return {
    'windrow.channel': endpoint.channelGuid,
    'windrow.origin_endpoint': endpoint.id,
    'windrow.harvest_job': id,
    'windrow.attempt': run.attempts,
  }
}
