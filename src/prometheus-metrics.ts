import type { Registry } from 'prom-client'
import { METRICS, type MetricDeclaration, type Metrics, type MetricTotals } from './metrics.ts'

/** The metrics of the process, and their text. */
export type KeptMetrics = Metrics &
  MetricTotals & {
    readonly contentType: string
    /** All series as Prometheus reads them, after gauges have been set of what is known now. */
    text(): Promise<string>
    /** Begins to keep those of the process itself: what passes before, and before the first text, is not in them. */
    keepProcess(): Promise<void>
  }

type Labels = Readonly<Record<string, string>>

/** The text format of Prometheus. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** Metrics of prom-client that take the longer, the more connections are open. */
const TOO_LONG = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
]
/** Series that are written before others get their turn of the loop: about a millisecond's work. */
const SERIES_IN_A_TURN = 200
/** Labels that name what may be deleted. */
const NAMES = new Set(['channel', 'origin_endpoint', 'ingest_endpoint', 'guid', 'certificate'])
/** Interval at which the delay of the event loop is sampled. */
const LOOP_SAMPLE_MS = 20

/**
 * Makes the metrics of the process. Those of the process itself, and of the event loop, are prom-client's; its series
 * take too long to write where there are many (decision 92).
 */
export function openMetrics(): KeptMetrics {
  // If it is missing, that is found out here.
  import.meta.resolve('prom-client')
  let keeping: Promise<Registry> | undefined
  const ofProcess = () => {
    keeping ??= openProcessMetrics()
    return keeping
  }
  const families = new Map(Object.entries(METRICS).map(([name, declared]) => [name, new Family(name, declared)]))
  const readers: (() => unknown)[] = []
  const seriesOf = (name: string, labels: Labels) => families.get(name)!.series(labels)

  return {
    counter: (name, labels) => seriesOf(name, labels) as CounterSeries,
    gauge: (name, labels) => seriesOf(name, labels) as GaugeSeries,
    histogram: (name, labels) => seriesOf(name, labels) as HistogramSeries,
    remove(label, values) {
      for (const family of families.values()) family.remove(label, values)
    },
    valuesOf: (label) => new Set([...families.values()].flatMap((family) => family.valuesOf(label))),
    counted(name, ...by) {
      const sums = new Map<string, number>()
      for (const [value, series] of families.get(name)!.by(by)) {
        sums.set(value, (sums.get(value) ?? 0) + (series as CounterSeries).total)
      }
      return sums
    },
    observed(name, ...by) {
      const sums = new Map<string, readonly number[]>()
      for (const [value, series] of families.get(name)!.by(by)) {
        const { inBuckets } = series as HistogramSeries
        const before = sums.get(value)
        sums.set(value, before ? inBuckets.map((count, at) => count + before[at]!) : inBuckets)
      }
      return sums
    },
    onScrape: (read) => void readers.push(read),
    contentType: CONTENT_TYPE,
    async text() {
      for (const read of readers) await read()
      const parts: string[] = []
      for (const family of families.values()) {
        for (const part of family.parts()) {
          parts.push(part)
          if (parts.length % SERIES_IN_A_TURN === 0) await nextTurn()
        }
      }
      await nextTurn()
      return parts.join('') + (await (await ofProcess()).metrics())
    },
    async keepProcess() {
      await ofProcess()
    },
  }
}

async function openProcessMetrics(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS })
  for (const name of TOO_LONG) registry.removeSingleMetric(name)
  return registry
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A series, which writes its lines, and takes over what another of its metric has counted. */
type Series = { lines(): string; takeOver(other: Series): void }

class CounterSeries implements Series {
  private readonly head: string
  private value = 0

  constructor(name: string, labels: string) {
    this.head = `${name}${inBraces(labels)} `
  }

  get total(): number {
    return this.value
  }

  add(amount = 1): void {
    this.value += amount
  }

  takeOver(other: CounterSeries): void {
    this.value += other.value
  }

  lines(): string {
    return `${this.head}${this.value}\n`
  }
}

class GaugeSeries implements Series {
  private readonly head: string
  private value: number | undefined

  constructor(name: string, labels: string) {
    this.head = `${name}${inBraces(labels)} `
  }

  set(value: number | undefined): void {
    this.value = value
  }

  takeOver(): void {
    // What a gauge has said is over.
  }

  lines(): string {
    return this.value === undefined ? '' : `${this.head}${this.value}\n`
  }
}

class HistogramSeries implements Series {
  private readonly buckets: readonly number[]
  private readonly heads: readonly string[]
  /** Observations in each bucket alone, and beyond the last. */
  private readonly counts: number[]
  private sum = 0
  /** The lines as they were written last; undefined once they have changed. Of most endpoints, few change. */
  private written: string | undefined

  constructor(name: string, labels: string, buckets: readonly number[]) {
    this.buckets = buckets
    this.counts = Array.from({ length: buckets.length + 1 }, () => 0)
    const lists = [...buckets, '+Inf'].map((most) => [labels, `le="${most}"`].filter((each) => each !== '').join(','))
    this.heads = [
      ...lists.map((list) => `${name}_bucket${inBraces(list)} `),
      `${name}_sum${inBraces(labels)} `,
      `${name}_count${inBraces(labels)} `,
    ]
  }

  observe(value: number): void {
    const { buckets, counts } = this
    let at = 0
    while (at < buckets.length && value > buckets[at]!) at++
    counts[at]!++
    this.sum += value
    this.written = undefined
  }

  /** Observations in each bucket alone, and beyond the last. */
  get inBuckets(): readonly number[] {
    return this.counts
  }

  takeOver(other: HistogramSeries): void {
    for (const [at, count] of other.counts.entries()) this.counts[at]! += count
  }

  lines(): string {
    this.written ??= this.write()
    return this.written
  }

  private write(): string {
    const { counts, heads, sum } = this
    let [text, total] = ['', 0]
    for (let at = 0; at < counts.length; at++) {
      total += counts[at]!
      text += `${heads[at]}${total}\n`
    }
    return `${text}${heads[counts.length]}${sum}\n${heads[counts.length + 1]}${total}\n`
  }
}

/** All series of a metric, by the values of their labels. */
class Family {
  private readonly name: string
  private readonly declared: MetricDeclaration
  private readonly byValues = new Map<string, { readonly labels: Labels; readonly series: Series }>()
  /** What removed series have counted, by the values of labels that name nothing that may be deleted: a few. */
  private readonly removed = new Map<string, { readonly labels: Labels; readonly series: Series }>()

  constructor(name: string, declared: MetricDeclaration) {
    this.name = name
    this.declared = declared
  }

  series(labels: Labels): Series {
    const values = this.declared.labels.map((label) => labels[label] ?? '')
    const key = values.join('\n')
    const known = this.byValues.get(key)
    if (known) return known.series
    const list = this.declared.labels.map((label, at) => `${label}="${escaped(values[at]!)}"`).join(',')
    const series = this.made(list)
    this.byValues.set(key, { labels, series })
    return series
  }

  remove(label: string, values: ReadonlySet<string>): void {
    if (!this.declared.labels.includes(label)) return
    for (const [key, { labels, series }] of this.byValues) {
      if (!values.has(labels[label] ?? '')) continue
      this.byValues.delete(key)
      this.removedLike(labels).takeOver(series)
    }
  }

  /** All series with the values that they have of some labels, removed ones included. */
  *by(names: readonly string[]): Generator<readonly [string, Series]> {
    for (const kept of [this.byValues, this.removed]) {
      for (const { labels, series } of kept.values()) yield [names.map((name) => labels[name] ?? '').join(' '), series]
    }
  }

  private removedLike(labels: Labels): Series {
    const others = this.declared.labels.filter((label) => !NAMES.has(label))
    const key = others.map((label) => labels[label]).join('\n')
    const known = this.removed.get(key)
    if (known) return known.series
    const series = this.made('')
    this.removed.set(key, { labels: Object.fromEntries(others.map((label) => [label, labels[label] ?? ''])), series })
    return series
  }

  valuesOf(label: string): readonly string[] {
    if (!this.declared.labels.includes(label)) return []
    return Array.from(this.byValues.values(), ({ labels }) => labels[label] ?? '')
  }

  /** The text, series by series; what has been removed meanwhile may still be in it. */
  *parts(): Generator<string> {
    const { name, declared } = this
    let head = `# HELP ${name} ${declared.help}\n# TYPE ${name} ${declared.type}\n`
    for (const { series } of this.byValues.values()) {
      const lines = series.lines()
      if (lines === '') continue
      yield `${head}${lines}`
      head = ''
    }
  }

  private made(list: string): Series {
    const { name, declared } = this
    if (declared.type === 'counter') return new CounterSeries(name, list)
    if (declared.type === 'gauge') return new GaugeSeries(name, list)
    return new HistogramSeries(name, list, declared.buckets ?? [])
  }
}

const inBraces = (labels: string) => (labels === '' ? '' : `{${labels}}`)

/** A value of a label as the text format has it. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
