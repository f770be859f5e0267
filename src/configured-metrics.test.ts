import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openMetricsListener } from './configured-metrics.ts'
import type { Listener } from './http/listener.ts'
import { Listeners } from './http/listeners.ts'
import { openMetrics } from './prometheus-metrics.ts'

const silent = { info() {}, warn() {}, error() {} }
const TOKEN = 'a-token-of-some-length'

/** The listener of metrics with these settings, and what it logs. */
async function opened(metricsToken: string | undefined) {
  const metrics = openMetrics()
  const all = new Listeners({ log: silent })
  let listener: Listener | undefined
  const open: Listeners['open'] = async (...args) => (listener = await all.open(...args))
  const metricsListen = { host: '127.0.0.1', port: 0 }
  await openMetricsListener({ metricsListen, metricsToken }, { metrics, listeners: { open }, log: silent })
  const url = `http://127.0.0.1:${listener?.address.port}`
  return { metrics, url, close: () => all.close() }
}

describe('the listener of metrics', () => {
  let server: Awaited<ReturnType<typeof opened>>
  before(async () => {
    server = await opened(undefined)
  })
  after(() => server.close())

  it('gives them as text, which no cache keeps', async () => {
    server.metrics.counter('windrow_harvest_bytes_total', {}).add(7)
    const response = await fetch(`${server.url}/metrics`)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.match(await response.text(), /^windrow_harvest_bytes_total 7$/m)
  })

  it('compresses them for those who ask for it', async () => {
    const plain = await fetch(`${server.url}/metrics`, { headers: { 'accept-encoding': 'identity' } })
    const packed = await fetch(`${server.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } })
    assert.deepEqual([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')], [null, 'gzip'])
    const length = (await plain.text()).length
    assert.ok(Number(packed.headers.get('content-length')) < length / 2)
    assert.match(await packed.text(), /^# TYPE process_start_time_seconds gauge$/m)
  })

  it('has no other page and takes no other method', async () => {
    assert.equal((await fetch(`${server.url}/metrics/`)).status, 404)
    const posted = await fetch(`${server.url}/metrics`, { method: 'POST', body: 'a' })
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
    const head = await fetch(`${server.url}/metrics`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })

  it('is on no port that is in use, and says so, unless the settings name it', async () => {
    const taken = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
    const open = () => Promise.reject(taken)
    const events: unknown[] = []
    const log = { ...silent, warn: ({ event }: { event: string }) => void events.push(event) }
    const deps = { metrics: server.metrics, listeners: { open }, log }
    await openMetricsListener({ metricsListen: undefined, metricsToken: undefined }, deps)
    assert.deepEqual(events, ['metrics-not-served'])
    const named = { metricsListen: { host: '127.0.0.1', port: 1 }, metricsToken: undefined }
    await assert.rejects(openMetricsListener(named, deps), /in use/)
    await openMetricsListener({ metricsListen: 'none', metricsToken: undefined }, deps)
    assert.equal(events.length, 1)
  })
})

describe('the listener of metrics with a token', () => {
  let server: Awaited<ReturnType<typeof opened>>
  before(async () => {
    server = await opened(TOKEN)
  })
  after(() => server.close())

  for (const [authorization, status] of [
    [`Bearer ${TOKEN}`, 200],
    [`bearer  ${TOKEN}`, 200],
    [undefined, 401],
    ['Bearer ', 401],
    [TOKEN, 401],
    [`Basic ${TOKEN}`, 401],
    [`Bearer ${TOKEN}x`, 401],
    [`Bearer ${TOKEN.slice(1)}`, 401],
  ] as const) {
    it(`answers ${status} to ${authorization ?? 'none'}`, async () => {
      const response = await fetch(`${server.url}/metrics`, { headers: authorization ? { authorization } : {} })
      assert.equal(response.status, status)
      assert.equal(response.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null)
      assert.equal((await response.text()).includes('process_cpu_seconds_total'), status === 200)
    })
  }
})
