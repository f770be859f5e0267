import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RetentionRules } from '../archive/retention.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Account } from '../model/arn.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ContentKeys } from '../packaging/content-keys.ts'
import type { Resources } from '../stores/resources.ts'
import type { WorkClaims } from '../stores/work-claims.ts'
import { EndpointKeys } from './endpoint-keys.ts'
import { EndpointSealing } from './endpoint-sealing.ts'
import { tellFailure } from './failure-events.ts'
import type { KeyObserver } from './key-observer.ts'
import type { KeyProvider } from './key-provider.ts'
import { KeyRequests } from './key-requests.ts'
import { KeyRetention } from './key-retention.ts'
import { KeyPrefetch } from './prefetch.ts'
import { KeySealing } from './sealing.ts'

export type KeyLedgerDeps = {
  readonly resources: Resources
  readonly provider: KeyProvider
  /** The key of 32 bytes that seals content keys. Throws NoKeyEncryptionKey. */
  readonly keyEncryptionKey: () => Promise<KeyObject>
  /** What nodes share; absent for a process alone. */
  readonly claims?: WorkClaims | undefined
  /** This process. */
  readonly owner: string
  readonly steady: Clock
  readonly date: Clock
  readonly log: Log
  readonly account: Account
  readonly retention: RetentionRules
  /** Waits in real time when absent. */
  readonly sleep?: (ms: number) => Promise<void>
  readonly observer?: KeyObserver
}

export type KeyLedger = {
  readonly keys: ContentKeys
  /** Requests keys that will be needed soon. Called about once a second. */
  prefetch(): Promise<void>
  /** Forgets keys that nobody needs any more, unless another process does. The date must be settled. */
  retain(): Promise<void>
  /** Leaves the work of all processes to others, at once and for good. */
  release(): Promise<void>
  /** Ends requests under way. */
  close(): Promise<void>
}

/** The content keys of encrypted endpoints, on record in the database and requested from their providers. */
export function createKeyLedger(deps: KeyLedgerDeps): KeyLedger {
  const { resources, provider, claims, owner, steady, date, log } = deps
  const closing = new AbortController()
  const tell = (endpoint: OriginEndpoint, message: string) => void tellFailure(endpoint, message, deps)
  const requests = new KeyRequests({
    provider,
    shared: claims && { claims, owner },
    clock: steady,
    log,
    sleep: deps.sleep ?? ((ms) => sleep(ms)),
    closing: closing.signal,
    failed: tell,
    observer: deps.observer,
  })
  const keys: EndpointKeys = new EndpointKeys({
    records: resources,
    sealing: new EndpointSealing({ sealing: new KeySealing(deps.keyEncryptionKey), clock: steady, log }),
    requests,
    clock: steady,
    date,
    log,
    changed: tell,
    shown: (endpoint, newest) => prefetch.shown(endpoint, newest),
  })
  const shared = claims && { claims, owner: `${owner}/content-keys`, clock: steady }
  const prefetch = new KeyPrefetch({ resources, keys, date, steady, log, shared })
  const retention = new KeyRetention(deps)
  return {
    keys,
    prefetch: () => prefetch.step(),
    async retain() {
      const sources = prefetch.sources()
      if (sources) await retention.step(sources, date())
    },
    release: () => prefetch.release(),
    async close() {
      closing.abort()
      await requests.settled()
      await prefetch.release()
    },
  }
}
