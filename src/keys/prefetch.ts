import type { ClaimedWorkDeps } from '../archive/claimed-work.ts'
import { SoleWork } from '../archive/sole-work.ts'
import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { keyPeriodAt } from '../model/content-keys.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { NoContentKey } from '../packaging/content-keys.ts'
import { allOf } from '../stores/pages.ts'
import type { ResourceChange, Resources } from '../stores/resources.ts'
import type { EndpointKeys } from './endpoint-keys.ts'
import { keySourceOf } from './key-source.ts'

const WORK = 'content-keys'
/** The keys of the next period are requested when half of a period has passed, but not longer ahead than this. */
const LONGEST_LEAD_MS = 60_000
/** Requests ahead that are under way at a time to one host, and to all: a provider that hangs delays no other one. */
const MOST_FOR_HOST = 16
const MOST_REQUESTS = 256
/** After as long, another process has the work that this one does not claim any more; then it may have it again. */
const UNABLE_MS = 60_000
/** Endpoints whose encoders' clocks differ from the server's by more than a period. */
const MOST_OFF_CLOCK = 10_000

export type PrefetchDeps = {
  readonly resources: Pick<Resources, 'listOriginEndpoints' | 'originEndpointByGuid' | 'onChange'>
  readonly keys: Pick<EndpointKeys, 'prepare'>
  /** The server's date. */
  readonly date: Clock
  readonly steady: Clock
  readonly log: Log
  /** What processes need that share the resources: one of them requests keys ahead. Absent for a process alone. */
  readonly shared?: ClaimedWorkDeps | undefined
}

/** Where an endpoint's live edge was last seen, by an encoder whose clock is off. */
type OffClock = { readonly endpoint: OriginEndpoint; readonly period: number; readonly since: number; isAhead: boolean }

/**
 * Requests keys before they are needed: those of the current period when an endpoint has been created or changed, and
 * those of the next one in time, by the server's date. Where the live edge of an endpoint is in another period, each
 * process that shows it requests the next one.
 */
export class KeyPrefetch {
  private readonly deps: PrefetchDeps
  private readonly work: SoleWork
  /** Encrypted endpoints by GUID; undefined while it is not known what there is. */
  private endpoints: Map<string, OriginEndpoint> | undefined
  /** GUIDs of endpoints that have changed since. */
  private readonly changed = new Set<string>()
  /** By GUID: the newest period that has keys, so that nothing is looked up twice. */
  private readonly prepared = new Map<string, number>()
  /** By place: the hosts of requests under way. */
  private readonly underWay = new Map<string, string>()
  private readonly newest = new LruCache<number>(MOST_OFF_CLOCK)
  private readonly offClock = new Map<string, OffClock>()
  /** Whether this process has found that it can have keys on record. */
  private isAble = false
  private unableUntil = -Infinity
  private readonly stopListening: () => void

  constructor(deps: PrefetchDeps) {
    this.deps = deps
    this.work = new SoleWork(WORK, deps.shared)
    this.stopListening = deps.resources.onChange((change) => this.heard(change))
  }

  /** Called about once a second. */
  async step(): Promise<void> {
    this.followOffClock()
    if (this.deps.steady() < this.unableUntil || !(await this.work.claim())) {
      this.endpoints = undefined
      this.changed.clear()
      this.prepared.clear()
      return
    }
    await this.learn()
    const now = this.deps.date()
    for (const endpoint of this.endpoints?.values() ?? []) {
      const { current, due } = duePeriods(endpoint, now)
      const prepared = this.prepared.get(endpoint.guid) ?? -1
      // A date that was ahead has prepared periods that are years away.
      const next = prepared > due ? current : Math.max(current, prepared + 1)
      if (next <= due) this.prepare(endpoint, next, () => this.prepared.set(endpoint.guid, next))
    }
  }

  /** Told of the newest key period of each window that is shown. */
  shown(endpoint: OriginEndpoint, period: number): void {
    const source = keySourceOf(endpoint)
    if (!source || source.intervalMs === 0) return
    const { guid } = endpoint
    const before = this.newest.get(guid)
    if (before === period) return
    this.newest.put(guid, period, 1)
    const offset = period - keyPeriodAt(endpoint.packaging.encryption!, this.deps.date())
    // A live edge moves from one period to the next. One seen for the first time may be that of a window of the past.
    if (offset === 0 || (offset < 0 && before !== period - 1)) return
    this.offClock.delete(guid)
    const isAhead = before !== period - 1
    this.offClock.set(guid, { endpoint, period, since: this.deps.steady(), isAhead })
    for (const oldest of this.offClock.keys()) {
      if (this.offClock.size <= MOST_OFF_CLOCK) break
      this.offClock.delete(oldest)
    }
  }

  /** The ids of all key sources that endpoints have; undefined where another process knows them. */
  sources(): readonly string[] | undefined {
    if (!this.endpoints || !this.work.isMine() || this.changed.size > 0) return undefined
    return [...this.endpoints.values()].map((endpoint) => keySourceOf(endpoint)!.id)
  }

  /** Leaves the work to others, at once and for good. */
  async release(): Promise<void> {
    this.stopListening()
    await this.work.release()
  }

  private heard(change: ResourceChange): void {
    if (change.kind === 'everything') this.endpoints = undefined
    else if (change.kind === 'originEndpoint') this.changed.add(change.guid)
  }

  /** Brings `endpoints` up to date. */
  private async learn(): Promise<void> {
    const { resources } = this.deps
    if (!this.endpoints) {
      this.changed.clear()
      const found = new Map<string, OriginEndpoint>()
      // What changes meanwhile is read again below.
      for await (const endpoint of allOf((page) => resources.listOriginEndpoints(page))) {
        if (endpoint.packaging.encryption) found.set(endpoint.guid, endpoint)
      }
      this.endpoints = found
    }
    for (const guid of this.changed) {
      this.changed.delete(guid)
      const endpoint = await resources.originEndpointByGuid(guid).catch((error: unknown) => {
        this.changed.add(guid)
        throw error
      })
      this.prepared.delete(guid)
      if (endpoint?.packaging.encryption) this.endpoints?.set(guid, endpoint)
      else this.endpoints?.delete(guid)
    }
  }

  private followOffClock(): void {
    const now = this.deps.steady()
    for (const [guid, edge] of this.offClock) {
      const { intervalMs } = keySourceOf(edge.endpoint)!
      // Nobody shows it any more.
      if (now > edge.since + 2 * intervalMs) this.offClock.delete(guid)
      else if (edge.isAhead || now >= edge.since + intervalMs - leadOf(intervalMs)) {
        this.prepare(edge.endpoint, edge.period + 1, () => this.offClock.delete(guid))
      }
    }
  }

  /** Begins to prepare a period unless that, or too much else, is under way; `done` when its keys are on record. */
  private prepare(endpoint: OriginEndpoint, period: number, done: () => void): void {
    const place = `${endpoint.guid}/${endpoint.revision}/${period}`
    if (this.underWay.size >= MOST_REQUESTS || this.underWay.has(place)) return
    const host = URL.parse(endpoint.packaging.encryption!.spekeKeyProvider.url)?.host ?? ''
    if ([...this.underWay.values()].filter((other) => other === host).length >= MOST_FOR_HOST) return
    this.underWay.set(place, host)
    void this.deps.keys
      .prepare(endpoint, period)
      .then((isPrepared) => {
        if (!isPrepared) return
        this.isAble = true
        done()
      })
      .catch((error: unknown) => {
        // What keys cannot be sealed without, or read, has been logged. Another process may have it.
        if (error instanceof NoContentKey) {
          if (!this.isAble) this.unableUntil = this.deps.steady() + UNABLE_MS
          return
        }
        const about = { event: 'background-work-failed', originEndpoint: endpoint.id, error } as const
        this.deps.log.error(about, 'requesting content keys ahead failed')
      })
      .finally(() => this.underWay.delete(place))
  }
}

const leadOf = (intervalMs: number) => Math.min(intervalMs / 2, LONGEST_LEAD_MS)

/**
 * The period at a date, and the newest whose keys an endpoint should have by then. The moments at which endpoints of
 * one interval get those of the next period are spread over half of the time there is for it.
 */
export function duePeriods(endpoint: OriginEndpoint, date: number): { readonly current: number; readonly due: number } {
  const source = keySourceOf(endpoint)
  if (!source?.intervalMs) return { current: 0, due: 0 }
  const { id, intervalMs } = source
  const share = Buffer.from(id, 'base64url').readUInt16BE(0) / 0x10000
  const ahead = leadOf(intervalMs) * (1 - share / 2)
  return { current: Math.floor(date / intervalMs), due: Math.floor((date + ahead) / intervalMs) }
}
