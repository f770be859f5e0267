import { type AwsCredentials, type RoleOptions, RoleRefused, roleCredentials } from '../assumed-role.ts'
import type { Clock } from '../clock.ts'
import { KeyProviderFailed } from './key-provider.ts'

export type CredentialOptions = {
  readonly region: string
  /** True: without credentials nothing is requested. False: requests are signed where there are credentials. */
  readonly isRequired: boolean
  /** Roles of endpoints are assumed; when absent, the server's own credentials are used. */
  readonly role: RoleOptions | undefined
  readonly clock: Clock
}

/** Credentials of a role are renewed so long before they expire. */
const RENEWED_MS = 5 * 60_000
/** As short as sessions of a role can be, where an answer does not say it. */
const SHORTEST_SESSION_MS = 15 * 60_000
/** Looking for credentials may take seconds where there are none. */
const LOOKED_AGAIN_MS = 60_000
const MOST_ROLES = 1000

type Session = { readonly credentials: Promise<AwsCredentials>; goodUntil: number }

/** The credentials that requests to key servers are signed with: those of the endpoint's role, or the server's own. */
export class KeyServerCredentials {
  private readonly options: CredentialOptions
  private readonly sessions = new Map<string, Session>()
  private own: Promise<() => Promise<AwsCredentials>> | undefined
  private noneUntil = 0

  constructor(options: CredentialOptions) {
    this.options = options
  }

  /** Undefined where there are none, and none are required. Throws KeyProviderFailed. */
  async find(roleArn: string): Promise<AwsCredentials | undefined> {
    const { role } = this.options
    if (role) return this.ofRole(roleArn, role)
    const { isRequired, clock } = this.options
    if (!isRequired && clock() < this.noneUntil) return undefined
    try {
      this.own ??= defaultChain(this.options.region)
      return await (await this.own)()
    } catch (error) {
      if (!isRequired && (error as Error).name === 'CredentialsProviderError') {
        this.noneUntil = clock() + LOOKED_AGAIN_MS
        return undefined
      }
      const { name } = error as Error
      throw new KeyProviderFailed(`The server has no AWS credentials to sign requests with (${name}).`, {
        cause: error,
      })
    }
  }

  private async ofRole(roleArn: string, role: RoleOptions): Promise<AwsCredentials> {
    const { clock, region } = this.options
    const held = this.sessions.get(roleArn)
    if (held && clock() < held.goodUntil) return held.credentials
    const session: Session = {
      credentials: roleCredentials(roleArn, role, { region, keys: undefined })(),
      goodUntil: Infinity,
    }
    if (this.sessions.size >= MOST_ROLES) this.sessions.clear()
    this.sessions.set(roleArn, session)
    try {
      const credentials = await session.credentials
      const end = credentials.expiration?.getTime() ?? clock() + SHORTEST_SESSION_MS
      session.goodUntil = end - RENEWED_MS
      return credentials
    } catch (error) {
      this.sessions.delete(roleArn)
      if (error instanceof RoleRefused) throw new KeyProviderFailed(error.message, { cause: error })
      throw error
    }
  }
}

/** The chain that clients of the SDK have: environment, files, and where the machine runs. */
async function defaultChain(region: string): Promise<() => Promise<AwsCredentials>> {
  const { STSClient } = await import('@aws-sdk/client-sts')
  return new STSClient({ region }).config.credentials
}
