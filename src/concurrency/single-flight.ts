/**
 * Lets callers who ask for the same key at the same time share one piece of work. No result is kept once it is done:
 * results to be kept belong in a cache.
 */
export class SingleFlight<T> {
  private readonly flights = new Map<string, { readonly token: object; readonly result: Promise<T> }>()

  /**
   * Resolves or rejects as the work under way for `key` does; starts `work` when there is none. `isCurrent` returns
   * false once `forget` has overtaken the work, whose result is then only for those who asked before.
   */
  run(key: string, work: (isCurrent: () => boolean) => Promise<T>): Promise<T> {
    const underway = this.flights.get(key)
    if (underway) return underway.result
    const token = {}
    const isCurrent = () => this.flights.get(key)?.token === token
    const result = work(isCurrent).finally(() => {
      if (isCurrent()) this.flights.delete(key)
    })
    this.flights.set(key, { token, result })
    return result
  }

  /** The number of pieces of work under way. */
  get size(): number {
    return this.flights.size
  }

  has(key: string): boolean {
    return this.flights.has(key)
  }

  /** Makes later callers start the work for this key anew. */
  forget(key: string): void {
    this.flights.delete(key)
  }

  /** Makes later callers start the work for every key anew. */
  forgetAll(): void {
    this.flights.clear()
  }
}
