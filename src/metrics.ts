/** Buckets of durations, in seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export type MetricDeclaration = {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
  readonly buckets?: readonly number[]
}

const counter = <const Labels extends readonly string[]>(labels: Labels, help: string) =>
  ({ type: 'counter', labels, help }) as const
const gauge = <const Labels extends readonly string[]>(labels: Labels, help: string) =>
  ({ type: 'gauge', labels, help }) as const
const seconds = <const Labels extends readonly string[]>(labels: Labels, help: string) =>
  ({ type: 'histogram', labels, help, buckets: SECONDS }) as const

/**
 * Everything that is measured, by name. `channel` and `origin_endpoint` are ids, `ingest_endpoint` is 1 or 2: the place
 * of an ingest endpoint in its channel. No label has values that clients choose. Names and labels are stable.
 */
export const METRICS = {
  windrow_build_info: gauge(['version', 'node'], 'Always 1; the labels say which Windrow runs, under which Node.'),
  windrow_channel_info: gauge(['channel', 'guid'], 'Always 1, for each channel; the labels say its GUID.'),
  windrow_origin_endpoint_info: gauge(
    ['origin_endpoint', 'channel', 'guid', 'package'],
    'Always 1, for each origin endpoint; the labels say its GUID and how it presents its channel: hls, cmaf, dash, mss.',
  ),

  windrow_egress_requests_total: counter(
    ['channel', 'origin_endpoint', 'status'],
    'Requests of players, by the range of their status: 2xx, 3xx, 4xx, 5xx.',
  ),
  windrow_egress_bytes_total: counter(['channel', 'origin_endpoint'], 'Bytes of bodies sent to players.'),
  windrow_egress_response_seconds: seconds(
    ['channel', 'origin_endpoint', 'kind'],
    'Time from the last byte of a request to the first of its response; kind is manifest, segment, init or file.',
  ),
  windrow_refused_total: counter(
    ['origin_endpoint', 'reason'],
    'Requests of players refused with 403; reason is denied, whitelist or cdn, or the code of another response.',
  ),

  windrow_ingress_requests_total: counter(
    ['channel', 'ingest_endpoint', 'status'],
    'Requests of encoders, by the range of their status.',
  ),
  windrow_ingress_bytes_total: counter(['channel', 'ingest_endpoint'], 'Bytes of bodies received from encoders.'),
  windrow_ingress_response_seconds: seconds(
    ['channel', 'ingest_endpoint'],
    'Time from the last byte of a request of an encoder to the first of its response.',
  ),
  windrow_input_connected: gauge(
    ['channel', 'ingest_endpoint'],
    '1 while an encoder sends to the ingest endpoint: it has had an accepted request in the last 30 seconds.',
  ),
  windrow_input_last_segment_seconds: gauge(
    ['channel', 'ingest_endpoint'],
    'When the newest segment of the input was stored, in Unix time; absent until this process has stored one.',
  ),

  windrow_active_input: gauge(
    ['channel', 'origin_endpoint', 'ingest_endpoint'],
    '1 for the input that the origin endpoint shows while an encoder sends to it, 0 for the others.',
  ),
  windrow_live_edge_age_seconds: gauge(
    ['channel', 'origin_endpoint'],
    'Time since the end of the newest segment that can be played, by the clock of its source; absent after EXT-X-ENDLIST.',
  ),
  windrow_segment_duration_seconds: gauge(
    ['channel', 'origin_endpoint'],
    'Duration that the output segments of the origin endpoint are to have, or that the newest has, if that is longer.',
  ),
  windrow_publish_seconds: seconds(
    ['channel'],
    'Time from the reception of a source segment until it can be played, with the wait for the playlist that lists it.',
  ),
  windrow_input_switches_total: counter(['channel'], 'Switches to the other input, of each output timeline.'),
  windrow_gaps_total: counter(
    ['channel', 'ingest_endpoint', 'kind'],
    'Source segments that were listed and are not shown; kind is late, absent or unusable.',
  ),
  windrow_eras_total: counter(
    ['channel', 'ingest_endpoint'],
    'Parts of input timelines that began: after a discontinuity, or with other streams or codecs.',
  ),
  windrow_ad_events_total: counter(
    ['channel', 'kind'],
    'Ad events of SCTE 35 that began; kind is splice or segmentation.',
  ),
  windrow_splice_errors_total: counter(
    ['channel', 'reason'],
    'Messages of SCTE 35 that could not be read, or were more than are kept.',
  ),

  windrow_archive_bytes: gauge(['channel'], 'Bytes of source segments kept; in the process that has the retention.'),
  windrow_archive_oldest_seconds: gauge(
    ['channel'],
    'Age of the oldest content kept, while the server ran; in the process that has the retention.',
  ),
  windrow_disk_free_bytes: gauge([], 'Bytes free, for this process, on the file system of the data folder.'),
  windrow_cache_bytes: gauge(['cache'], 'Bytes held in memory; cache is objects (source segments) or made (segments).'),
  windrow_cache_requests_total: counter(
    ['cache', 'result'],
    'What was asked of a cache in memory; result is hit or miss.',
  ),
  windrow_made_segment_seconds: seconds(['format'], 'Time to make a segment that is not stored as it is served.'),
  windrow_database_wait_seconds: seconds([], 'Time for which a change of what a channel has waits for the database.'),
  windrow_leases: gauge([], 'Pieces of work that this process has and no other one does; 0 for a process alone.'),

  windrow_harvest_jobs: gauge(
    ['status'],
    'Harvest jobs on record, by status, and of those in progress those that a worker has (RUNNING); in the process that has the retention.',
  ),
  windrow_harvest_jobs_running: gauge([], 'Harvest jobs that a worker of this process has.'),
  windrow_harvest_jobs_ended_total: counter(
    ['outcome'],
    'Harvest jobs that ended in this process; outcome is succeeded, failed or cancelled.',
  ),
  windrow_harvest_bytes_total: counter([], 'Bytes of objects that harvest jobs of this process have written.'),
  windrow_harvest_lag_seconds: gauge(
    [],
    'How long the harvest job that is due for longest has waited for a worker; in the process that has the retention.',
  ),
  windrow_events_pending: gauge(
    ['sink'],
    'Events that the sink has not accepted yet; in the process that has the retention.',
  ),
  windrow_events_oldest_seconds: gauge(
    ['sink'],
    'Age of the oldest event that the sink has not accepted yet; 0 without one; in the process that has the retention.',
  ),
  windrow_events_failed_total: counter(['sink'], 'Deliveries of events that a sink did not accept.'),

  windrow_key_requests_total: counter(
    ['origin_endpoint', 'result'],
    'Requests of content keys to key providers; result is ok or failed.',
  ),
  windrow_key_age_seconds: gauge(
    ['origin_endpoint'],
    'Time since a key provider last gave content keys for the origin endpoint to this process.',
  ),
  windrow_key_next_seconds: gauge(
    ['origin_endpoint'],
    'Time until the newest content keys that this process was given run out; below 0, they are used for longer than meant.',
  ),

  windrow_connections: gauge([], 'Open connections, of all kinds.'),
  windrow_connections_refused_total: counter([], 'Connections refused because all were in use.'),
  windrow_connections_closed_total: counter([], 'Connections that were not in use, closed to make room for others.'),
  windrow_slow_clients_cut_total: counter(
    ['reason'],
    'Clients cut off because they read too slowly; reason is stalled or memory.',
  ),
  windrow_send_memory_bytes: gauge([], 'Memory held for responses that clients have not read yet.'),
  windrow_clock_offset_seconds: gauge(
    [],
    'How far the date of the machine is ahead of the one that the server goes by.',
  ),

  windrow_access_log_dropped_total: counter(['sink'], 'Lines of access logs that a sink could not take in time.'),
  windrow_tls_certificate_expires_seconds: gauge(
    ['certificate'],
    'When a certificate expires, in Unix time; certificate is its file.',
  ),
  windrow_tls_reloads_total: counter(
    ['result'],
    'Changed certificates; result is loaded, or refused where its files could not be used.',
  ),

  windrow_self_checks_total: counter(
    ['channel', 'origin_endpoint', 'result'],
    'Looks that the server took at what it plays; result is ok, findings, nothing (to show) or failed.',
  ),
  windrow_self_check_findings_total: counter(
    ['channel', 'origin_endpoint', 'invariant'],
    'What the server saw that is not as it should be, by the invariant that does not hold.',
  ),
} as const satisfies Readonly<Record<string, MetricDeclaration>>

type Declared = typeof METRICS
/** The names of the metrics of one type. */
type NamesOf<Type extends MetricDeclaration['type']> = {
  [Name in keyof Declared]: Declared[Name] extends { readonly type: Type } ? Name : never
}[keyof Declared]
type LabelsOf<Name extends keyof Declared> = Readonly<Record<Declared[Name]['labels'][number], string>>

/** What was counted since the process started, of all series together: also of those that have been removed since. */
export type MetricTotals = {
  /** The sums of a counter, by the values of some labels, with a space in between. */
  counted<Name extends NamesOf<'counter'>>(
    name: Name,
    ...by: readonly Declared[Name]['labels'][number][]
  ): ReadonlyMap<string, number>
  /** The same of a histogram: how many observations there are in each of its buckets alone, and beyond the last. */
  observed<Name extends NamesOf<'histogram'>>(
    name: Name,
    ...by: readonly Declared[Name]['labels'][number][]
  ): ReadonlyMap<string, readonly number[]>
}

/** One series of each type. They are kept by whoever needs them often: to look one up costs more than to use it. */
export type Counter = { add(amount?: number): void }
/** A gauge that is not known is undefined, and left out. */
export type Gauge = { set(value: number | undefined): void }
export type Histogram = { observe(value: number): void }

/** The metrics of the process, as every room may be given them. A series is there from when it is first asked for. */
export type Metrics = {
  counter<Name extends NamesOf<'counter'>>(name: Name, labels: LabelsOf<Name>): Counter
  gauge<Name extends NamesOf<'gauge'>>(name: Name, labels: LabelsOf<Name>): Gauge
  histogram<Name extends NamesOf<'histogram'>>(name: Name, labels: LabelsOf<Name>): Histogram
  /**
   * Removes the series, of all metrics, in which a label has one of these values: those of what was deleted. Whoever
   * still has one of them changes nothing by it.
   */
  remove(label: string, values: ReadonlySet<string>): void
  /** The values that a label has in the series of all metrics. */
  valuesOf(label: string): ReadonlySet<string>
  /** Calls `read` before each scrape, to set gauges of what is known then. Scrapes wait for it, and may be many. */
  onScrape(read: () => unknown): void
}
