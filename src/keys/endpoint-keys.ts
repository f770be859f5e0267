import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { settledWithin } from '../concurrency/settled-within.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { Log } from '../log.ts'
import type { KeyDescription, PeriodKeys } from '../model/content-keys.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EncryptedPackaging } from '../model/packaging.ts'
import { type ContentKey, type ContentKeys, NoContentKey } from '../packaging/content-keys.ts'
import type { ContentKeyRecords, KeyPlace, KeyRecord, KeySource } from '../stores/content-key-records.ts'
import type { EndpointSealing } from './endpoint-sealing.ts'
import type { KeyRequests, NoAnswer } from './key-requests.ts'
import { encryptedPackagingOf, keySourceOf } from './key-source.ts'
import { textOfKeys } from './key-text.ts'
import { type KnownKeys, placeName, RecordedKeys } from './recorded-keys.ts'

/** How long somebody waits for the keys of many periods, which are requested one by one. */
const LONGEST_WAIT_MS = 30_000
/**
 * How long the live edge is held up by a provider, or by another process that asks it, before it has the keys of the
 * period before: players wait for no manifest much longer.
 */
const EDGE_PATIENCE_MS = 4_000
const PATIENCE_LOOK_MS = 200
/** Sources that need not be looked at again. */
const MOST_READABLE = 100_000

export type EndpointKeysDeps = {
  readonly records: ContentKeyRecords
  readonly sealing: EndpointSealing
  readonly requests: KeyRequests
  /** The steady clock. */
  readonly clock: Clock
  /** The server's date. */
  readonly date: Clock
  readonly log: Log
  /** Told that a provider has given another key under a KID that is on record. */
  readonly changed: (endpoint: OriginEndpoint, message: string) => void
  /** Told of the newest key period of a window. */
  readonly shown: (endpoint: OriginEndpoint, newest: number) => void
}

type GivenKeys = Pick<KeyRecord, 'period' | 'givenFor'> & { readonly keys: readonly ContentKey[] }

/**
 * The content keys of endpoints: those on record, and those that are requested because none are. A period for which
 * the provider gives none gets the keys of an earlier one, for good, before anybody uses them.
 */
export class EndpointKeys implements ContentKeys {
  private readonly deps: EndpointKeysDeps
  private readonly recorded: RecordedKeys
  /** By place: when requests under way came to their turn. */
  private readonly begun = new Map<string, number>()
  private readonly requesting = new SingleFlight<KnownKeys | NoAnswer>()
  private readonly obtaining = new SingleFlight<KnownKeys>()
  /** Sources that have keys on record which this process can read. */
  private readonly readable = new LruCache<true>(MOST_READABLE)

  constructor(deps: EndpointKeysDeps) {
    this.deps = deps
    this.recorded = new RecordedKeys(deps)
  }

  async find(endpoint: OriginEndpoint, period: number): Promise<readonly ContentKey[]> {
    const source = sourceOf(endpoint)
    const known = (await this.recorded.find(endpoint, source, period)) ?? (await this.obtain(endpoint, source, period))
    return this.opened(endpoint, source, known)
  }

  async describe(endpoint: OriginEndpoint, periods: readonly number[]): Promise<PeriodKeys> {
    const source = sourceOf(endpoint)
    const found = await this.recorded.findAll(endpoint, source, periods)
    const missing = periods.filter((period) => !found.has(period))
    if (missing.length > 0) {
      const obtained = missing.map(async (period) => found.set(period, await this.obtain(endpoint, source, period)))
      const all = await settledWithin(LONGEST_WAIT_MS, Promise.all(obtained))
      if (!all) throw new NoContentKey('the keys of this many key periods are still being requested')
    }
    if (periods.length > 0)
      this.deps.shown(
        endpoint,
        periods.reduce((a, b) => Math.max(a, b)),
      )
    for (const known of found.values()) await this.checkReadable(endpoint, known)
    return new Map(periods.map((period) => [period, found.get(period)!.descriptions]))
  }

  async onRecord(endpoint: OriginEndpoint, period: number): Promise<readonly KeyDescription[]> {
    const known = await this.recorded.seen(endpoint, sourceOf(endpoint), period)
    if (!known) throw new NoContentKey('there are no keys on record for this key period')
    await this.checkReadable(endpoint, known)
    return known.descriptions
  }

  /**
   * Requests the keys of a period unless they are on record. True when they are then. Throws NoContentKey where this
   * process cannot seal keys, or read those of the endpoint.
   */
  async prepare(endpoint: OriginEndpoint, period: number): Promise<boolean> {
    const source = sourceOf(endpoint)
    if (this.recorded.inMemory(source, period)?.isReadable) return true
    if (this.deps.requests.isPaused(endpoint)) return false
    return typeof (await this.request(endpoint, source, period)) === 'object'
  }

  /** The keys of a period that are on record from now on. Throws NoContentKey. */
  private obtain(endpoint: OriginEndpoint, source: KeySource, period: number): Promise<KnownKeys> {
    return this.obtaining.run(placeName(source, period), async () => {
      const requested = await this.requestInTime(endpoint, source, period)
      if (typeof requested === 'object') return requested
      if (requested === 'busy') throw new NoContentKey('another process is requesting keys of this endpoint')
      const fallback = await this.fallBack(endpoint, source, period)
      if (!fallback) throw new NoContentKey('the key provider has given no key so far')
      return fallback
    })
  }

  /** A request that is given up as failed where it takes long, and the period is newer than all that have keys. */
  private async requestInTime(
    endpoint: OriginEndpoint,
    source: KeySource,
    period: number,
  ): Promise<KnownKeys | NoAnswer> {
    const newest = await this.newestOf(source)
    const requested = this.request(endpoint, source, period)
    if (!newest || newest.period >= period) return requested
    for (;;) {
      const settled = await settledWithin(PATIENCE_LOOK_MS, requested)
      if (settled !== undefined) return settled
      const begun = this.begun.get(placeName(source, period))
      if (begun !== undefined && this.deps.clock() - begun >= EDGE_PATIENCE_MS) return 'failed'
    }
  }

  private request(endpoint: OriginEndpoint, source: KeySource, period: number): Promise<KnownKeys | NoAnswer> {
    const place = placeName(source, period)
    return this.requesting.run(place, async () => {
      await this.deps.sealing.check(endpoint)
      await this.checkSource(endpoint, source)
      const begins = () => this.begun.set(place, this.deps.clock())
      try {
        return await this.deps.requests.request(
          { endpoint, packaging: packagingOf(endpoint), period, begins },
          () => this.recorded.find(endpoint, source, period),
          (keys) => this.record(endpoint, source, { period, givenFor: period, keys }),
        )
      } finally {
        this.begun.delete(place)
      }
    })
  }

  /**
   * Nobody records keys beside those of a source that they cannot read: one of the nodes has another key-encryption key
   * than the others, and what it sealed would be lost to them.
   */
  private async checkSource(endpoint: OriginEndpoint, source: KeySource): Promise<void> {
    if (this.readable.has(source.id)) return
    const newest = await this.newestOf(source)
    if (!newest) return
    await this.checkReadable(endpoint, this.recorded.keep(endpoint, source, newest))
    this.readable.put(source.id, true, 1)
  }

  /** The keys on record of the newest period that has any. */
  private newestOf(source: KeySource): Promise<KeyRecord | undefined> {
    return this.deps.records.recordedKeysBefore(source.id, Number.MAX_SAFE_INTEGER)
  }

  /** Throws NoContentKey where this process cannot open keys: who is told of them would find that out later. */
  private async checkReadable(endpoint: OriginEndpoint, known: KnownKeys): Promise<void> {
    if (known.isReadable) return
    await this.deps.sealing.checkRow(endpoint, known.record)
    known.isReadable = true
  }

  /** Records keys for a period, or finds those that are on record before. */
  private async record(
    endpoint: OriginEndpoint,
    source: KeySource,
    { period, givenFor, keys }: GivenKeys,
  ): Promise<KnownKeys> {
    const place: KeyPlace = { source: source.id, period }
    const sealed = await this.deps.sealing.seal(place, keys)
    const record = { period, givenFor, recordedAt: this.deps.date(), body: textOfKeys(keys), sealed }
    const stored = await this.deps.records.recordKeys(source, record)
    const known = this.recorded.keep(endpoint, source, stored)
    // Sealed with a nonce of its own: nobody else's is the same.
    if (stored.sealed !== sealed && givenFor === period) await this.compare(endpoint, source, known, keys)
    return known
  }

  private async compare(
    endpoint: OriginEndpoint,
    source: KeySource,
    known: KnownKeys,
    given: readonly ContentKey[],
  ): Promise<void> {
    const first = await this.opened(endpoint, source, known)
    for (const { kid, key } of first) {
      const other = given.find((one) => one.kid === kid)
      if (!other || other.key.equals(key)) continue
      const { period } = known.record
      this.deps.log.error(
        { event: 'content-key-changed', originEndpoint: endpoint.id, period, kid },
        'a key provider gave another key under the KID of one that is on record; the first stays',
      )
      this.deps.changed(endpoint, `the key provider gave another key under the KID ${kid}; the first stays in use`)
    }
  }

  /** Gives a period the keys of the newest one on record before it, for good. */
  private async fallBack(endpoint: OriginEndpoint, source: KeySource, period: number): Promise<KnownKeys | undefined> {
    const earlier = await this.deps.records.recordedKeysBefore(source.id, period)
    if (!earlier) return undefined
    const keys = await this.opened(endpoint, source, this.recorded.keep(endpoint, source, earlier))
    const known = await this.record(endpoint, source, { period, givenFor: earlier.givenFor, keys })
    const { givenFor } = known.record
    if (givenFor !== period) {
      this.deps.log.warn(
        { event: 'content-keys-reused', originEndpoint: endpoint.id, period, givenFor },
        'a key period has the content keys of an earlier one, since the provider gave none for it',
      )
    }
    return known
  }

  /** Throws NoContentKey where they cannot be read. */
  private async opened(endpoint: OriginEndpoint, source: KeySource, known: KnownKeys): Promise<readonly ContentKey[]> {
    try {
      known.opened ??= this.deps.sealing.open(endpoint, source.id, known.record, known.descriptions)
      return await known.opened
    } catch (error) {
      delete known.opened
      throw error
    }
  }
}

function sourceOf(endpoint: OriginEndpoint): KeySource {
  return keySourceOf(endpoint) ?? notEncrypted(endpoint)
}

function packagingOf(endpoint: OriginEndpoint): EncryptedPackaging {
  return encryptedPackagingOf(endpoint) ?? notEncrypted(endpoint)
}

function notEncrypted({ id }: OriginEndpoint): never {
  throw new Error(`origin endpoint ${id} is not encrypted`)
}
