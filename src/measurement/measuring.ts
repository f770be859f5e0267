import type { StepObserver } from '../archive/channel-step.ts'
import type { ServerClocks } from '../clock.ts'
import type { DeliveryObserver } from '../events/delivery.ts'
import type { HarvestObserver } from '../harvest/job/harvest-observer.ts'
import type { IngressObserver } from '../ingest/ingress.ts'
import type { KeyObserver } from '../keys/key-observer.ts'
import type { Metrics } from '../metrics.ts'
import { ownKindOf } from '../model/harvest-job.ts'
import type { EgressObserver } from '../origin/egress.ts'
import type { SegmentObserver } from '../origin/segments.ts'
import type { Resources } from '../stores/resources.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { measuredEgress } from './egress.ts'
import { measuredIngress } from './ingress.ts'
import { type KeptDeps, MeasuredContent } from './kept.ts'
import { MeasuredKeys } from './keys.ts'
import { LiveEdges } from './live-edges.ts'
import { NamedResources } from './named-resources.ts'
import { measuredSteps } from './steps.ts'
import { measuredCache } from './stores.ts'

export type MeasuringDeps = {
  readonly metrics: Metrics
  readonly stores: { readonly resources: Resources; readonly segmentIndex: SegmentIndex }
  readonly clocks: Pick<ServerClocks, 'date' | 'steady' | 'wall'>
  /** Milliseconds by a clock that only passes. */
  readonly stopwatch: () => number
  /** Of the program. */
  readonly version: string
  /** Told of failures to read what is measured. */
  readonly failed: (error: unknown) => void
}

/** What the rooms are observed by, and what is measured whenever metrics are read. */
export type Measuring = {
  readonly steps: StepObserver
  readonly egress: EgressObserver
  readonly ingress: IngressObserver
  readonly segments: SegmentObserver
  readonly harvest: HarvestObserver
  /** Harvest jobs that run in this process now. */
  readonly runningJobs: () => number
  readonly delivery: DeliveryObserver
  readonly keys: KeyObserver
  /** Measures what is kept from now on. */
  keep(kept: Pick<KeptDeps, 'dataFolder' | 'isOurs' | 'sinks'>): void
  close(): void
}

export function measuring(deps: MeasuringDeps): Measuring {
  const { metrics, stores, clocks, stopwatch, version, failed } = deps
  const { resources, segmentIndex: index } = stores
  const { steady, date, wall } = clocks
  const overdue = () => void scrape().catch(failed)
  const named = new NamedResources({ resources, metrics, stopwatch, overdue })
  const edges = new LiveEdges({ metrics, named, index, steady, date, failed })
  const keys = new MeasuredKeys({ metrics, named, steady, date })
  metrics.gauge('windrow_build_info', { version, node: process.versions.node }).set(1)
  const offset = metrics.gauge('windrow_clock_offset_seconds', {})
  const scrape = async () => {
    await named.refresh()
    edges.scrape()
    keys.scrape()
    offset.set((wall() - date()) / 1000)
  }
  metrics.onScrape(scrape)
  const ingress = measuredIngress(metrics, named)
  let runningJobs = 0
  const harvest = measuredHarvest(metrics)

  return {
    steps: measuredSteps({ metrics, named, edges, steady }),
    egress: measuredEgress(metrics, named),
    ingress(exchange, about) {
      ingress(exchange, about)
      if (exchange.status < 300) edges.heard(about.channel, about.ingestEndpointId)
    },
    segments: measuredSegments(metrics, stopwatch),
    harvest: {
      ...harvest,
      running(jobs) {
        runningJobs = jobs
        harvest.running(jobs)
      },
    },
    runningJobs: () => runningJobs,
    delivery: (sink) => metrics.counter('windrow_events_failed_total', { sink }).add(),
    keys,
    keep(kept) {
      for (const sink of kept.sinks) metrics.counter('windrow_events_failed_total', { sink })
      const content = new MeasuredContent({ ...kept, metrics, named, resources, index, steady, date, failed })
      metrics.onScrape(() => content.scrape())
    },
    close: () => named.close(),
  }
}

function measuredSegments(metrics: Metrics, stopwatch: () => number): SegmentObserver {
  return {
    asked: measuredCache(metrics, 'made'),
    making(endpoint) {
      const began = stopwatch()
      return () => {
        const format = ownKindOf(endpoint).toLowerCase()
        metrics.histogram('windrow_made_segment_seconds', { format }).observe((stopwatch() - began) / 1000)
      }
    },
  }
}

function measuredHarvest(metrics: Metrics): HarvestObserver {
  const bytes = metrics.counter('windrow_harvest_bytes_total', {})
  const running = metrics.gauge('windrow_harvest_jobs_running', {})
  running.set(0)
  const ended = {
    SUCCEEDED: metrics.counter('windrow_harvest_jobs_ended_total', { outcome: 'succeeded' }),
    FAILED: metrics.counter('windrow_harvest_jobs_ended_total', { outcome: 'failed' }),
    CANCELLED: metrics.counter('windrow_harvest_jobs_ended_total', { outcome: 'cancelled' }),
  }
  return {
    running: (jobs) => running.set(jobs),
    wrote: (size) => bytes.add(size),
    ended: (state) => ended[state].add(),
  }
}
