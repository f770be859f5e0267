/**
 * Does `work` for every item, `lanes` of them at a time, beginning in their order. When one fails, the signal the
 * others were given aborts; what it rejects with is the first failure, once nothing is under way any more.
 */
export async function inLanes<T>(
  items: Iterable<T> | AsyncIterable<T>,
  lanes: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const waiting = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  async function lane(): Promise<void> {
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
  await Promise.all(Array.from({ length: lanes }, () => lane().catch(fail)))
  await waiting.return?.()
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}
