import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type MetricDeclaration, type Metrics } from './metrics.ts'

/** The metrics of the process, and their text. */
export type KeptMetrics = Metrics & {
  readonly contentType: string
  /** All series as Prometheus reads them, after gauges have been set of what is known now. */
  text(): Promise<string>
}

type Labels = Readonly<Record<string, string>>

/** A metric of prom-client, and the labels of its series. */
type Kept<Metric> = { readonly metric: Metric; readonly series: Map<string, Labels> }

/** Makes the metrics of the process, kept by prom-client, with its own of the process and of the event loop. */
export function openMetrics(): KeptMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const kept = new Map(Object.entries(METRICS).map(([name, declared]) => [name, keptAs(name, declared, registry)]))
  const readers: (() => Promise<void> | void)[] = []

  const metricOf = <Metric>(name: string, labels: Labels): Metric => {
    const { metric, series } = kept.get(name) as Kept<unknown>
    series.set(JSON.stringify(Object.values(labels)), labels)
    return metric as Metric
  }

  return {
    counter(name, labels) {
      const child = metricOf<Counter>(name, labels).labels(labels)
      return { add: (amount = 1) => child.inc(amount) }
    },
    gauge: (name, labels) => metricOf<Gauge>(name, labels).labels(labels),
    histogram: (name, labels) => metricOf<Histogram>(name, labels).labels(labels),
    remove(labels) {
      const wanted = Object.entries(labels)
      for (const { metric, series } of kept.values()) {
        for (const [key, found] of series) {
          if (!wanted.every(([name, value]) => found[name] === value)) continue
          metric.remove(found)
          series.delete(key)
        }
      }
    },
    onScrape: (read) => void readers.push(read),
    contentType: registry.contentType,
    async text() {
      for (const read of readers) await read()
      return registry.metrics()
    },
  }
}

function keptAs(
  name: string,
  { help, type, labels, buckets }: MetricDeclaration,
  registry: Registry,
): Kept<Counter | Gauge | Histogram> {
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  const series = new Map<string, Labels>()
  if (type === 'counter') return { metric: new Counter(options), series }
  if (type === 'gauge') return { metric: new Gauge(options), series }
  return { metric: new Histogram({ ...options, ...(buckets && { buckets: [...buckets] }) }), series }
}
