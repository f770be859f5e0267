import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { utcMs } from '../media/time.ts'
import { SECONDS } from '../metrics.ts'
import { openMetrics } from '../prometheus-metrics.ts'
import { MetricSamples, SAMPLES } from './metric-samples.ts'
import { quantile } from './quantile.ts'
import { SampleRing } from './sample-ring.ts'

const BEGAN = utcMs(Date.UTC(2026, 0, 1))
const NEWS = { channel: 'news', origin_endpoint: 'hls' }

/** Samples of metrics, by a clock that each of them moves on by ten seconds. */
function sampling() {
  const metrics = openMetrics()
  let now = 0
  const gauges = { jobs: 0, delay: 0, connections: 0 }
  const samples = new MetricSamples({
    metrics,
    date: () => utcMs(BEGAN + now),
    stopwatch: () => now,
    runningJobs: () => gauges.jobs,
    connections: () => gauges.connections,
    eventLoopDelay: () => gauges.delay,
    memory: () => ({ rss: 1e8 + now, heapUsed: 5e7 }),
  })
  const take = (ms = SAMPLES.everyMs) => {
    now += ms
    samples.take()
  }
  return { metrics, samples, gauges, take }
}

describe('samples of metrics', () => {
  it('have what was counted since the last one, and what was then', () => {
    const { metrics, samples, gauges, take } = sampling()
    const requests = (status: string) => metrics.counter('windrow_egress_requests_total', { ...NEWS, status })
    requests('2xx').add(100)
    take()
    requests('2xx').add(3)
    requests('5xx').add(1)
    metrics.counter('windrow_egress_bytes_total', NEWS).add(5e9)
    const ofInput = { channel: 'news', ingest_endpoint: '1' }
    metrics.counter('windrow_ingress_requests_total', { ...ofInput, status: '4xx' }).add(2)
    metrics.counter('windrow_ingress_bytes_total', ofInput).add(7)
    metrics.counter('windrow_cache_requests_total', { cache: 'objects', result: 'hit' }).add(9)
    metrics.counter('windrow_cache_requests_total', { cache: 'made', result: 'miss' }).add(4)
    metrics.counter('windrow_harvest_bytes_total', {}).add(11)
    metrics.counter('windrow_harvest_jobs_ended_total', { outcome: 'failed' }).add()
    metrics.histogram('windrow_publish_seconds', { channel: 'news' }).observe(0.2)
    for (const kind of ['manifest', 'file']) {
      metrics.histogram('windrow_egress_response_seconds', { ...NEWS, kind }).observe(0.002)
    }
    Object.assign(gauges, { jobs: 2, delay: 0.25, connections: 12 })
    take(12_500)
    const none = { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 }
    assert.deepEqual(samples.since(utcMs(BEGAN + 10_000), 1), [
      {
        endsAt: BEGAN + 22_500,
        seconds: 12.5,
        ingest: { requests: { ...none, '4xx': 2 }, bytes: 7 },
        playback: {
          requests: { ...none, '2xx': 3, '5xx': 1 },
          bytes: 5e9,
          manifests: { count: 1, p50: 0.00175, p99: 0.002485 },
          segments: undefined,
        },
        publishing: { count: 1, p50: 0.175, p99: 0.2485 },
        cache: { objects: { hits: 9, misses: 0 }, made: { hits: 0, misses: 4 } },
        harvest: { runningJobs: 2, bytes: 11, succeeded: 0, failed: 1, cancelled: 0 },
        eventLoopDelaySeconds: 0.25,
        residentBytes: 1e8 + 22_500,
        heapBytes: 5e7,
        connections: 12,
      },
    ])
  })

  it('have no counts below zero when endpoints are deleted', () => {
    const { metrics, samples, take } = sampling()
    for (let round = 0; round < 3; round++) {
      metrics.counter('windrow_egress_bytes_total', NEWS).add(10)
      take()
      metrics.remove('origin_endpoint', new Set(['hls']))
    }
    assert.deepEqual(
      samples.since(BEGAN, 1).map(({ playback }) => playback.bytes),
      [10, 10, 10],
    )
  })

  it('are joined to periods: counts are added, and of what was then the largest counts', () => {
    const { metrics, samples, gauges, take } = sampling()
    for (const [n, connections] of [3, 9, 4, 1, 2, 5, 6].entries()) {
      gauges.connections = connections
      metrics.counter('windrow_harvest_bytes_total', {}).add(n)
      metrics.histogram('windrow_publish_seconds', { channel: 'news' }).observe(n < 3 ? 0.001 : 5)
      take()
    }
    const joined = samples.since(BEGAN, 30_000)
    assert.deepEqual(
      joined.map(({ endsAt, seconds, harvest, connections }) => [endsAt - BEGAN, seconds, harvest.bytes, connections]),
      [
        [30_000, 30, 0 + 1 + 2, 9],
        [60_000, 30, 3 + 4 + 5, 5],
        [70_000, 10, 6, 6],
      ],
    )
    assert.deepEqual(
      joined.map(({ publishing }) => publishing?.p50),
      [0.0005, 3.75, 3.75],
    )
    assert.deepEqual(
      samples.since(utcMs(BEGAN + 40_000), 30_000).map(({ seconds }) => seconds),
      [30, 10],
      'whole periods',
    )
  })

  it('are kept for six hours, in a megabyte', () => {
    const { samples, take } = sampling()
    for (let n = 0; n < 3000; n++) take()
    const kept = samples.since(utcMs(0), 1)
    assert.equal(kept.length, 2160)
    assert.equal(kept.at(-1)!.endsAt - kept[0]!.endsAt, SAMPLES.keptMs - SAMPLES.everyMs)
  })
})

describe('the ring of samples', () => {
  it('gives the newest of all that were added, oldest first (random numbers)', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 0, max: 9 })),
      fc.integer({ min: 1, max: 7 }),
      (all, most) => {
        const ring = new SampleRing(['sum'], most)
        for (const [n, value] of all.entries()) ring.add(n + 1, [value])
        assert.deepEqual(
          ring.since(0, 1).map(({ values }) => values[0]),
          all.slice(-most),
        )
      },
    )
    fc.assert(property, { seed: 20_261_201, numRuns: 100 })
  })
})

describe('quantiles of buckets', () => {
  it('are in the bucket of the true one (random observations)', () => {
    const property = fc.property(
      fc.array(fc.double({ min: 0.0001, max: 20, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.99),
      (observations, part) => {
        const bucketOf = (value: number) => {
          const at = SECONDS.findIndex((end) => value <= end)
          return at < 0 ? SECONDS.length : at
        }
        const counts = Array.from({ length: SECONDS.length + 1 }, () => 0)
        for (const value of observations) counts[bucketOf(value)]!++
        const truth = observations.toSorted((a, b) => a - b)[Math.ceil(part * observations.length) - 1]!
        const estimate = quantile(part, counts, SECONDS)!
        const [start, end] = [SECONDS[bucketOf(truth) - 1] ?? 0, SECONDS[bucketOf(truth)] ?? SECONDS.at(-1)!]
        assert.ok(estimate >= Math.min(start, end) && estimate <= end, `${estimate} of ${truth}`)
      },
    )
    fc.assert(property, { seed: 20_261_201, numRuns: 300 })
  })

  it('are unknown without observations', () => {
    assert.equal(quantile(0.5, [0, 0], [1]), undefined)
  })
})
