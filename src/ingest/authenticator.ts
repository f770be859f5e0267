import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { parseTarget } from '../http/target.ts'
import { TokenBuckets } from '../http/token-buckets.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { IngestCredentials } from './credentials.ts'
import { type DigestCredentials, digestChallenges, digestResponse, parseDigestCredentials, sameText } from './digest.ts'
import { percentDecoded } from './file-name.ts'
import type { IngestLimits } from './ingest-limits.ts'
import { Nonces, type NonceUse } from './nonces.ts'
import { Refusal } from './refusal.ts'

const REALM = 'windrow'

/** Stands in for endpoints that do not exist, so that refusing takes as long as for one that does. */
const NOBODY = { username: '', password: '' }

type Challenge = 'CredentialsNeeded' | 'CredentialsWrong' | 'NonceExpired' | 'NonceCountUsed'

type AuthenticatorOptions = {
  readonly credentials: IngestCredentials
  readonly clock: Clock
  /** With which nonces are made; random unless given. */
  readonly nonceKey?: Uint8Array | undefined
  readonly limits: Pick<IngestLimits, 'nonceLifetimeMs' | 'failuresPerSecond' | 'failureBurst'>
}

/** Admits encoders that know the password of the ingest endpoint they send to. */
export class Authenticator {
  private readonly options: AuthenticatorOptions
  private readonly nonces: Nonces
  private readonly failures: TokenBuckets
  /**
   * The nonce that authenticated last on a connection. It stays valid for the connection's lifetime: ffmpeg with
   * persistent connections sends a whole segment with the nonce it has, and would lose the segment to a challenge.
   */
  private readonly ofConnection = new WeakMap<Socket, NonceUse>()

  constructor(options: AuthenticatorOptions) {
    this.options = options
    this.nonces = new Nonces(options.limits.nonceLifetimeMs, options.nonceKey && { key: options.nonceKey })
    this.failures = new TokenBuckets(options.limits.failuresPerSecond, options.limits.failureBurst)
  }

  /**
   * Resolves for valid credentials. Throws the Refusal to send, which does not tell unknown endpoints from wrong
   * passwords.
   */
  async authenticate(request: IncomingMessage, ingest: InputRef): Promise<void> {
    const given = parseDigestCredentials(request.headers.authorization)
    if (!given) throw this.challenge('CredentialsNeeded')
    const endpoint = await this.options.credentials.of(ingest)
    const { username, password } = endpoint ?? NOBODY
    const expected = digestResponse({ ...given, username, realm: REALM }, request.method ?? '', password)
    const knowsPassword = sameText(expected, given.response)
    if (!knowsPassword || !endpoint || !isMeantFor(given, username, request)) throw this.failure(request)

    const now = this.options.clock()
    const { socket } = request
    const connected = this.ofConnection.get(socket)
    const use = connected?.nonce === given.nonce ? connected : this.nonces.find(given.nonce, now)
    if (!use) throw this.challenge('NonceExpired')
    if (!use.accept(Number.parseInt(given.nc, 16))) throw this.challenge('NonceCountUsed')
    this.nonces.keep(use, now)
    this.ofConnection.set(socket, use)
  }

  private challenge(code: Challenge): Refusal {
    const nonce = this.nonces.issue(this.options.clock())
    const isStale = code === 'NonceExpired' || code === 'NonceCountUsed'
    return Refusal.of(code, {}, { headers: { 'www-authenticate': digestChallenges(REALM, nonce, isStale) } })
  }

  /**
   * Makes the Refusal for wrong credentials. Right credentials are never rate-limited, since behind a proxy all
   * encoders share one address.
   */
  private failure(request: IncomingMessage): Refusal {
    const wait = this.failures.take(addressOf(request), this.options.clock())
    if (wait === 0) return this.challenge('CredentialsWrong')
    return Refusal.of('TooManyWrongCredentials', {}, { headers: { 'retry-after': `${wait}` } })
  }
}

/** The remote address of a request's connection. */
export function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown'
}

/**
 * True when the credentials were made for this request, §3.4.6. Clients differ in what they encode, and whether they
 * sign the query, which means nothing here.
 */
function isMeantFor(given: DigestCredentials, username: string, request: IncomingMessage): boolean {
  const target = request.url ?? ''
  if (given.username !== username || given.realm !== REALM) return false
  if (given.uri === target) return true
  const [a, b] = [parseTarget(given.uri), parseTarget(target)]
  return a !== undefined && b !== undefined && percentDecoded(a.path) === percentDecoded(b.path)
}
