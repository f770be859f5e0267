import type { Clock } from '../clock.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { type MetricTotals, SECONDS } from '../metrics.ts'
import { quantile, totalOf } from './quantile.ts'
import { SampleRing, type SampleRow } from './sample-ring.ts'
import type { StatusRange } from './status-range.ts'

/** Interval at which samples are taken, and the time for which they are kept: 1.1 MiB. */
export const SAMPLES = { everyMs: 10_000, keptMs: 6 * 3_600_000 }

/** What one or several intervals were like. What is counted is what was counted within them. */
export type MetricSample = {
  readonly endsAt: UtcMs
  /** How long they were together. */
  readonly seconds: number
  readonly ingest: Traffic
  readonly playback: Traffic & { readonly manifests?: Quantiles | undefined; readonly segments?: Quantiles | undefined }
  /** From the reception of source segments until they could be played. */
  readonly publishing?: Quantiles | undefined
  readonly cache: { readonly objects: Lookups; readonly made: Lookups }
  readonly harvest: {
    /** Of jobs that ran at once, the most. */
    readonly runningJobs: number
    readonly bytes: number
    readonly succeeded: number
    readonly failed: number
    readonly cancelled: number
  }
  /** The longest. */
  readonly eventLoopDelaySeconds: number
  /** The most. */
  readonly residentBytes: number
  readonly heapBytes: number
  readonly connections: number
}

type Traffic = { readonly requests: Readonly<Record<StatusRange, number>>; readonly bytes: number }
type Lookups = { readonly hits: number; readonly misses: number }
/** Of so many observations, the seconds that half of them took at most, and 99 of 100. */
export type Quantiles = { readonly count: number; readonly p50: number; readonly p99: number }

export type MetricSamplesDeps = {
  readonly metrics: MetricTotals
  readonly date: Clock
  /** Milliseconds by a clock that only passes. */
  readonly stopwatch: () => number
  readonly runningJobs: () => number
  readonly connections: () => number
  /** The longest delay of the event loop since the last call, in seconds. */
  readonly eventLoopDelay: () => number
  readonly memory: () => { readonly rss: number; readonly heapUsed: number }
}

const STATUSES = ['2xx', '3xx', '4xx', '5xx'] as const
const OUTCOMES = ['succeeded', 'failed', 'cancelled'] as const
const CACHES = ['objects hit', 'objects miss', 'made hit', 'made miss'] as const
const KINDS = ['manifest', 'segment'] as const
/** Buckets of a histogram, and beyond the last. */
const BUCKETS = SECONDS.length + 1

/** Numbers of columns: those before `gauges` are counted. Each histogram has a column for each of its buckets. */
const AT = (() => {
  let next = 0
  const columns = (count: number) => {
    next += count
    return next - count
  }
  return {
    seconds: columns(1),
    ingest: columns(STATUSES.length),
    ingestBytes: columns(1),
    playback: columns(STATUSES.length),
    playbackBytes: columns(1),
    cache: columns(CACHES.length),
    harvest: columns(OUTCOMES.length),
    harvestBytes: columns(1),
    responses: columns(KINDS.length * BUCKETS),
    publishing: columns(BUCKETS),
    gauges: columns(5),
    end: next,
  }
})()

/**
 * What small charts of this process need, sampled now and then, and kept for some hours. Counts are differences of the
 * metrics that Prometheus reads.
 */
export class MetricSamples {
  private readonly deps: MetricSamplesDeps
  private readonly ring: SampleRing
  private before: { readonly at: number; readonly counts: readonly number[] }

  constructor(deps: MetricSamplesDeps, { everyMs, keptMs } = SAMPLES) {
    const together = Array.from({ length: AT.end }, (_, at) => (at < AT.gauges ? 'sum' : 'largest'))
    this.deps = deps
    this.ring = new SampleRing(together, Math.ceil(keptMs / everyMs))
    this.before = { at: deps.stopwatch(), counts: this.counts() }
  }

  /** Takes a sample of what was since the last one. */
  take(): void {
    const { date, stopwatch, runningJobs, connections, eventLoopDelay, memory } = this.deps
    const now = { at: stopwatch(), counts: this.counts() }
    const { rss, heapUsed } = memory()
    this.ring.add(date(), [
      (now.at - this.before.at) / 1000,
      ...now.counts.map((count, at) => count - this.before.counts[at]!),
      runningJobs(),
      eventLoopDelay(),
      rss,
      heapUsed,
      connections(),
    ])
    this.before = now
  }

  /** The samples that end after a moment, the oldest first, those of `periodMs` joined to one. */
  since(after: UtcMs, periodMs: number): readonly MetricSample[] {
    return this.ring.since(after, periodMs).map(sampleOf)
  }

  /** What was counted so far, in the order of columns. */
  private counts(): readonly number[] {
    const { metrics } = this.deps
    const of = (sums: ReadonlyMap<string, number>, keys: readonly string[]) => keys.map((key) => sums.get(key) ?? 0)
    const observed = (sums: ReadonlyMap<string, readonly number[]>, keys: readonly string[]) =>
      keys.flatMap((key) => sums.get(key) ?? Array.from({ length: BUCKETS }, () => 0))
    return [
      ...of(metrics.counted('windrow_ingress_requests_total', 'status'), STATUSES),
      ...of(metrics.counted('windrow_ingress_bytes_total'), ['']),
      ...of(metrics.counted('windrow_egress_requests_total', 'status'), STATUSES),
      ...of(metrics.counted('windrow_egress_bytes_total'), ['']),
      ...of(metrics.counted('windrow_cache_requests_total', 'cache', 'result'), CACHES),
      ...of(metrics.counted('windrow_harvest_jobs_ended_total', 'outcome'), OUTCOMES),
      ...of(metrics.counted('windrow_harvest_bytes_total'), ['']),
      ...observed(metrics.observed('windrow_egress_response_seconds', 'kind'), KINDS),
      ...observed(metrics.observed('windrow_publish_seconds'), ['']),
    ]
  }
}

function sampleOf({ endsAt, values }: SampleRow): MetricSample {
  const value = (at: number) => values[at]!
  const requests = (at: number) => ({
    '2xx': value(at),
    '3xx': value(at + 1),
    '4xx': value(at + 2),
    '5xx': value(at + 3),
  })
  const quantiles = (at: number) => quantilesOf(values.subarray(at, at + BUCKETS))
  return {
    endsAt: utcMs(endsAt),
    seconds: value(AT.seconds),
    ingest: { requests: requests(AT.ingest), bytes: value(AT.ingestBytes) },
    playback: {
      requests: requests(AT.playback),
      bytes: value(AT.playbackBytes),
      manifests: quantiles(AT.responses),
      segments: quantiles(AT.responses + BUCKETS),
    },
    publishing: quantiles(AT.publishing),
    cache: {
      objects: { hits: value(AT.cache), misses: value(AT.cache + 1) },
      made: { hits: value(AT.cache + 2), misses: value(AT.cache + 3) },
    },
    harvest: {
      runningJobs: value(AT.gauges),
      bytes: value(AT.harvestBytes),
      succeeded: value(AT.harvest),
      failed: value(AT.harvest + 1),
      cancelled: value(AT.harvest + 2),
    },
    eventLoopDelaySeconds: value(AT.gauges + 1),
    residentBytes: value(AT.gauges + 2),
    heapBytes: value(AT.gauges + 3),
    connections: value(AT.gauges + 4),
  }
}

function quantilesOf(counts: ArrayLike<number>): Quantiles | undefined {
  const [p50, p99] = [quantile(0.5, counts, SECONDS), quantile(0.99, counts, SECONDS)]
  if (p50 === undefined || p99 === undefined) return undefined
  const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6
  return { count: totalOf(counts), p50: rounded(p50), p99: rounded(p99) }
}
