import { statfs } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import type { Gauge, Metrics } from '../metrics.ts'
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

type Figure = readonly [Gauge, number | undefined]

/** Measures what is kept and what waits, now and then, and only while somebody reads metrics. */
export class MeasuredContent {
  private readonly deps: KeptDeps
  private readAt = -Infinity
  private isReading = false
  /** What was last told of the database. */
  private told: readonly Figure[] = []

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
    const figures = isOurs() ? await Promise.all([this.content(), this.backlog()]) : []
    for (const [gauge] of this.told) gauge.set(undefined)
    this.told = figures.flat()
    for (const [gauge, value] of this.told) gauge.set(value)
  }

  private async content(): Promise<Figure[]> {
    const { metrics, named, index, steady } = this.deps
    const [usage, inputs] = await Promise.all([index.usage(), index.inputs()])
    const bytes = new Map(usage.map(({ channelGuid, bytes: used }) => [channelGuid, used]))
    const begins = new Map<string, number>()
    for (const { channelGuid, oldest } of inputs) {
      if (oldest !== null) begins.set(channelGuid, Math.min(oldest, begins.get(channelGuid) ?? Infinity))
    }
    const now = steady()
    return [...named.channels].flatMap(({ guid, id }) => {
      const oldest = begins.get(guid)
      return [
        [metrics.gauge('windrow_archive_bytes', { channel: id }), bytes.get(guid) ?? 0],
        [
          metrics.gauge('windrow_archive_oldest_seconds', { channel: id }),
          oldest === undefined ? undefined : (now - oldest) / 1000,
        ],
      ] satisfies Figure[]
    })
  }

  private async backlog(): Promise<Figure[]> {
    const { metrics, resources } = this.deps
    const date = this.deps.date()
    const { harvestJobs, dueSince, sinks } = await resources.backlog(date)
    return [
      ...Object.entries(harvestJobs).map(
        ([status, jobs]): Figure => [metrics.gauge('windrow_harvest_jobs', { status }), jobs],
      ),
      [metrics.gauge('windrow_harvest_lag_seconds', {}), dueSince === undefined ? 0 : (date - dueSince) / 1000],
      ...sinks
        .filter(({ sink }) => this.deps.sinks.includes(sink))
        .flatMap(({ sink, pending, oldestAt }): Figure[] => [
          [metrics.gauge('windrow_events_pending', { sink }), pending],
          [
            metrics.gauge('windrow_events_oldest_seconds', { sink }),
            oldestAt === undefined ? 0 : Math.max(date - oldestAt, 0) / 1000,
          ],
        ]),
    ]
  }
}
