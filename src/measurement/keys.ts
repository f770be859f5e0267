import type { Clock } from '../clock.ts'
import type { KeyObserver } from '../keys/key-observer.ts'
import type { UtcMs } from '../media/time.ts'
import type { Counter, Metrics } from '../metrics.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { NamedResources } from './named-resources.ts'

const RESULTS = ['ok', 'failed'] as const

export type MeasuredKeysDeps = {
  readonly metrics: Metrics
  readonly named: NamedResources
  readonly steady: Clock
  readonly date: Clock
}

/** Measures what key providers answer, and how old the keys are that they gave. */
export class MeasuredKeys implements KeyObserver {
  private readonly deps: MeasuredKeysDeps
  /** By GUID of the endpoint: when keys were given last, and when the newest of them run out, by the date. */
  private readonly given = new Map<string, { readonly at: UtcMs; readonly endsAt: number }>()

  constructor(deps: MeasuredKeysDeps) {
    this.deps = deps
  }

  answered({ guid, id, packaging: { encryption } }: OriginEndpoint, period: number): void {
    this.counter(id, 'ok').add()
    const intervalMs = (encryption?.keyRotationIntervalSeconds ?? 0) * 1000
    const endsAt = intervalMs === 0 ? Infinity : (period + 1) * intervalMs
    this.given.set(guid, {
      at: this.deps.steady(),
      endsAt: Math.max(endsAt, this.given.get(guid)?.endsAt ?? -Infinity),
    })
  }

  failed({ id }: OriginEndpoint): void {
    this.counter(id, 'failed').add()
  }

  scrape(): void {
    const { metrics, named, steady, date } = this.deps
    // From 0, so that the first failure is seen as one.
    for (const { id, packaging } of named.endpoints)
      if (packaging.encryption) for (const result of RESULTS) this.counter(id, result)
    for (const [guid, { at, endsAt }] of this.given) {
      const endpoint = named.endpoint(guid)
      if (!endpoint?.packaging.encryption) this.given.delete(guid)
      // The series of what is deleted are removed.
      if (!endpoint) continue
      const labels = { origin_endpoint: endpoint.id }
      if (!endpoint.packaging.encryption) {
        metrics.gauge('windrow_key_age_seconds', labels).set(undefined)
        metrics.gauge('windrow_key_next_seconds', labels).set(undefined)
        continue
      }
      metrics.gauge('windrow_key_age_seconds', labels).set((steady() - at) / 1000)
      const left = endsAt === Infinity ? undefined : (endsAt - date()) / 1000
      metrics.gauge('windrow_key_next_seconds', labels).set(left)
    }
  }

  private counter(id: string, result: (typeof RESULTS)[number]): Counter {
    return this.deps.metrics.counter('windrow_key_requests_total', { origin_endpoint: id, result })
  }
}
