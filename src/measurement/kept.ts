import { statfs } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../metrics.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { NamedResources } from './named-resources.ts'

/** The least time between two readings of what the database, or the file system, has to be asked for. */
const READ_MS = 15_000

export type KeptDeps = {
  readonly metrics: Metrics
  readonly named: NamedResources
  readonly resources: Pick<Resources, 'backlog'>
  readonly index: Pick<SegmentIndex, 'inputs' | 'usage'>
  readonly dataFolder: string
  /** Names of the sinks that get events; others may have been there before. */
  readonly sinks: readonly string[]
  /** True when this process has the work that one of several does: the others tell nothing of the database. */
  readonly isOurs: () => boolean
  readonly steady: Clock
  readonly date: Clock
  readonly failed: (error: unknown) => void
}

/** Measures what is kept and what waits, now and then, and only while somebody reads metrics. */
export class MeasuredContent {
  private readonly deps: KeptDeps
  private readAt = -Infinity
  private isReading = false

  constructor(deps: KeptDeps) {
    this.deps = deps
  }

  /** Begins to read what the next scrapes will have. */
  scrape(): void {
    const now = this.deps.steady()
    if (this.isReading || now - this.readAt < READ_MS) return
    this.readAt = now
    this.isReading = true
    void this.read()
      .catch(this.deps.failed)
      .finally(() => {
        this.isReading = false
      })
  }

  private async read(): Promise<void> {
    const { metrics, dataFolder, isOurs } = this.deps
    const { bavail, bsize } = await statfs(dataFolder)
    metrics.gauge('windrow_disk_free_bytes', {}).set(bavail * bsize)
    if (isOurs()) await Promise.all([this.readContent(), this.readBacklog()])
    else this.leave()
  }

  private async readContent(): Promise<void> {
    const { metrics, named, index, steady } = this.deps
    const [usage, inputs] = await Promise.all([index.usage(), index.inputs()])
    const bytes = new Map(usage.map(({ channelGuid, bytes: used }) => [channelGuid, used]))
    const now = steady()
    for (const { guid, id } of named.channels) {
      metrics.gauge('windrow_archive_bytes', { channel: id }).set(bytes.get(guid) ?? 0)
      const ages = inputs.flatMap(({ channelGuid, oldest }) => {
        return channelGuid === guid && oldest !== null ? [(now - oldest) / 1000] : []
      })
      metrics
        .gauge('windrow_archive_oldest_seconds', { channel: id })
        .set(ages.length > 0 ? Math.max(...ages) : undefined)
    }
  }

  private async readBacklog(): Promise<void> {
    const { metrics, resources } = this.deps
    const date = this.deps.date()
    const { harvestJobs, dueSince, sinks } = await resources.backlog(date)
    for (const [status, jobs] of Object.entries(harvestJobs))
      metrics.gauge('windrow_harvest_jobs', { status }).set(jobs)
    metrics.gauge('windrow_harvest_lag_seconds', {}).set(dueSince === undefined ? 0 : (date - dueSince) / 1000)
    for (const { sink, pending, oldestAt } of sinks) {
      if (!this.deps.sinks.includes(sink)) continue
      metrics.gauge('windrow_events_pending', { sink }).set(pending)
      const age = oldestAt === undefined ? 0 : Math.max(date - oldestAt, 0) / 1000
      metrics.gauge('windrow_events_oldest_seconds', { sink }).set(age)
    }
  }

  /** Leaves to another process what is to be told of the database. */
  private leave(): void {
    const { metrics, named } = this.deps
    for (const { id } of named.channels) {
      metrics.gauge('windrow_archive_bytes', { channel: id }).set(undefined)
      metrics.gauge('windrow_archive_oldest_seconds', { channel: id }).set(undefined)
    }
    for (const status of ['IN_PROGRESS', 'SUCCEEDED', 'FAILED']) {
      metrics.gauge('windrow_harvest_jobs', { status }).set(undefined)
    }
    metrics.gauge('windrow_harvest_lag_seconds', {}).set(undefined)
    for (const sink of this.deps.sinks) {
      metrics.gauge('windrow_events_pending', { sink }).set(undefined)
      metrics.gauge('windrow_events_oldest_seconds', { sink }).set(undefined)
    }
  }
}
