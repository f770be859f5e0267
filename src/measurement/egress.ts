import type { Counter, Histogram, Metrics } from '../metrics.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EgressKind, EgressObserver } from '../origin/egress.ts'
import { PLAYBACK_ERRORS, type PlaybackError } from '../origin/playback-error.ts'
import { KnownSeries } from './known-series.ts'
import type { NamedResources } from './named-resources.ts'
import { type StatusRange, statusRange } from './status-range.ts'

/** The rules of access, as metrics call them; other refusals have their code. */
const RULES: { readonly [Error in PlaybackError]?: string } = {
  OriginationDenied: 'denied',
  NotWhitelisted: 'whitelist',
  CdnIdentifierRefused: 'cdn',
}

/** The series of an origin endpoint. */
class EndpointSeries {
  readonly bytes: Counter
  private readonly metrics: Metrics
  private readonly labels: { readonly channel: string; readonly origin_endpoint: string }
  private readonly requests = new Map<StatusRange, Counter>()
  private readonly seconds = new Map<EgressKind, Histogram>()

  constructor(metrics: Metrics, { channelId, id }: OriginEndpoint) {
    this.metrics = metrics
    this.labels = { channel: channelId, origin_endpoint: id }
    this.bytes = metrics.counter('windrow_egress_bytes_total', this.labels)
  }

  requestsOf(status: StatusRange): Counter {
    let counter = this.requests.get(status)
    if (!counter) {
      counter = this.metrics.counter('windrow_egress_requests_total', { ...this.labels, status })
      this.requests.set(status, counter)
    }
    return counter
  }

  secondsOf(kind: EgressKind): Histogram {
    let histogram = this.seconds.get(kind)
    if (!histogram) {
      histogram = this.metrics.histogram('windrow_egress_response_seconds', { ...this.labels, kind })
      this.seconds.set(kind, histogram)
    }
    return histogram
  }
}

/** Measures the requests of players. The series of an endpoint are kept as long as it is as it was. */
export function measuredEgress(metrics: Metrics, named: Pick<NamedResources, 'removals'>): EgressObserver {
  const make = (endpoint: OriginEndpoint) => new EndpointSeries(metrics, endpoint)
  const known = new KnownSeries(make, () => named.removals)
  return (exchange, { endpoint, kind, refusal }) => {
    const series = known.of(endpoint)
    series.requestsOf(statusRange(exchange.status)).add()
    series.bytes.add(exchange.sentBytes)
    if (refusal && PLAYBACK_ERRORS[refusal].status === 403) {
      metrics
        .counter('windrow_refused_total', { origin_endpoint: endpoint.id, reason: RULES[refusal] ?? refusal })
        .add()
    }
    if (kind && !refusal) series.secondsOf(kind).observe(exchange.processingMs / 1000)
  }
}
