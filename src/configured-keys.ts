import type { KeyObject } from 'node:crypto'
import type { ServerClocks } from './clock.ts'
import type { Turns } from './concurrency/turns.ts'
import type { Config } from './config/config.ts'
import { keyOfDigits, loadKeyEncryptionKey } from './config/key-encryption-key.ts'
import { configuredKeyProvider } from './configured-key-provider.ts'
import type { OwnKeyServer } from './configured-key-server.ts'
import { createKeyLedger, type KeyLedgerDeps } from './keys/key-ledger.ts'
import { NoKeyEncryptionKey } from './keys/sealing.ts'
import type { OriginEndpoint } from './model/origin-endpoint.ts'
import type { ContentKeys } from './packaging/content-keys.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'
import type { IndexSharing } from './stores/segment-index.ts'

/** Interval at which keys are looked for that will be needed soon. */
const PREFETCH_MS = 1000
const RETENTION_MS = 60_000

type Deps = Pick<KeyLedgerDeps, 'resources' | 'log' | 'account' | 'owner' | 'retention' | 'observer'> & {
  readonly clocks: Pick<ServerClocks, 'date' | 'steady'> & { isSettled(): boolean }
  readonly sharing?: IndexSharing
  readonly turns: Turns
  /** The built-in key server, where it is on. */
  readonly own?: OwnKeyServer | undefined
}

/** The content keys of a server, which are requested ahead, and forgotten, until it stops. */
export function startKeys(
  config: Config,
  { clocks, sharing, turns, own, ...deps }: Deps,
  { closers, releasers }: Pick<Stopping, 'closers' | 'releasers'>,
  failed: Failed,
): ContentKeys {
  const ledger = createKeyLedger({
    ...deps,
    provider: configuredKeyProvider(config, {
      date: clocks.date,
      turns,
      own: own && { server: own, keys: config.credentials },
    }),
    keyEncryptionKey: keyEncryptionKeyOf(config, { isShared: sharing !== undefined }),
    claims: sharing?.claims,
    date: clocks.date,
    steady: clocks.steady,
  })
  closers.push(() => ledger.close())
  releasers.push(() => ledger.release())
  if (config.roles.has('origin')) {
    const retain = async () => {
      if (clocks.isSettled()) await ledger.retain()
    }
    closers.push(periodically(PREFETCH_MS, () => ledger.prefetch(), failed('requesting content keys ahead')))
    closers.push(periodically(RETENTION_MS, retain, failed('forgetting content keys')))
  }
  return ledger.keys
}

/** The number of keys on record, as the API tells it: 0 where they cannot be read. */
export function keysOnRecord(keys: Pick<ContentKeys, 'onRecord'>) {
  return (endpoint: OriginEndpoint, period: number): Promise<number> =>
    keys.onRecord(endpoint, period).then(
      ({ length }) => length,
      () => 0,
    )
}

/**
 * The key-encryption key that is set, or that of the data folder, which is made when it is needed first. Nodes have no
 * key in common unless it is set.
 */
function keyEncryptionKeyOf(
  { keyEncryptionKey: digits, dataFolder }: Pick<Config, 'keyEncryptionKey' | 'dataFolder'>,
  { isShared }: { isShared: boolean },
): () => Promise<KeyObject> {
  let key: Promise<KeyObject> | undefined
  const load = async () => {
    if (digits !== undefined) return keyOfDigits(digits)
    if (isShared) throw new NoKeyEncryptionKey('set key-encryption-key, to the same on all nodes')
    return loadKeyEncryptionKey(dataFolder)
  }
  return () => {
    key ??= load().catch((error: unknown) => {
      key = undefined
      throw error
    })
    return key
  }
}
