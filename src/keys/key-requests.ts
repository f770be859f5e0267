import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { HighestFirst } from '../concurrency/highest-first.ts'
import { pauseAfter } from '../concurrency/retry.ts'
import { withinTime } from '../concurrency/unless-aborted.ts'
import type { Log } from '../log.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EncryptedPackaging } from '../model/packaging.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import { inSpan } from '../spans.ts'
import type { WorkClaims } from '../stores/work-claims.ts'
import { lackFairPlayIv } from './fairplay-iv.ts'
import type { KeyObserver } from './key-observer.ts'
import { type KeyProvider, KeyProviderFailed } from './key-provider.ts'

/** How long a provider is left alone after failures in a row. */
const PAUSES_MS = [5_000, 10_000, 20_000, 40_000, 60_000]
/** How long one request may take, whatever limits a provider's client has. */
const REQUEST_MS = 12_000
/** Longer than a request and the recording of its keys: after as long, others take over from a process that is gone. */
const LEASE_MS = 15_000
const CLAIM_PAUSE_MS = 200
/** Endpoints whose failures are remembered. */
const MOST_PAUSES = 10_000
/** Longer than a lease. */
const MOST_WAITING_MS = 20_000

const WITHOUT_IV =
  'the key provider gave no IV for FairPlay, and constantInitializationVector is not set: its players cannot decrypt'

export type KeyRequestDeps = {
  readonly provider: KeyProvider
  /** What processes need that share the ledger: one of them at a time requests keys for an endpoint. */
  readonly shared?: { readonly claims: WorkClaims; readonly owner: string } | undefined
  /** The steady clock. */
  readonly clock: Clock
  readonly log: Log
  readonly sleep: (ms: number) => Promise<void>
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
  /** Told of each failure of a provider, and of keys with which players can do nothing. */
  readonly failed: (endpoint: OriginEndpoint, message: string) => void
  readonly observer?: KeyObserver | undefined
}

/**
 * Why there are no keys: the provider gave none, or is left alone after that; or another process asks for too long, or
 * this one closes.
 */
export type NoAnswer = 'failed' | 'busy'

/**
 * Requests to key providers: one at a time for each endpoint, over all processes, with those for the newest period
 * first; none for a while after a failure in this process, longer each time.
 */
export class KeyRequests {
  private readonly deps: KeyRequestDeps
  private readonly queues = new Map<string, HighestFirst>()
  private readonly underWay = new Set<Promise<unknown>>()
  /** By endpoints whose provider has failed, as they were: one that is changed is not held to what it was before. */
  private readonly pauses = new LruCache<{ readonly failures: number; readonly until: number }>(MOST_PAUSES)

  constructor(deps: KeyRequestDeps) {
    this.deps = deps
  }

  /**
   * Resolves to what `onRecord` finds, if it does so in this process's turn; otherwise to what `record` makes of the
   * provider's keys, while no other process requests any for the endpoint.
   */
  async request<T>(
    asked: RequestedKeys,
    onRecord: () => Promise<T | undefined>,
    record: (keys: readonly ContentKey[]) => Promise<T>,
  ): Promise<T | NoAnswer> {
    const requested = this.requestInTurn(asked, onRecord, record)
    this.underWay.add(requested)
    try {
      return await requested
    } finally {
      this.underWay.delete(requested)
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay)
  }

  private requestInTurn<T>(
    { endpoint, packaging, period, begins }: RequestedKeys,
    onRecord: () => Promise<T | undefined>,
    record: (keys: readonly ContentKey[]) => Promise<T>,
  ): Promise<T | NoAnswer> {
    return this.inTurn(endpoint.guid, period, async () => {
      if (this.deps.closing.aborted) return 'busy'
      const found = await onRecord()
      if (found !== undefined) return found
      if (this.isPaused(endpoint)) return 'failed'
      begins()
      const requested = async () => {
        const attributes = () => ({
          'windrow.channel': endpoint.channelGuid,
          'windrow.origin_endpoint': endpoint.id,
          'windrow.key_period': period,
        })
        const keys = await inSpan('key.fetch', attributes, () => this.ask(endpoint, packaging, period))
        return typeof keys === 'string' ? keys : record(keys)
      }
      const { shared } = this.deps
      return shared ? this.claimed(shared, endpoint.guid, onRecord, requested) : requested()
    })
  }

  private async inTurn<T>(guid: string, period: number, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(guid) ?? new HighestFirst()
    this.queues.set(guid, queue)
    try {
      return await queue.run(period, work)
    } finally {
      if (queue.isIdle) this.queues.delete(guid)
    }
  }

  /** True while the endpoint's provider is left alone after a failure in this process. */
  isPaused(endpoint: OriginEndpoint): boolean {
    return this.deps.clock() < (this.pauses.get(asItIs(endpoint))?.until ?? 0)
  }

  private async claimed<T>(
    { claims, owner: process }: NonNullable<KeyRequestDeps['shared']>,
    guid: string,
    onRecord: () => Promise<T | undefined>,
    requested: () => Promise<T | NoAnswer>,
  ): Promise<T | NoAnswer> {
    const { clock, sleep, closing } = this.deps
    const name = `content-keys/${guid}`
    const owner = `${process}/${name}`
    const since = clock()
    for (;;) {
      const now = clock()
      const held = await claims.claimWork({ owner, names: [name], now, leaseMs: LEASE_MS })
      try {
        const found = await onRecord()
        if (found !== undefined) return found
        if (held.includes(name)) return await requested()
      } finally {
        await claims.releaseWork(owner)
      }
      if (closing.aborted || clock() - since > MOST_WAITING_MS) return 'busy'
      await sleep(CLAIM_PAUSE_MS)
    }
  }

  private async ask(
    endpoint: OriginEndpoint,
    packaging: EncryptedPackaging,
    period: number,
  ): Promise<readonly ContentKey[] | NoAnswer> {
    const { provider, clock, log, closing } = this.deps
    const began = clock()
    const about = { originEndpoint: endpoint.id, period }
    try {
      // A request that never ends would hold up the endpoint, and the end of the process.
      const requested = (signal: AbortSignal) => provider.request(packaging, period, signal)
      const { keys, about: server } = await withinTime(REQUEST_MS, closing, requested)
      this.pauses.delete(asItIs(endpoint))
      this.deps.observer?.answered(endpoint, period)
      const kids = keys.map(({ kid }) => kid)
      log.info(
        { event: 'content-keys-received', ...about, kids, ...server, milliseconds: clock() - began },
        'a key provider gave the content keys of a period',
      )
      if (lackFairPlayIv(packaging, keys)) {
        log.warn({ event: 'content-keys-without-iv', ...about, kids }, 'a key provider gave no IV for FairPlay')
        this.deps.failed(endpoint, WITHOUT_IV)
      }
      return keys
    } catch (error) {
      if (closing.aborted) return 'busy'
      const failures = (this.pauses.get(asItIs(endpoint))?.failures ?? 0) + 1
      const pause = pauseAfter(PAUSES_MS, failures)
      this.pauses.put(asItIs(endpoint), { failures, until: clock() + pause }, 1)
      const reason = reasonOf(error)
      this.deps.observer?.failed(endpoint)
      log.warn(
        { event: 'content-keys-refused', ...about, failures, milliseconds: clock() - began, reason },
        'a key provider gave no content keys for a period; it is asked again',
      )
      this.deps.failed(endpoint, reason)
      return 'failed'
    }
  }
}

export type RequestedKeys = {
  readonly endpoint: OriginEndpoint
  readonly packaging: EncryptedPackaging
  readonly period: number
  /** Called when its turn has come, among those of this process for the endpoint. */
  readonly begins: () => void
}

const asItIs = ({ guid, revision }: OriginEndpoint) => `${guid}/${revision}`

/** Only messages that are made for others to read are repeated: any other may hold what the provider sent. */
function reasonOf(error: unknown): string {
  if (error instanceof KeyProviderFailed) return error.message
  const name = error instanceof Error ? error.name : typeof error
  if (name === 'TimeoutError') return `the key provider did not answer within ${REQUEST_MS / 1000} seconds`
  return `the request to the key provider failed (${name})`
}
