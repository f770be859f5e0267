import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { KeyDescription } from '../model/content-keys.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import type { ContentKeyRecords, KeyRecord, KeySource } from '../stores/content-key-records.ts'
import type { EndpointSealing } from './endpoint-sealing.ts'

/** Budget for periods in memory; each counts as twice its text, and what its objects take besides. */
const CACHE_BYTES = 32 << 20
const PERIOD_BYTES = 1024
/** Rows that are read, and parsed, in one go: some milliseconds. */
const READ_AT_ONCE = 200
/** After as long, it is looked whether a row is still there: any process may have forgotten it. */
const TRUSTED_MS = 10 * 60_000

/** A period's keys in memory: what is public of them, and the keys once somebody has needed them. */
export type KnownKeys = {
  readonly record: KeyRecord
  readonly descriptions: readonly KeyDescription[]
  /** When they were seen on record. */
  seenAt: number
  /** Whether this process is known to have the key that seals them. */
  isReadable?: boolean
  opened?: Promise<readonly ContentKey[]>
}

export type RecordedKeysDeps = {
  readonly records: Pick<ContentKeyRecords, 'recordedKeys' | 'recordKeys'>
  readonly sealing: Pick<EndpointSealing, 'descriptionsIn'>
  readonly date: Clock
}

/** The keys on record, of which those that were used lately are in memory, also while the database does not answer. */
export class RecordedKeys {
  private readonly deps: RecordedKeysDeps
  private readonly known = new LruCache<KnownKeys>(CACHE_BYTES)
  private readonly reading = new SingleFlight<KnownKeys | undefined>()

  constructor(deps: RecordedKeysDeps) {
    this.deps = deps
  }

  /** Those in memory, whether or not they are still on record. */
  inMemory(source: KeySource, period: number): KnownKeys | undefined {
    return this.known.get(placeName(source, period))
  }

  /** Those of a period that is not shown, as far as anybody knows: nothing is recorded again for it. */
  async seen(endpoint: OriginEndpoint, source: KeySource, period: number): Promise<KnownKeys | undefined> {
    const seen = this.seenLately(source, period)
    if (seen) return seen
    const [record] = await this.deps.records.recordedKeys(source.id, [period])
    return record && this.keep(endpoint, source, record)
  }

  /** Those of a period that is shown. */
  async find(endpoint: OriginEndpoint, source: KeySource, period: number): Promise<KnownKeys | undefined> {
    const read = async () => (await this.read(endpoint, source, [period]))[0]
    return this.seenLately(source, period) ?? this.reading.run(placeName(source, period), read)
  }

  /** Those of periods that are shown. */
  async findAll(
    endpoint: OriginEndpoint,
    source: KeySource,
    periods: readonly number[],
  ): Promise<Map<number, KnownKeys>> {
    const found = new Map<number, KnownKeys>()
    const unknown = periods.filter((period) => {
      const seen = this.seenLately(source, period)
      if (seen) found.set(period, seen)
      return !seen
    })
    for (let from = 0; from < unknown.length; from += READ_AT_ONCE) {
      const some = unknown.slice(from, from + READ_AT_ONCE)
      for (const known of await this.read(endpoint, source, some)) found.set(known.record.period, known)
    }
    return found
  }

  /** Takes a row that is on record into memory. Throws NoContentKey where it cannot be read. */
  keep(endpoint: OriginEndpoint, source: KeySource, record: KeyRecord): KnownKeys {
    const seenAt = this.deps.date()
    const before = this.inMemory(source, record.period)
    if (before?.record.sealed === record.sealed) {
      before.seenAt = seenAt
      return before
    }
    const known: KnownKeys = { record, seenAt, descriptions: this.deps.sealing.descriptionsIn(endpoint, record) }
    this.known.put(
      placeName(source, record.period),
      known,
      PERIOD_BYTES + 2 * (record.body.length + record.sealed.length),
    )
    return known
  }

  private seenLately(source: KeySource, period: number): KnownKeys | undefined {
    const known = this.inMemory(source, period)
    return known && Math.abs(this.deps.date() - known.seenAt) < TRUSTED_MS ? known : undefined
  }

  /**
   * Keys in memory that were forgotten are recorded again, since content of their period is shown again: another
   * process would request them, and might be given others.
   */
  private async read(
    endpoint: OriginEndpoint,
    source: KeySource,
    periods: readonly number[],
  ): Promise<readonly KnownKeys[]> {
    const { records } = this.deps
    const inMemory = periods.flatMap((period) => this.inMemory(source, period) ?? [])
    const rows = await records.recordedKeys(source.id, periods).catch((error: unknown) => {
      if (inMemory.length === periods.length) return undefined
      throw error
    })
    if (!rows) return inMemory
    const found = rows.map((record) => this.keep(endpoint, source, record))
    const onRecord = new Set(rows.map(({ period }) => period))
    for (const { record } of inMemory) {
      if (onRecord.has(record.period)) continue
      found.push(this.keep(endpoint, source, await records.recordKeys(source, record)))
    }
    return found
  }
}

/** Tells the key periods of all sources apart. */
export function placeName({ id }: KeySource, period: number): string {
  return `${id}/${period}`
}
