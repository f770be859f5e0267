import { once } from 'node:events'
import { get } from 'node:http'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Exchange } from '../../src/http/exchange.ts'
import { listen } from '../../src/http/listener.ts'
import { measuredEgress } from '../../src/measurement/egress.ts'
import { METRICS, type Metrics } from '../../src/metrics.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { EgressKind, EgressObserver } from '../../src/origin/egress.ts'
import { openMetrics } from '../../src/prometheus-metrics.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { interleaved, type Measure } from './measure.ts'

const ENDPOINTS = 300
const KINDS: readonly EgressKind[] = ['manifest', 'segment', 'init']
const OBSERVATIONS = 300_000
const SCRAPES = 10
/** Nothing was deleted. */
const NAMED = { removals: 0 }

/** What the metrics of a request of a player take. */
export type Observation = { readonly seconds: number }

/**
 * Metrics of 300 origin endpoints, each of which was asked for everything, by CPU of this process: of a request, and
 * of a scrape to which every endpoint has changed since the one before; beside the same kept by prom-client.
 */
export async function benchMetrics(): Promise<{ readonly observation: Observation; readonly measures: Measure[] }> {
  const exchange = await endedExchange()
  const endpoints = Array.from({ length: ENDPOINTS }, (_, i) => hlsEndpoint({}, { id: `e-${i}`, channelId: `c-${i}` }))
  const ours = openMetrics()
  const registry = new Registry()
  const contenders = [
    { observe: measuredEgress(ours, NAMED), text: () => ours.text() },
    { observe: measuredEgress(keptByPromClient(registry), NAMED), text: () => registry.metrics() },
  ]
  for (const { observe } of contenders) askAll(observe, exchange, endpoints)
  const requests = await interleaved(
    ...contenders.map(({ observe }) => async () => {
      const began = cpuMs()
      for (let i = 0; i < OBSERVATIONS; i++) {
        observe(exchange, { endpoint: endpoints[i % ENDPOINTS]!, kind: KINDS[i % KINDS.length], refusal: undefined })
      }
      return ((cpuMs() - began) * 1000) / OBSERVATIONS
    }),
  )
  const scrapes = await interleaved(
    ...contenders.map(({ observe, text }) => async () => {
      let ms = 0
      for (let i = 0; i < SCRAPES; i++) {
        askAll(observe, exchange, endpoints)
        const began = cpuMs()
        await text()
        ms += cpuMs() - began
      }
      return ms / SCRAPES
    }),
  )
  const text = await ours.text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  const compare = (name: string, unit: string, [value, peerValue]: readonly number[], note?: string): Measure => {
    const ratio = peerValue! / value!
    return { name, value: value!, unit, peer: 'prom-client', peerValue: peerValue!, ratio, ...(note && { note }) }
  }
  return {
    observation: { seconds: requests[0]! / 1e6 },
    measures: [
      compare('metrics of a request', 'µs of CPU', requests),
      compare('scrape of 300 endpoints', 'ms of CPU', scrapes, `${lines} series, ${text.length} bytes`),
    ],
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Requests of every kind for every endpoint. */
function askAll(observe: EgressObserver, exchange: Exchange, endpoints: readonly OriginEndpoint[]): void {
  for (const endpoint of endpoints) {
    for (const kind of KINDS) observe(exchange, { endpoint, kind, refusal: undefined })
  }
}

/** A request that was answered, whose metrics can be counted as often as is liked. */
async function endedExchange(): Promise<Exchange> {
  const ended = Promise.withResolvers<Exchange>()
  const log = { info() {}, warn() {}, error() {} }
  const listener = await listen({
    name: 'bench',
    host: '127.0.0.1',
    port: 0,
    log,
    stopwatch: () => performance.now(),
    mounts: [
      {
        prefix: '/',
        async handle(_request, response, _target, exchange) {
          exchange.whenEnded(ended.resolve)
          response.writeHead(200, { 'content-length': 2 }).end('ok')
        },
      },
    ],
  })
  const [response] = await once(get({ port: listener.address.port, agent: false }), 'response')
  response.resume()
  try {
    return await ended.promise
  } finally {
    await listener.close()
  }
}

/** The same metrics, kept by prom-client. */
function keptByPromClient(registry: Registry): Metrics {
  const kept = Object.entries(METRICS).map(([name, { type, labels, help, ...more }]) => {
    const options = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'histogram') return [name, new Histogram({ ...options, ...more })] as const
    return [name, type === 'counter' ? new Counter(options) : new Gauge(options)] as const
  })
  const byName = new Map<string, unknown>(kept)
  return {
    counter(name, labels) {
      const series = (byName.get(name) as Counter).labels(labels)
      return { add: (amount) => series.inc(amount) }
    },
    gauge(name, labels) {
      const series = (byName.get(name) as Gauge).labels(labels)
      return { set: (value) => series.set(value ?? 0) }
    },
    histogram: (name, labels) => (byName.get(name) as Histogram).labels(labels),
    remove() {},
    valuesOf: () => new Set(),
    onScrape() {},
  }
}
