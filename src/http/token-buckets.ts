type Bucket = { tokens: number; at: number }

/**
 * Limits the rate for each of many keys. At most `limit` keys are remembered; the least recently used are forgotten.
 */
export class TokenBuckets {
  private readonly perSecond: number
  private readonly burst: number
  private readonly limit: number
  private readonly buckets = new Map<string, Bucket>()

  constructor(perSecond: number, burst: number, limit = 10_000) {
    this.perSecond = perSecond
    this.burst = burst
    this.limit = limit
  }

  /**
   * Takes one token.
   * @returns 0 when there was one, else the whole seconds until there will be
   */
  take(key: string, now: number): number {
    const bucket = this.buckets.get(key) ?? { tokens: this.burst, at: now }
    // A clock that is set back must not take tokens away.
    const elapsed = Math.max(0, now - bucket.at)
    bucket.tokens = Math.min(this.burst, bucket.tokens + (elapsed * this.perSecond) / 1000)
    bucket.at = now
    this.remember(key, bucket)
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil((1 - bucket.tokens) / this.perSecond))
  }

  private remember(key: string, bucket: Bucket): void {
    this.buckets.delete(key)
    this.buckets.set(key, bucket)
    if (this.buckets.size <= this.limit) return
    const [oldest] = this.buckets.keys()
    this.buckets.delete(oldest!)
  }
}
