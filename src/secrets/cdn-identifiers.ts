import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { settledWithin } from '../concurrency/settled-within.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import { withinTime } from '../concurrency/unless-aborted.ts'
import type { Log } from '../log.ts'
import { identifierIn, UnusableSecret } from './identifier.ts'
import type { SecretStore, StoredSecret } from './secret-store.ts'

/** A value that fails is looked up again at most this often, and so is a secret whose store gives no answer. */
const AGAIN_MS = 10_000
/** For how long the last good values stand while their store gives none. */
const GRACE_MS = 3_600_000
/** The part of its fresh time for which a secret that is looked up again is still used meanwhile. */
const LATE_PART = 1 / 4
/** For how long a request waits for a store. */
const WAIT_MS = 3000
/** Time after which a store gives no answer. */
const LOOK_MS = 15_000
const MOST_SECRETS = 10_000

/** The secret of an origin endpoint, and the role that may read it. */
export type SecretRef = { readonly cdnIdentifierSecret: string; readonly secretsRoleArn: string }

/** What a value is to a secret: `unavailable` where it is not known what the secret is, or nothing can match it. */
export type CdnJudgement = 'accepted' | 'wrong' | 'unavailable'

/** What is known of a secret. */
class KnownSecret {
  readonly arn: string
  /** Keyed digests of the identifiers that are accepted. */
  accepted: readonly Buffer[] = []
  /** When a store last gave it. */
  goodAt = Number.NEGATIVE_INFINITY
  lookedAt = Number.NEGATIVE_INFINITY
  freshMs = 0
  /** Counts how often everything was doubted. */
  epoch: number
  /** What was last logged about it, which is not logged again. */
  warned = ''
  hasFailed = false

  constructor(arn: string, epoch: number) {
    this.arn = arn
    this.epoch = epoch
  }
}

export type CdnIdentifiersOptions = {
  readonly store: SecretStore
  /** A clock that only passes. */
  readonly clock: Clock
  readonly log: Log
}

/**
 * Judges the values that CDNs send, by the secrets of endpoints. Secrets are looked up when they are needed, and again
 * when they are not fresh any more: meanwhile the known values stand. No plain value is kept.
 */
export class CdnIdentifiers {
  private readonly store: SecretStore
  private readonly clock: Clock
  private readonly log: Log
  private readonly key = createSecretKey(randomBytes(32))
  private readonly known = new LruCache<KnownSecret>(MOST_SECRETS)
  private readonly looking = new SingleFlight<void>()
  private readonly closing = new AbortController()
  private epoch = 0

  constructor({ store, clock, log }: CdnIdentifiersOptions) {
    this.store = store
    this.clock = clock
    this.log = log
  }

  /** Judges a value, as its bytes. Never rejects. */
  async judge(ref: SecretRef, value: Uint8Array): Promise<CdnJudgement> {
    const digest = this.digestOf(value)
    const secret = this.knownOf(ref)
    const age = this.ageOf(secret)
    const again = secret.hasFailed ? AGAIN_MS : secret.freshMs
    if (age >= again) {
      const looking = this.look(ref, secret)
      // While a store gives no answer, nobody waits for it who has values that stand.
      const isLate = secret.hasFailed ? !this.stands(secret) : age >= again * (1 + LATE_PART)
      if (isLate) await settledWithin(WAIT_MS, looking)
    } else if (!this.stands(secret) && this.looking.has(nameOf(ref))) {
      await settledWithin(WAIT_MS, this.look(ref, secret))
    }
    if (this.matches(secret, digest)) return 'accepted'
    if (this.ageOf(secret) >= Math.min(AGAIN_MS, secret.freshMs || AGAIN_MS) || this.looking.has(nameOf(ref))) {
      await settledWithin(WAIT_MS, this.look(ref, secret))
      if (this.matches(secret, digest)) return 'accepted'
    }
    return this.stands(secret) && secret.accepted.length > 0 ? 'wrong' : 'unavailable'
  }

  /** Notes that any secret may have changed: each is looked up again before it is used. */
  doubt(): void {
    this.epoch++
    this.looking.forgetAll()
  }

  /** Gives up what is being looked up. */
  close(): void {
    this.closing.abort(new DOMException('The server stops.', 'AbortError'))
  }

  private knownOf(ref: SecretRef): KnownSecret {
    const name = nameOf(ref)
    const known = this.known.get(name) ?? new KnownSecret(ref.cdnIdentifierSecret, this.epoch)
    if (!this.known.has(name)) this.known.put(name, known, 1)
    if (known.epoch !== this.epoch) {
      known.epoch = this.epoch
      known.lookedAt = Number.NEGATIVE_INFINITY
      known.hasFailed = false
    }
    return known
  }

  private ageOf({ lookedAt }: KnownSecret): number {
    return this.clock() - lookedAt
  }

  private stands({ goodAt }: KnownSecret): boolean {
    return this.clock() - goodAt <= GRACE_MS
  }

  /** Compares with every identifier, so that the time does not tell which it was, nor how much of it. */
  private matches(secret: KnownSecret, digest: Buffer): boolean {
    let isMatch = false
    for (const accepted of secret.accepted) isMatch = timingSafeEqual(accepted, digest) || isMatch
    return isMatch && this.stands(secret)
  }

  private digestOf(value: Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(value).digest()
  }

  /** Looks a secret up, once for all who wait for it. Never rejects. */
  private look(ref: SecretRef, secret: KnownSecret): Promise<void> {
    return this.looking.run(nameOf(ref), async (isCurrent) => {
      secret.lookedAt = this.clock()
      const { signal } = this.closing
      try {
        const { cdnIdentifierSecret: arn, secretsRoleArn } = ref
        const found = await withinTime(LOOK_MS, signal, (ending) => this.store.get(arn, secretsRoleArn, ending))
        // What was overtaken by a change is for those who have nothing else.
        if (!isCurrent() && this.stands(secret)) return
        if (found) this.takeOver(secret, found)
        else this.fail(secret, 'No store of secrets that is configured has it.')
      } catch (error) {
        if (!signal.aborted) this.fail(secret, (error as Error).message)
      }
    })
  }

  private takeOver(secret: KnownSecret, { current, previous, isDocument, freshMs, asOf }: StoredSecret): void {
    const { arn, accepted: before } = secret
    const problems: string[] = []
    const accepted: Buffer[] = []
    for (const [label, text] of [
      ['current', current ?? ''],
      ['previous', previous],
    ] as const) {
      if (text === undefined) continue
      try {
        accepted.push(this.digestOf(identifierIn(text, isDocument)))
      } catch (error) {
        if (!(error instanceof UnusableSecret)) throw error
        problems.push(`The ${label} version ${error.message}.`)
      }
    }
    if (before.length > 0 && Buffer.compare(Buffer.concat(before), Buffer.concat(accepted)) !== 0) {
      this.log.info({ event: 'secret-changed', arn }, 'a secret for CDN authorization has changed')
    }
    secret.accepted = accepted
    secret.goodAt = asOf ?? this.clock()
    secret.freshMs = freshMs
    secret.hasFailed = false
    const reason = problems.join(' ')
    if (reason !== '' && secret.warned !== reason) {
      this.log.warn({ event: 'secret-unusable', arn, reason }, 'a secret for CDN authorization cannot be used')
    }
    secret.warned = reason
  }

  private fail(secret: KnownSecret, reason: string): void {
    secret.hasFailed = true
    if (secret.warned === reason) return
    secret.warned = reason
    const { arn, goodAt } = secret
    const knownForSeconds = this.stands(secret) ? Math.floor((goodAt + GRACE_MS - this.clock()) / 1000) : 0
    const fields = { event: 'secret-unavailable', arn, reason, knownForSeconds } as const
    this.log.warn(fields, 'a secret for CDN authorization cannot be looked up')
  }
}

function nameOf({ cdnIdentifierSecret, secretsRoleArn }: SecretRef): string {
  return `${cdnIdentifierSecret} ${secretsRoleArn}`
}
