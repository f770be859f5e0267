import type { IngressObserver } from '../ingest/ingress.ts'
import type { Counter, Histogram, Metrics } from '../metrics.ts'
import type { Channel } from '../model/channel.ts'
import { inputLabel } from './input-label.ts'
import { KnownSeries } from './known-series.ts'
import type { NamedResources } from './named-resources.ts'
import { type StatusRange, statusRange } from './status-range.ts'

/** The series of an ingest endpoint. */
type InputSeries = {
  readonly bytes: Counter
  readonly seconds: Histogram
  readonly requests: Map<StatusRange, Counter>
}

/** Measures the requests of encoders. The series of a channel are kept as long as it is as it was. */
export function measuredIngress(metrics: Metrics, named: Pick<NamedResources, 'removals'>): IngressObserver {
  const make = (_: Channel) => new Map<string, InputSeries>()
  const known = new KnownSeries(make, () => named.removals)
  return (exchange, { channel, ingestEndpointId }) => {
    const labels = {
      channel: channel.id,
      ingest_endpoint: inputLabel(channel, ingestEndpointId),
    }
    const inputs = known.of(channel)
    const series = inputs.get(ingestEndpointId) ?? {
      bytes: metrics.counter('windrow_ingress_bytes_total', labels),
      seconds: metrics.histogram('windrow_ingress_response_seconds', labels),
      requests: new Map<StatusRange, Counter>(),
    }
    inputs.set(ingestEndpointId, series)
    const status = statusRange(exchange.status)
    const requests =
      series.requests.get(status) ?? metrics.counter('windrow_ingress_requests_total', { ...labels, status })
    series.requests.set(status, requests)
    requests.add()
    series.bytes.add(exchange.receivedBytes)
    series.seconds.observe(exchange.processingMs / 1000)
  }
}
