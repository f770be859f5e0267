/**
 * A fixed set of resources (buffers, or numbers that stand for a share of memory) that pieces of work borrow in the
 * order of their requests. Each piece begins on a new turn of the event loop, so that the process serves others in
 * between.
 */
export class Pool<T> {
  private readonly free: T[]
  private readonly waiting: (() => void)[] = []

  /** Holds the resources; as many pieces of work run at a time. */
  constructor(resources: readonly T[]) {
    this.free = [...resources]
  }

  /** Resolves or rejects as `work` does, after the resource has been returned. */
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
