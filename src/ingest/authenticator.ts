import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { parseTarget } from '../http/target.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { IngestCredentials } from './credentials.ts'
import { type DigestCredentials, digestChallenges, digestResponse, parseDigestCredentials, sameText } from './digest.ts'
import type { FaultLog } from './fault-log.ts'
import type { IngestLimits } from './ingest-limits.ts'
import { Nonces, type NonceUse } from './nonces.ts'
import { Refusal } from './refusal.ts'
import { TokenBuckets } from './token-buckets.ts'

const REALM = 'windrow'

/** Stands in for endpoints that do not exist, so that refusing takes as long as for one that does. */
const NOBODY = { username: '', password: '' }

type AuthenticatorOptions = {
  readonly credentials: IngestCredentials
  readonly clock: Clock
  readonly faults: FaultLog
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
    this.nonces = new Nonces(options.limits.nonceLifetimeMs)
    this.failures = new TokenBuckets(options.limits.failuresPerSecond, options.limits.failureBurst)
  }

  /**
   * Resolves for valid credentials. Throws the Refusal to send, which does not tell unknown endpoints from wrong
   * passwords.
   */
  async authenticate(request: IncomingMessage, ingest: InputRef): Promise<void> {
    const given = parseDigestCredentials(request.headers.authorization)
    if (!given) throw this.challenge('credentials are needed', false)
    const endpoint = await this.options.credentials.of(ingest)
    const { username, password } = endpoint ?? NOBODY
    const expected = digestResponse({ ...given, username, realm: REALM }, request.method ?? '', password)
    const knowsPassword = sameText(expected, given.response)
    if (!knowsPassword || !endpoint || !isMeantFor(given, username, request)) throw this.failure(request, ingest)

    const now = this.options.clock()
    const { socket } = request
    const connected = this.ofConnection.get(socket)
    const use = connected?.nonce === given.nonce ? connected : this.nonces.find(given.nonce, now)
    if (!use) throw this.challenge('the nonce has expired', true)
    if (!use.accept(Number.parseInt(given.nc, 16))) throw this.challenge('the nonce count has been used', true)
    this.nonces.keep(use, now)
    this.ofConnection.set(socket, use)
  }

  private challenge(reason: string, stale: boolean): Refusal {
    const nonce = this.nonces.issue(this.options.clock())
    return new Refusal(401, reason, { 'www-authenticate': digestChallenges(REALM, nonce, stale) })
  }

  /**
   * Makes the Refusal for wrong credentials. Right credentials are never rate-limited, since behind a proxy all
   * encoders share one address.
   */
  private failure(request: IncomingMessage, ingest: InputRef): Refusal {
    const address = request.socket.remoteAddress ?? 'unknown'
    this.options.faults.report(
      `credentials ${address}`,
      { event: 'ingest-credentials-wrong', ...ingest, address },
      'wrong ingest credentials',
    )
    const wait = this.failures.take(address, this.options.clock())
    if (wait === 0) return this.challenge('the credentials are wrong', false)
    return new Refusal(429, 'too many wrong credentials', { 'retry-after': `${wait}`, connection: 'close' })
  }
}

/** True when the credentials were made for this request, §3.4.6. */
function isMeantFor(given: DigestCredentials, username: string, request: IncomingMessage): boolean {
  const target = request.url ?? ''
  if (given.username !== username || given.realm !== REALM) return false
  if (given.uri === target) return true
  const [a, b] = [parseTarget(given.uri), parseTarget(target)]
  return a !== undefined && a.path === b?.path && a.query === b.query
}
