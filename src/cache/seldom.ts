import { LruCache } from './lru-cache.ts'

/** Tells when something is to be told again: of each key once in a pause. */
export class Seldom {
  private readonly clock: () => number
  private readonly pauseMs: number
  private readonly toldAt: LruCache<number>

  /** The clock is one that only passes. Of more than `most` keys, the one told of longest ago is forgotten. */
  constructor(clock: () => number, { pauseMs, most }: { readonly pauseMs: number; readonly most: number }) {
    this.clock = clock
    this.pauseMs = pauseMs
    this.toldAt = new LruCache(most)
  }

  /** True when it is time to tell of a key, which then counts as told. */
  isDue(key: string): boolean {
    const now = this.clock()
    if (now - (this.toldAt.get(key) ?? -Infinity) < this.pauseMs) return false
    this.toldAt.put(key, now, 1)
    return true
  }

  /** The key is due whenever it is asked for next. */
  forget(key: string): void {
    this.toldAt.delete(key)
  }
}
