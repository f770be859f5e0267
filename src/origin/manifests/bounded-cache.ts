/** Values by key, up to a total cost; when it is exceeded, what was put first goes first. */
export class BoundedCache<V> {
  readonly #budget: number
  readonly #entries = new Map<string, { readonly value: V; readonly cost: number }>()
  #cost = 0

  constructor(budget: number) {
    this.#budget = budget
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value
  }

  put(key: string, value: V, cost: number): void {
    this.delete(key)
    this.#entries.set(key, { value, cost })
    this.#cost += cost
    for (const oldest of this.#entries.keys()) {
      if (this.#cost <= this.#budget) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#cost -= entry.cost
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#cost = 0
  }
}
