import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { metricCharts, PERIODS, summaryOf } from '../../console/src/health/metrics.ts'
import type { MetricSamplesReport } from '../../src/control/monitoring-operations.ts'

const requests = { '2xx': 90, '3xx': 10, '4xx': 5, '5xx': 1 }
const SAMPLE: MetricSamplesReport['samples'][number] = {
  endTime: '2026-12-01T21:30:00Z',
  seconds: 10,
  ingest: { requests, bytes: 6_250_000 },
  playback: { requests, bytes: 0, manifests: { count: 9, p50: 0.002, p99: 0.05 } },
  cache: { objects: { hits: 3, misses: 1 }, made: { hits: 0, misses: 0 } },
  harvest: { runningJobs: 2, bytes: 100, succeeded: 1, failed: 0, cancelled: 0 },
  eventLoopDelaySeconds: 0.02,
  residentBytes: 200_000_000,
  heapBytes: 50_000_000,
  connections: 4,
}

describe('the charts of metrics', () => {
  const chart = (id: string, samples = [SAMPLE]) => metricCharts(samples).find((each) => each.id === id)!
  const told = (id: string, samples = [SAMPLE]) =>
    Object.fromEntries(
      chart(id, samples).lines.map(({ label, values }) => [
        label,
        values.map((v) => (v === undefined ? v : chart(id).text(v))),
      ]),
    )

  it('show rates of what was counted, and nothing where nothing was measured', () => {
    assert.deepEqual(told('ingest'), { Received: ['5 Mbit/s'] })
    assert.deepEqual(told('requests'), { 'Of encoders': ['10 /s'], 'Of players': ['10 /s'] })
    assert.deepEqual(told('errors')['Players refused'], ['0.5 /s'])
    assert.deepEqual(told('latency'), {
      'Manifests, 99 %': ['50 ms'],
      'Manifests, 50 %': ['2 ms'],
      'Segments, 99 %': [undefined],
      'Segments, 50 %': [undefined],
    })
    assert.deepEqual(told('cache'), { 'Source objects': ['75 %'], Output: [undefined] })
    assert.deepEqual(told('ingest', [{ ...SAMPLE, seconds: 0 }]), { Received: [undefined] })
  })

  it('are told in a sentence for those who do not see them', () => {
    const two = [SAMPLE, { ...SAMPLE, ingest: { requests, bytes: 1_250_000 } }]
    assert.equal(summaryOf(chart('ingest', two)), 'Received: 1 Mbit/s, at most 5 Mbit/s')
    assert.match(summaryOf(chart('latency')), /Segments, 99 %: nothing; /)
  })

  it('have a value of each line for each sample, and about as many samples in each period', () => {
    for (const { lines } of metricCharts([SAMPLE, SAMPLE, SAMPLE])) {
      for (const { values } of lines) assert.equal(values.length, 3)
    }
    for (const { milliseconds, resolutionSeconds } of PERIODS)
      assert.equal(milliseconds / resolutionSeconds / 1000, 180)
  })
})
