import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { UtcMs } from '../media/time.ts'

const TIME_SIZE = 6
const SALT_SIZE = 10
const MAC_SIZE = 16

/** How far the clocks of two processes may differ that accept each other's nonces. */
const MOST_AHEAD_MS = 1000

/** Distance below the highest count at which a request is still accepted: parallel requests overtake each other. */
const WINDOW = 64

/** A nonce in use, with the counts (`nc`) seen of it. */
export class NonceUse {
  readonly nonce: string
  readonly issuedAt: number
  /** Time at which it is forgotten unless it is used before. */
  expiresAt = 0
  private highest = 0
  /** Bit n is set when the count `highest - n` has been seen. */
  private seen = 0n

  constructor(nonce: string, issuedAt: number) {
    this.nonce = nonce
    this.issuedAt = issuedAt
  }

  /** Accepts each count once; false for a replay, or for a count too old to tell. */
  accept(count: number): boolean {
    const ahead = count - this.highest
    if (ahead > 0) {
      this.seen = ahead >= WINDOW ? 1n : BigInt.asUintN(WINDOW, (this.seen << BigInt(ahead)) | 1n)
      this.highest = count
      return true
    }
    if (count === 0 || -ahead >= WINDOW) return false
    const bit = 1n << BigInt(-ahead)
    if ((this.seen & bit) !== 0n) return false
    this.seen |= bit
    return true
  }
}

/**
 * Nonces that carry their own date and proof, so that issuing them costs no memory. Only those that have
 * authenticated a request are remembered, at most `limit`.
 */
export class Nonces {
  private readonly key: Uint8Array
  private readonly lifetimeMs: number
  private readonly limit: number
  /** Remembered nonces, least recently used first. */
  private readonly used = new Map<string, NonceUse>()
  /** Nonces issued up to this time are refused unless remembered, since their counts may have been forgotten. */
  private floor = -1

  /** Those with the same key find each other's nonces. */
  constructor(
    lifetimeMs: number,
    { key = randomBytes(32), limit = 10_000 }: { key?: Uint8Array; limit?: number } = {},
  ) {
    this.lifetimeMs = lifetimeMs
    this.key = key
    this.limit = limit
  }

  issue(now: UtcMs): string {
    const nonce = Buffer.alloc(TIME_SIZE + SALT_SIZE + MAC_SIZE)
    nonce.writeUIntBE(now, 0, TIME_SIZE)
    randomBytes(SALT_SIZE).copy(nonce, TIME_SIZE)
    this.mac(nonce).copy(nonce, TIME_SIZE + SALT_SIZE)
    return nonce.toString('base64url')
  }

  /** Finds a nonce; undefined when it was not issued with this key, or has expired. */
  find(nonce: string, now: UtcMs): NonceUse | undefined {
    const known = this.used.get(nonce)
    if (known) return known.expiresAt > now ? known : undefined
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== TIME_SIZE + SALT_SIZE + MAC_SIZE || bytes.toString('base64url') !== nonce) return undefined
    if (!timingSafeEqual(this.mac(bytes), bytes.subarray(TIME_SIZE + SALT_SIZE))) return undefined
    const issuedAt = bytes.readUIntBE(0, TIME_SIZE)
    if (issuedAt <= this.floor || issuedAt + this.lifetimeMs <= now) return undefined
    if (issuedAt > now + MOST_AHEAD_MS) return undefined
    return new NonceUse(nonce, issuedAt)
  }

  /** Remembers the counts of a nonce that has authenticated a request, and extends its lifetime. */
  keep(use: NonceUse, now: UtcMs): void {
    use.expiresAt = now + this.lifetimeMs
    this.used.delete(use.nonce)
    this.used.set(use.nonce, use)
    for (const oldest of this.used.values()) {
      const expired = oldest.expiresAt <= now
      if (!expired && this.used.size <= this.limit) return
      this.used.delete(oldest.nonce)
      if (oldest.issuedAt + this.lifetimeMs > now) this.floor = Math.max(this.floor, oldest.issuedAt)
    }
  }

  private mac(nonce: Buffer): Buffer {
    const dated = nonce.subarray(0, TIME_SIZE + SALT_SIZE)
    return createHmac('sha256', this.key).update(dated).digest().subarray(0, MAC_SIZE)
  }
}
