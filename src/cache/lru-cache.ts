/** Values by key, up to a total cost. When the total exceeds the budget, the least recently used values go first. */
export class LruCache<V> {
  private readonly budget: number
  private readonly evicted: (key: string) => void
  /** Entries, least recently used first. */
  private readonly entries = new Map<string, { readonly value: V; readonly cost: number }>()
  private cost = 0

  /** Sets the budget, in the unit of the costs, such as bytes. `evicted` is told of each value that has to go. */
  constructor(budget: number, evicted: (key: string) => void = () => {}) {
    this.budget = budget
    this.evicted = evicted
  }

  /** The value of a key, which then counts as used; undefined when it is not held. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
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
    this.entries.set(key, { value, cost })
    this.cost += cost
    for (const oldest of this.entries.keys()) {
      if (this.cost <= this.budget) break
      this.delete(oldest)
      this.evicted(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key)
    if (!entry) return
    this.cost -= entry.cost
    this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
    this.cost = 0
  }
}
