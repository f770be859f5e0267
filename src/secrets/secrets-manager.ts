import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type RoleOptions, RoleRefused, roleCredentials } from '../assumed-role.ts'
import { LruCache } from '../cache/lru-cache.ts'
import { Pool } from '../concurrency/pool.ts'
import { boundedClient } from '../sdk-answers.ts'
import { type SecretStore, SecretStoreFailed, type StoredSecret } from './secret-store.ts'

export type SecretsManagerOptions = {
  readonly region: string
  /** Endpoint of Secrets Manager; when absent, that of AWS for the region. */
  readonly endpoint?: string
  /** Roles of endpoints are assumed; when absent, the server's own credentials are used. */
  readonly role?: RoleOptions
}

/** Interval at which it is looked whether a secret has changed. */
const FRESH_MS = 60_000
const TIMEOUT_MS = 5_000
const MOST_ROLES = 100
/** When a server starts, all secrets are asked for at once. */
const LOOKS_AT_ONCE = 16

type Sdk = typeof import('@aws-sdk/client-secrets-manager')

/** Secrets of AWS Secrets Manager: the versions with the labels AWSCURRENT and AWSPREVIOUS. */
export class SecretsManager implements SecretStore {
  private readonly options: SecretsManagerOptions
  private sdk: Promise<Sdk> | undefined
  /** Clients by role: each has the credentials of one, and renews them. */
  private readonly clients = new LruCache<SecretsManagerClient>(MOST_ROLES)

  private readonly pool = new Pool(Array.from({ length: LOOKS_AT_ONCE }, () => undefined))

  constructor(options: SecretsManagerOptions) {
    this.options = options
  }

  get(arn: string, roleArn: string, signal: AbortSignal): Promise<StoredSecret | undefined> {
    return this.pool.run(() => this.look(arn, roleArn, signal))
  }

  private async look(arn: string, roleArn: string, signal: AbortSignal): Promise<StoredSecret | undefined> {
    signal.throwIfAborted()
    this.sdk ??= import('@aws-sdk/client-secrets-manager')
    const sdk = await this.sdk
    const client = this.clientFor(this.options.role ? roleArn : '', sdk)
    const version = (label: string) => versionOf(sdk, client, { arn, label, signal })
    const current = await version('AWSCURRENT')
    if (!current) return undefined
    const previous = await version('AWSPREVIOUS')
    return { current: current.text, previous: previous?.text, isDocument: true, freshMs: FRESH_MS }
  }

  private clientFor(roleArn: string, sdk: Sdk): SecretsManagerClient {
    const known = this.clients.get(roleArn)
    if (known) return known
    const { region, endpoint, role } = this.options
    const credentials = role && roleCredentials(roleArn, role, { region, keys: undefined })
    const client = boundedClient(sdk.SecretsManagerClient, { region, endpoint, credentials, timeoutMs: TIMEOUT_MS })
    this.clients.put(roleArn, client, 1)
    return client
  }
}

/** A version of a secret; undefined where there is none with the label. Its text is absent where it is binary. */
async function versionOf(
  sdk: Sdk,
  client: SecretsManagerClient,
  { arn, label, signal }: { arn: string; label: string; signal: AbortSignal },
): Promise<{ readonly text: string | undefined } | undefined> {
  const request = new sdk.GetSecretValueCommand({ SecretId: arn, VersionStage: label })
  try {
    const { ARN, SecretString } = await client.send(request, { abortSignal: signal })
    if (ARN === undefined) throw new Error('what answers is not Secrets Manager')
    return { text: SecretString }
  } catch (error) {
    const { name, message } = error as Error
    if (name === 'ResourceNotFoundException') return undefined
    // Messages of AWS name the resource, the action and who is not allowed it; one about JSON would quote the answer.
    const detail = error instanceof SyntaxError ? 'the answer is not JSON' : message
    const reason = error instanceof RoleRefused ? message : `Secrets Manager gives no value: ${name}, ${detail}`
    throw new SecretStoreFailed(reason.replace(/\.?$/, '.'), { cause: error })
  }
}
