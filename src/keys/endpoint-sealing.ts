import { Seldom } from '../cache/seldom.ts'
import type { Clock } from '../clock.ts'
import type { Log, LogFields } from '../log.ts'
import type { KeyDescription } from '../model/content-keys.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { type ContentKey, NoContentKey } from '../packaging/content-keys.ts'
import type { KeyPlace, KeyRecord } from '../stores/content-key-records.ts'
import { keysOfText } from './key-text.ts'
import { type KeySealing, NoKeyEncryptionKey, UnreadableKeys } from './sealing.ts'

/** The least time between two log lines about one endpoint whose keys cannot be read. */
const LOG_PAUSE_MS = 60_000
const MOST_LOGGED = 1000

export type EndpointSealingDeps = {
  readonly sealing: KeySealing
  /** The steady clock. */
  readonly clock: Clock
  readonly log: Log
}

/** The keys of endpoints, sealed and opened. What goes wrong is logged, and thrown as NoContentKey. */
export class EndpointSealing {
  private readonly deps: EndpointSealingDeps
  private readonly logged: Seldom

  constructor(deps: EndpointSealingDeps) {
    this.deps = deps
    this.logged = new Seldom(deps.clock, { pauseMs: LOG_PAUSE_MS, most: MOST_LOGGED })
  }

  /** Throws NoContentKey where this process has nothing to seal keys with. */
  check(endpoint: OriginEndpoint): Promise<void> {
    return this.telling(endpoint, () => this.deps.sealing.check())
  }

  seal(place: KeyPlace, keys: readonly ContentKey[]): Promise<string> {
    return this.deps.sealing.seal(place, keys)
  }

  /** Throws NoContentKey where this process has not what seals a row. */
  checkRow(endpoint: OriginEndpoint, { period, sealed }: KeyRecord): Promise<void> {
    return this.telling(endpoint, () => this.deps.sealing.checkSealed(sealed), period)
  }

  /** The keys of a row of a source. Throws NoContentKey where they cannot be read. */
  open(
    endpoint: OriginEndpoint,
    source: string,
    { period, sealed }: KeyRecord,
    descriptions: readonly KeyDescription[],
  ): Promise<readonly ContentKey[]> {
    return this.telling(endpoint, () => this.deps.sealing.open({ source, period }, sealed, descriptions), period)
  }

  /** What is public of the keys of a row. Throws NoContentKey where it cannot be read. */
  descriptionsIn(endpoint: OriginEndpoint, { period, body }: KeyRecord): readonly KeyDescription[] {
    try {
      return keysOfText(body)
    } catch (error) {
      throw this.told(endpoint, error, period)
    }
  }

  private async telling<T>(endpoint: OriginEndpoint, work: () => Promise<T>, period?: number): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.told(endpoint, error, period)
    }
  }

  /** What is to be thrown for an error, which is logged where it is known here. */
  private told(endpoint: OriginEndpoint, error: unknown, period: number | undefined): unknown {
    if (error instanceof NoKeyEncryptionKey) {
      const fields = { event: 'key-encryption-key-missing', originEndpoint: endpoint.id } as const
      this.logSeldom(error.name, fields, `an encrypted origin endpoint gets no content keys: ${error.message}`)
      return new NoContentKey(error.message, { cause: error })
    }
    if (!(error instanceof UnreadableKeys)) return error
    const reason = error.message
    const fields = { event: 'content-keys-unreadable', originEndpoint: endpoint.id, period, reason } as const
    this.logSeldom(endpoint.guid, fields, 'the content keys of an endpoint cannot be read; they stay as they are')
    return new NoContentKey(`the keys of this key period cannot be read: ${reason}`, { cause: error })
  }

  private logSeldom(about: string, fields: LogFields, message: string): void {
    if (this.logged.isDue(about)) this.deps.log.error(fields, message)
  }
}
