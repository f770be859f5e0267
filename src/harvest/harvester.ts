import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { ArchiveReader } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Account } from '../model/arn.ts'
import type { HarvestJob, HarvestOutcome } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputFormat } from '../packaging/output-format.ts'
import type { SourceMedia } from '../packaging/source-media.ts'
import type { Resources } from '../stores/resources.ts'
import { BucketRefused, type Buckets } from './bucket.ts'
import { harvestEvent } from './event.ts'
import { type ExportReport, exportAsset } from './export.ts'
import { HarvestFailed } from './harvest-failed.ts'
import type { Sleep } from './patience.ts'

export type HarvesterHost = {
  readonly resources: Pick<Resources, 'harvestJobsInProgress' | 'finishHarvestJob' | 'claimBucketKeys'>
  readonly archive: Omit<ArchiveReader, 'open'>
  readonly media: SourceMedia
  /** Undefined for endpoints that cannot be packaged. */
  readonly formatOf: (endpoint: OriginEndpoint) => OutputFormat | undefined
  readonly buckets: Buckets
  readonly clock: Clock
  readonly log: Log
  /** Names the job in its event. */
  readonly account: Account
  readonly jobsAtOnce: number
  /** By one job. */
  readonly objectsAtOnce: number
  /** Absent: real time. */
  readonly sleep?: Sleep
}

export type Harvester = {
  /** Takes up the jobs that were in progress when the last process ended, each from its beginning. */
  start(): Promise<void>
  /** Takes up a job that has just been created. */
  submit(job: HarvestJob): void
  /** Resolves when no job is waiting or running. */
  settled(): Promise<void>
  /** Sets running jobs aside, for the next start, and resolves when nothing is being written any more. */
  close(): Promise<void>
}

/** Between tries to record how a job ended. The last one is repeated: a full disk may have room again tomorrow. */
const RECORD_PAUSES_MS = [200, 1_000, 5_000, 30_000]

/** Runs harvest jobs, so many at once, in the order they come. */
export function createHarvester(host: HarvesterHost): Harvester {
  const { clock, log } = host
  const sleep: Sleep = host.sleep ?? ((ms, signal) => setTimeout(ms, undefined, { signal }))
  const closing = new AbortController()
  const waiting: HarvestJob[] = []
  const running = new Map<string, Promise<void>>()

  function submit(job: HarvestJob): void {
    if (closing.signal.aborted || running.has(job.id) || waiting.some(({ id }) => id === job.id)) return
    waiting.push(job)
    runWaiting()
  }

  function runWaiting(): void {
    while (running.size < host.jobsAtOnce) {
      const job = waiting.shift()
      if (!job) return
      const done = run(job).finally(() => {
        running.delete(job.id)
        runWaiting()
      })
      running.set(job.id, done)
    }
  }

  async function run(job: HarvestJob): Promise<void> {
    const began = clock()
    try {
      const report = await attempt(job)
      const milliseconds = clock() - began
      await record(job, { status: 'SUCCEEDED' }, () => {
        log.info({ harvestJob: job.id, ...report, milliseconds }, 'harvest job SUCCEEDED')
      })
    } catch (error) {
      if (closing.signal.aborted) {
        log.info({ harvestJob: job.id }, 'harvest job set aside until the next start')
        return
      }
      const message = reasonOf(job, error)
      await record(job, { status: 'FAILED', message }, () => {
        log.warn({ harvestJob: job.id, reason: message }, 'harvest job FAILED')
      })
    }
  }

  async function attempt(job: HarvestJob): Promise<ExportReport> {
    const format = host.formatOf(job.endpoint)
    if (!format)
      throw new HarvestFailed(`Windrow cannot package what origin endpoint ${job.originEndpointId} asks for.`)
    return exportAsset(job, format, { ...host, sleep, lanes: host.objectsAtOnce }, closing.signal)
  }

  /** For the job's owner. What they cannot help goes to the log, whole. */
  function reasonOf(job: HarvestJob, error: unknown): string {
    if (error instanceof HarvestFailed) return error.message
    if (!(error instanceof BucketRefused)) {
      log.error({ harvestJob: job.id, error }, 'harvest job met an unexpected error')
      return 'The harvest met an unexpected error, which the log of the server tells under the id of the job.'
    }
    log.warn({ harvestJob: job.id, code: error.code, cause: String(error.cause) }, 'harvest job was refused its bucket')
    return error.message
  }

  async function record(job: HarvestJob, outcome: HarvestOutcome, tell: () => void): Promise<void> {
    const event = harvestEvent(job, outcome, host.account, { id: randomUUID(), at: clock() })
    for (let tries = 0; ; tries++) {
      try {
        await host.resources.finishHarvestJob(job.id, outcome, event)
        return tell()
      } catch (error) {
        log.error({ harvestJob: job.id, error }, 'cannot record how a harvest job ended')
      }
      // It stays in progress, and the next start runs it again.
      if (closing.signal.aborted) return
      await sleep(RECORD_PAUSES_MS[tries] ?? RECORD_PAUSES_MS.at(-1) ?? 0, closing.signal).catch(() => {})
    }
  }

  async function settled(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values())
  }

  return {
    submit,
    settled,
    async start() {
      for (const job of await host.resources.harvestJobsInProgress()) submit(job)
    },
    async close() {
      closing.abort()
      waiting.length = 0
      await settled()
    },
  }
}
