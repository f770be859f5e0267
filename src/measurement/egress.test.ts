import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Exchange } from '../http/exchange.ts'
import { openMetrics } from '../prometheus-metrics.ts'
import { channel, originEndpoint } from '../stores/nouns.contract.ts'
import { measuredEgress } from './egress.ts'
import { measuredIngress } from './ingress.ts'

const STATUSES = [200, 206, 301, 304, 400, 403, 404, 416, 429, 499, 500, 503]
const KINDS = ['manifest', 'segment', 'init', 'file', undefined] as const
/** Buckets, with that of everything, the sum and the count. */
const HISTOGRAM = 15

describe('the series of requests', () => {
  it('are as many as endpoints make, whatever is requested', async () => {
    const metrics = openMetrics()
    const named = { removals: 0 }
    const [egress, ingress] = [measuredEgress(metrics, named), measuredIngress(metrics, named)]
    const channels = Array.from({ length: 3 }, (_, n) => channel(`channel-${n}`))
    const endpoints = channels.flatMap(({ id }) => ['a', 'b'].map((name) => originEndpoint(`${id}-${name}`, id)))
    const request = (about: Partial<Exchange>) => {
      return { sentBytes: 1, receivedBytes: 1, processingMs: Math.random() * 9000, ...about } as Exchange
    }
    const ask = () => {
      for (const status of STATUSES) {
        for (const endpoint of endpoints) {
          for (const kind of KINDS) egress(request({ status }), { endpoint, kind, refusal: undefined })
          egress(request({ status }), { endpoint, kind: 'segment', refusal: 'NotWhitelisted' })
        }
        for (const each of channels) {
          for (const { id } of each.ingestEndpoints) {
            ingress(request({ status }), { channel: each, ingestEndpointId: id })
          }
        }
      }
    }
    const count = async () => [...(await metrics.text()).matchAll(/^windrow_/gm)].length
    ask()
    const series = await count()
    assert.equal(series, endpoints.length * (4 + 1 + 4 * HISTOGRAM + 1) + 2 * channels.length * (4 + 1 + HISTOGRAM))
    ask()
    assert.equal(await count(), series)
  })
})
