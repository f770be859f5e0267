import type { Metrics } from '../metrics.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EgressKind, EgressObserver } from '../origin/egress.ts'
import { PLAYBACK_ERRORS, type PlaybackError } from '../origin/playback-error.ts'
import { KnownSeries, madeOnce } from './known-series.ts'
import type { NamedResources } from './named-resources.ts'
import { type StatusRange, statusRange } from './status-range.ts'

/** The rules of access, as metrics call them; other refusals have their code. */
const RULES: { readonly [Error in PlaybackError]?: string } = {
  OriginationDenied: 'denied',
  NotWhitelisted: 'whitelist',
  CdnIdentifierRefused: 'cdn',
}

/** Measures the requests of players. The series of an endpoint are kept as long as it is as it was. */
export function measuredEgress(metrics: Metrics, named: Pick<NamedResources, 'removals'>): EgressObserver {
  const make = ({ channelId, id }: OriginEndpoint) => {
    const labels = { channel: channelId, origin_endpoint: id }
    return {
      bytes: metrics.counter('windrow_egress_bytes_total', labels),
      requests: madeOnce((status: StatusRange) =>
        metrics.counter('windrow_egress_requests_total', { ...labels, status }),
      ),
      seconds: madeOnce((kind: EgressKind) =>
        metrics.histogram('windrow_egress_response_seconds', { ...labels, kind }),
      ),
    }
  }
  const known = new KnownSeries(make, () => named.removals)
  return (exchange, { endpoint, kind, refusal }) => {
    const series = known.of(endpoint)
    series.requests(statusRange(exchange.status)).add()
    series.bytes.add(exchange.sentBytes)
    if (refusal && PLAYBACK_ERRORS[refusal].status === 403) {
      metrics
        .counter('windrow_refused_total', { origin_endpoint: endpoint.id, reason: RULES[refusal] ?? refusal })
        .add()
    }
    if (kind && !refusal) series.seconds(kind).observe(exchange.processingMs / 1000)
  }
}
