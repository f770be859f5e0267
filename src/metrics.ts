/** Buckets of durations, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/**
 * Everything that is measured, by name. `channel` and `origin_endpoint` are ids, `ingest_endpoint` is 1 or 2: the place
 * of an ingest endpoint in its channel. No label has values that clients choose. Names and labels are stable.
 */
export const METRICS = {
  windrow_egress_requests_total: {
    type: 'counter',
    labels: ['channel', 'origin_endpoint', 'status'],
    help: 'Requests of players, by the range of their status: 2xx, 3xx, 4xx, 5xx.',
  },
  windrow_egress_bytes_total: {
    type: 'counter',
    labels: ['channel', 'origin_endpoint'],
    help: 'Bytes of bodies sent to players.',
  },
  windrow_egress_response_seconds: {
    type: 'histogram',
    labels: ['channel', 'origin_endpoint', 'kind'],
    buckets: SECONDS,
    help: 'Time from the last byte of a request to the first of its response; kind is manifest, segment, init or file.',
  },
  windrow_ingress_requests_total: {
    type: 'counter',
    labels: ['channel', 'ingest_endpoint', 'status'],
    help: 'Requests of encoders, by the range of their status.',
  },
  windrow_ingress_bytes_total: {
    type: 'counter',
    labels: ['channel', 'ingest_endpoint'],
    help: 'Bytes of bodies received from encoders.',
  },
  windrow_ingress_response_seconds: {
    type: 'histogram',
    labels: ['channel', 'ingest_endpoint'],
    buckets: SECONDS,
    help: 'Time from the last byte of a request of an encoder to the first of its response.',
  },
  windrow_refused_total: {
    type: 'counter',
    labels: ['origin_endpoint', 'reason'],
    help: 'Requests of players that an access rule of their endpoint refused.',
  },
  windrow_tls_certificate_expires_seconds: {
    type: 'gauge',
    labels: ['certificate'],
    help: 'When a certificate expires, in seconds since 1970; certificate is its file.',
  },
  windrow_tls_reloads_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Changed certificates; result is loaded, or refused where its files could not be used.',
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>

export type MetricDeclaration = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
  readonly buckets?: readonly number[]
}

type Declared = typeof METRICS
/** The names of the metrics of one type. */
type NamesOf<Type extends MetricDeclaration['type']> = {
  [Name in keyof Declared]: Declared[Name] extends { readonly type: Type } ? Name : never
}[keyof Declared]
type LabelsOf<Name extends keyof Declared> = Readonly<Record<Declared[Name]['labels'][number], string>>

/** One series of each type. They are kept by whoever needs them often: to look one up costs more than to use it. */
export type Counter = { add(amount?: number): void }
export type Gauge = { set(value: number): void }
export type Histogram = { observe(value: number): void }

/** The metrics of the process, as every room may be given them. A series is there from when it is first asked for. */
export type Metrics = {
  counter<Name extends NamesOf<'counter'>>(name: Name, labels: LabelsOf<Name>): Counter
  gauge<Name extends NamesOf<'gauge'>>(name: Name, labels: LabelsOf<Name>): Gauge
  histogram<Name extends NamesOf<'histogram'>>(name: Name, labels: LabelsOf<Name>): Histogram
  /** Removes the series, of all metrics, that have these labels among theirs: those of what was deleted. */
  remove(labels: Readonly<Record<string, string>>): void
  /** Called before each scrape, to set gauges of what is known then. */
  onScrape(read: () => Promise<void> | void): void
}
