/**
 * Runs `work` for every item, at most `concurrency` at a time, starting in the order of the items. When one fails,
 * the signal given to the others aborts; this rejects with the first failure once no work is under way any more.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const waiting = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  async function worker(): Promise<void> {
    for (let next = await waiting.next(); !next.done; next = await waiting.next()) {
      either.throwIfAborted()
      await work(next.value, either)
    }
  }
  const failures: unknown[] = []
  const fail = (error: unknown) => {
    failures.push(error)
    failed.abort(error)
  }
  await Promise.all(Array.from({ length: concurrency }, () => worker().catch(fail)))
  await waiting.return?.()
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}
