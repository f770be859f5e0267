import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { needing, programPath } from '../test/programs.ts'
import { METRICS, type Metrics } from './metrics.ts'
import { type KeptMetrics, openMetrics } from './prometheus-metrics.ts'

const NEWS = { channel: 'news', origin_endpoint: 'hls' }

/** The lines of a metric, without those of HELP and TYPE. */
async function linesOf(metrics: KeptMetrics, name: string): Promise<string[]> {
  const text = await metrics.text()
  return text.split('\n').filter((line) => line.startsWith(name))
}

/** One series of every metric that is declared. */
function everything(metrics: Metrics): void {
  for (const [name, { type, labels }] of Object.entries(METRICS)) {
    const values = Object.fromEntries(labels.map((label) => [label, `a ${label}`])) as never
    if (type === 'counter') metrics.counter(name as never, values).add(2)
    else if (type === 'gauge') metrics.gauge(name as never, values).set(0.5)
    else metrics.histogram(name as never, values).observe(0.02)
  }
}

describe('the metrics of a process', () => {
  it('have a counter that grows, for each set of labels', async () => {
    const metrics = openMetrics()
    const bytes = metrics.counter('windrow_egress_bytes_total', NEWS)
    bytes.add(5)
    metrics.counter('windrow_egress_bytes_total', { origin_endpoint: 'hls', channel: 'news' }).add()
    metrics.counter('windrow_egress_bytes_total', { ...NEWS, origin_endpoint: 'dash' }).add(0)
    assert.deepEqual(await linesOf(metrics, 'windrow_egress_bytes_total'), [
      'windrow_egress_bytes_total{channel="news",origin_endpoint="hls"} 6',
      'windrow_egress_bytes_total{channel="news",origin_endpoint="dash"} 0',
    ])
  })

  it('have a gauge as long as it is known', async () => {
    const metrics = openMetrics()
    const free = metrics.gauge('windrow_disk_free_bytes', {})
    assert.deepEqual(await linesOf(metrics, 'windrow_disk_free_bytes'), [])
    free.set(1e21)
    assert.deepEqual(await linesOf(metrics, 'windrow_disk_free_bytes'), ['windrow_disk_free_bytes 1e+21'])
    free.set(undefined)
    assert.deepEqual(await linesOf(metrics, '# TYPE windrow_disk_free_bytes'), [])
  })

  it('have a histogram whose buckets count what is no longer than they say', async () => {
    const metrics = openMetrics()
    const seconds = metrics.histogram('windrow_database_wait_seconds', {})
    for (const value of [0.001, 0.002, 0.25, 7]) seconds.observe(value)
    const lines = await linesOf(metrics, 'windrow_database_wait_seconds')
    const bucket = (most: string) => lines.find((line) => line.includes(`le="${most}"`))?.split(' ')[1]
    assert.deepEqual(
      ['0.001', '0.0025', '0.1', '0.25', '5', '+Inf'].map((most) => bucket(most)),
      ['1', '2', '2', '3', '3', '4'],
    )
    assert.deepEqual(lines.slice(-2), [
      'windrow_database_wait_seconds_sum 7.253',
      'windrow_database_wait_seconds_count 4',
    ])
  })

  it('are asked for gauges before each scrape', async () => {
    const metrics = openMetrics()
    let scrapes = 0
    metrics.onScrape(async () => metrics.gauge('windrow_connections', {}).set(++scrapes))
    await metrics.text()
    assert.deepEqual(await linesOf(metrics, 'windrow_connections'), ['windrow_connections 2'])
  })

  it('lose the series of what was deleted, also where somebody still counts by them', async () => {
    const metrics = openMetrics()
    everything(metrics)
    const bytes = metrics.counter('windrow_egress_bytes_total', NEWS)
    metrics.counter('windrow_egress_bytes_total', { ...NEWS, origin_endpoint: 'dash' })
    metrics.histogram('windrow_egress_response_seconds', { ...NEWS, kind: 'manifest' })
    metrics.counter('windrow_refused_total', { origin_endpoint: 'hls', reason: 'OriginationDenied' })
    metrics.counter('windrow_ingress_bytes_total', { channel: 'news', ingest_endpoint: '1' })
    metrics.remove('origin_endpoint', new Set(['hls']))
    bytes.add()
    const left = (await metrics.text()).split('\n')
    assert.deepEqual(
      left.filter((line) => line.includes('"hls"')),
      [],
    )
    assert.equal(left.filter((line) => line.includes('"news"')).length, 2)
    metrics.remove('channel', new Set(['news', 'sport']))
    assert.doesNotMatch(await metrics.text(), /"news"/)
    assert.match(await metrics.text(), /"a channel"/)
  })

  it('are summed over all series, by a label or all together', () => {
    const metrics = openMetrics()
    const requests = (endpoint: string, status: string, count: number) =>
      metrics.counter('windrow_egress_requests_total', { channel: 'a', origin_endpoint: endpoint, status }).add(count)
    requests('hls', '2xx', 5)
    requests('dash', '2xx', 2)
    requests('dash', '4xx', 1)
    assert.deepEqual(
      metrics.counted('windrow_egress_requests_total', 'status'),
      new Map([
        ['2xx', 7],
        ['4xx', 1],
      ]),
    )
    assert.deepEqual(metrics.counted('windrow_egress_requests_total'), new Map([['', 8]]))
    assert.deepEqual(metrics.counted('windrow_harvest_bytes_total'), new Map())
    metrics.counter('windrow_cache_requests_total', { cache: 'made', result: 'hit' }).add(3)
    assert.deepEqual(metrics.counted('windrow_cache_requests_total', 'cache', 'result'), new Map([['made hit', 3]]))
    for (const endpoint of ['hls', 'dash']) {
      const labels = { channel: 'a', origin_endpoint: endpoint, kind: 'manifest' }
      metrics.histogram('windrow_egress_response_seconds', labels).observe(0.002)
      metrics.histogram('windrow_egress_response_seconds', labels).observe(99)
    }
    const observed = metrics.observed('windrow_egress_response_seconds', 'kind')
    assert.deepEqual(observed, new Map([['manifest', [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]]]))
  })

  it('have sums that never fall, whatever is deleted', () => {
    const metrics = openMetrics()
    const sums = () => [
      Object.fromEntries(metrics.counted('windrow_refused_total', 'reason')),
      metrics.observed('windrow_publish_seconds').get('')?.at(-1),
      metrics.counted('windrow_egress_bytes_total').get(''),
    ]
    for (let round = 1; round <= 3; round++) {
      for (const id of ['hls', 'dash']) {
        metrics.counter('windrow_refused_total', { origin_endpoint: id, reason: 'cdn' }).add()
        metrics.counter('windrow_refused_total', { origin_endpoint: id, reason: 'denied' }).add(2)
        metrics.counter('windrow_egress_bytes_total', { channel: 'news', origin_endpoint: id }).add(10)
      }
      metrics.histogram('windrow_publish_seconds', { channel: 'news' }).observe(9)
      const expected = [{ cdn: 2 * round, denied: 4 * round }, round, 20 * round]
      assert.deepEqual(sums(), expected)
      metrics.remove('origin_endpoint', new Set(['hls']))
      assert.deepEqual(sums(), expected)
      metrics.remove('channel', new Set(['news']))
      assert.deepEqual(sums(), expected)
    }
  })

  it('have nothing that takes the longer, the more connections are open', async () => {
    const text = await openMetrics().text()
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
    assert.match(text, /^process_cpu_seconds_total /m)
    assert.doesNotMatch(text, /nodejs_active_|process_open_fds/)
  })
})

const judged = needing('prometheus')

judged.describe('the text of metrics', () => {
  judged.it('is what promtool takes, of every metric, whatever their labels', async () => {
    const metrics = openMetrics()
    everything(metrics)
    metrics.counter('windrow_refused_total', { origin_endpoint: 'a "b" \\ c\nd', reason: '' }).add()
    const input = await metrics.text()
    for (const name of Object.keys(METRICS)) assert.match(input, new RegExp(`^${name}(_count)?[{ ]`, 'm'))
    const { status, stdout, stderr } = spawnSync(programPath('promtool'), ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    assert.equal(`${stdout}${stderr}`, '')
    assert.equal(status, 0)
  })
})
