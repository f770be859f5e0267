import type { IngressObserver } from '../ingest/ingress.ts'
import type { Metrics } from '../metrics.ts'
import type { Channel } from '../model/channel.ts'
import { inputLabel } from './input-label.ts'
import { KnownSeries, madeOnce } from './known-series.ts'
import type { NamedResources } from './named-resources.ts'
import { type StatusRange, statusRange } from './status-range.ts'

/** Measures the requests of encoders. The series of a channel are kept as long as it is as it was. */
export function measuredIngress(metrics: Metrics, named: Pick<NamedResources, 'removals'>): IngressObserver {
  const make = (channel: Channel) =>
    madeOnce((ingestEndpointId: string) => {
      const labels = { channel: channel.id, ingest_endpoint: inputLabel(channel, ingestEndpointId) }
      return {
        bytes: metrics.counter('windrow_ingress_bytes_total', labels),
        seconds: metrics.histogram('windrow_ingress_response_seconds', labels),
        requests: madeOnce((status: StatusRange) =>
          metrics.counter('windrow_ingress_requests_total', { ...labels, status }),
        ),
      }
    })
  const known = new KnownSeries(make, () => named.removals)
  return (exchange, { channel, ingestEndpointId }) => {
    const series = known.of(channel)(ingestEndpointId)
    series.requests(statusRange(exchange.status)).add()
    series.bytes.add(exchange.receivedBytes)
    series.seconds.observe(exchange.processingMs / 1000)
  }
}
