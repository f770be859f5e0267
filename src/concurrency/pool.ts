/**
 * A fixed set of resources (buffers, or numbers that stand for a share of memory) which pieces of work borrow, in the
 * order they asked. Each piece begins on a fresh turn of the event loop, so that the process serves others between two
 * of them.
 */
export class Pool<T> {
  private readonly free: T[]
  private readonly waiting: (() => void)[] = []

  /** As many pieces of work run at a time as there are resources. */
  constructor(resources: readonly T[]) {
    this.free = [...resources]
  }

  /** Resolves or rejects as `work` does, and has the resource back by then. */
  async run<R>(work: (resource: T) => Promise<R>): Promise<R> {
    while (this.free.length === 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
    const resource = this.free.pop()!
    try {
      await new Promise<void>((resolve) => setImmediate(resolve))
      return await work(resource)
    } finally {
      this.free.push(resource)
      this.waiting.shift()?.()
    }
  }
}
