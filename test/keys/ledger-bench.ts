import { createSecretKey, type KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { createKeyLedger, type KeyLedger } from '../../src/keys/key-ledger.ts'
import { type KeyProvider, KeyProviderFailed } from '../../src/keys/key-provider.ts'
import type { Log, LogFields } from '../../src/log.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import { PLAYREADY } from '../../src/model/drm-systems.ts'
import type { Encryption } from '../../src/model/encryption.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { ContentKey } from '../../src/packaging/content-keys.ts'
import { originEndpoint } from '../../src/stores/nouns.contract.ts'
import type { Resources } from '../../src/stores/resources.ts'
import type { WorkClaims } from '../../src/stores/work-claims.ts'
import { sampleKeys } from './sample-keys.ts'

/** An endpoint whose keys change each minute. */
export function encryptedEndpoint(
  id: string,
  changes: Partial<Pick<Encryption, 'keyRotationIntervalSeconds'>> & Partial<Encryption['spekeKeyProvider']> = {},
): OriginEndpoint {
  const { keyRotationIntervalSeconds = 60, ...provider } = changes
  const endpoint = originEndpoint(id, 'news')
  const { packaging } = endpoint
  if (packaging.container !== 'ISM') throw new Error('the sample endpoint is another one than before')
  const encryption = {
    method: 'CENC' as const,
    keyRotationIntervalSeconds,
    spekeKeyProvider: {
      resourceId: `resource-${id}`,
      roleArn: 'arn:aws:iam::1:role/r',
      systemIds: [PLAYREADY],
      url: 'https://keys.example/speke',
      ...provider,
    },
  }
  return { ...endpoint, packaging: { ...packaging, encryption } }
}

/** A provider that counts, and may be down. What it gives follows from what is asked, unless `secret` changes. */
export class FakeProvider implements KeyProvider {
  readonly asked: { readonly resource: string; readonly period: number; readonly at: UtcMs }[] = []
  isDown = false
  secret: string | undefined
  mostAtOnce = 0
  /** What a request waits for before it is answered. */
  before: () => Promise<unknown> = () => turn()
  private readonly atOnce = new Map<string, number>()
  private readonly clock: () => UtcMs

  constructor(clock: () => UtcMs) {
    this.clock = clock
  }

  readonly request: KeyProvider['request'] = async (packaging, period, signal) => {
    const { resourceId: resource } = packaging.encryption.spekeKeyProvider
    this.asked.push({ resource, period, at: this.clock() })
    const count = (this.atOnce.get(resource) ?? 0) + 1
    this.atOnce.set(resource, count)
    this.mostAtOnce = Math.max(this.mostAtOnce, count)
    try {
      await this.before()
      signal.throwIfAborted()
      if (this.isDown) throw new KeyProviderFailed('the key server answered 503')
      const keys = await sampleKeys().find({ packaging } as OriginEndpoint, period)
      const { secret } = this
      return {
        keys: secret === undefined ? keys : keys.map((key) => ({ ...key, key: keyOfText(secret) })),
        about: { host: 'keys.example' },
      }
    } finally {
      this.atOnce.set(resource, this.atOnce.get(resource)! - 1)
    }
  }

  periods(): readonly number[] {
    return this.asked.map(({ period }) => period)
  }
}

/** A key of so many bytes. */
export function keyOfText(text: string, bytes = 16): KeyObject {
  return createSecretKey(Buffer.from(text.padEnd(bytes, '.').slice(0, bytes)))
}

export const KEY_ENCRYPTION_KEY = createSecretKey(Buffer.alloc(32, 7))

/** Lines of a log, as fields. */
export class LoggedLines implements Log {
  readonly lines: (LogFields & { readonly message: string })[] = []
  private readonly add = (fields: LogFields, message: string) => void this.lines.push({ ...fields, message })
  readonly info = this.add
  readonly warn = this.add
  readonly error = this.add

  of(event: LogFields['event']) {
    return this.lines.filter((line) => line.event === event)
  }
}

/** A date that passes only when it is told to. */
export class TestClock {
  private at: number

  constructor(at: number) {
    this.at = at
  }

  readonly now = () => utcMs(this.at)

  pass(ms: number): void {
    this.at += ms
  }
}

export type Bench = {
  readonly ledger: KeyLedger
  readonly log: LoggedLines
}

export function ledgerOver(
  resources: Resources,
  provider: KeyProvider,
  clock: TestClock,
  options: {
    readonly claims?: WorkClaims
    readonly owner?: string
    readonly keyEncryptionKey?: () => Promise<KeyObject>
  } = {},
): Bench {
  const log = new LoggedLines()
  const { claims, owner = 'one', keyEncryptionKey = async () => KEY_ENCRYPTION_KEY } = options
  const ledger = createKeyLedger({
    resources,
    provider,
    claims,
    owner,
    keyEncryptionKey,
    steady: clock.now,
    date: clock.now,
    log,
    account: { region: 'us-east-1', accountId: '000000000000' },
    retention: { liveMs: 600_000, marginMs: 60_000, graceMs: 3_600_000 },
    async sleep(ms) {
      await turn()
      clock.pass(ms)
    },
  })
  return { ledger, log }
}

/** What may be compared of keys, with their bytes. */
export function shown(keys: readonly ContentKey[]): readonly string[] {
  return keys.map(({ kid, key }) => `${kid} ${key.export().toString('hex')}`)
}
