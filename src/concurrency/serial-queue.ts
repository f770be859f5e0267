/**
 * Runs pieces of work one after the other, in the order they were given. A failed piece does not stop those behind
 * it.
 */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects as `work` does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const running = this.last.then(work, work)
    this.last = running
    return running
  }

  /** Resolves when all work given so far is done. */
  async settled(): Promise<void> {
    await this.last.catch(() => {})
  }
}
