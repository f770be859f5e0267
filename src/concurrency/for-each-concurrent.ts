import type { Limit } from './adaptive-limit.ts'

/**
 * Runs `work` for every item, at most `concurrency` at a time, starting in the order of the items; a limit that changes
 * meanwhile counts as soon as an item is done. When one fails, the signal given to the others aborts; this rejects with
 * the first failure once no work is under way any more.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number | Limit,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const waiting = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const limit = () => (typeof concurrency === 'number' ? concurrency : concurrency.limit)
  const failures: unknown[] = []
  const ended = Promise.withResolvers<void>()
  let running = 0
  let isOver = false
  const fill = () => {
    while (running < limit() && !isOver) {
      running++
      void worker()
    }
  }
  async function worker(): Promise<void> {
    try {
      while (running <= limit()) {
        const next = await waiting.next()
        if (next.done) {
          isOver = true
          break
        }
        either.throwIfAborted()
        await work(next.value, either)
        fill()
      }
    } catch (error) {
      isOver = true
      failures.push(error)
      failed.abort(error)
    }
    running--
    if (running === 0) ended.resolve()
  }
  fill()
  await ended.promise
  await waiting.return?.()
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}
