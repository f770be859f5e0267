export type LruCacheOptions = {
  /** Told of each value that has to go. */
  readonly evicted?: (key: string) => void
  /** When given, values that nobody has used for this time go too, as soon as any value is put. */
  readonly unused?: { readonly afterMs: number; readonly clock: () => number }
}

type Entry<V> = { readonly value: V; readonly cost: number; usedAt: number }

/** Values by key, up to a total cost. When the total exceeds the budget, the least recently used values go first. */
export class LruCache<V> {
  private readonly budget: number
  private readonly evicted: (key: string) => void
  private readonly afterMs: number
  private readonly clock: () => number
  /** Entries, least recently used first. */
  private readonly entries = new Map<string, Entry<V>>()
  /** The last of them, which need not be moved when it is used again. */
  private newest: Entry<V> | undefined
  private cost = 0

  /** Sets the budget, in the unit of the costs, such as bytes. */
  constructor(budget: number, { evicted = () => {}, unused }: LruCacheOptions = {}) {
    this.budget = budget
    this.evicted = evicted
    this.afterMs = unused?.afterMs ?? Infinity
    this.clock = unused?.clock ?? (() => 0)
  }

  /** The value of a key, which then counts as used; undefined when it is not held. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    entry.usedAt = this.clock()
    if (entry !== this.newest) {
      this.entries.delete(key)
      this.entries.set(key, entry)
      this.newest = entry
    }
    return entry.value
  }

  /** The total cost of what is held. */
  get held(): number {
    return this.cost
  }

  has(key: string): boolean {
    return this.entries.has(key)
  }

  /** Keeps a value in place of the one before. A value that costs more than the budget empties the cache. */
  put(key: string, value: V, cost: number): void {
    this.delete(key)
    const now = this.clock()
    this.newest = { value, cost, usedAt: now }
    this.entries.set(key, this.newest)
    this.cost += cost
    for (const [oldest, { usedAt }] of this.entries) {
      if (this.cost <= this.budget && now - usedAt < this.afterMs) break
      this.delete(oldest)
      this.evicted(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    this.cost -= entry.cost
    this.entries.delete(key)
    if (entry === this.newest) this.newest = undefined
  }

  clear(): void {
    this.entries.clear()
    this.newest = undefined
    this.cost = 0
  }
}
