/**
 * Work that holds the event loop and much memory: as much of it at a time as there are lanes, in the order it was asked for.
 * Between two pieces of work the process does what else it has to do.
 */
export class Turns<T> {
  readonly #free: T[]
  readonly #waiting: (() => void)[] = []

  /** Each piece of work is lent one of `lanes`. */
  constructor(lanes: readonly T[]) {
    this.#free = [...lanes]
  }

  async run<R>(work: (lane: T) => Promise<R>): Promise<R> {
    while (this.#free.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const lane = this.#free.pop()!
    try {
      await new Promise<void>((resolve) => setImmediate(resolve))
      return await work(lane)
    } finally {
      this.#free.push(lane)
      this.#waiting.shift()?.()
    }
  }
}
