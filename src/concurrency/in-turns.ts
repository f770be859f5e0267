/**
 * Does work that comes in steps, one step in each turn of the event loop, so that the process serves others in between.
 * Resolves with the result of the work, or rejects as it throws.
 */
export async function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
