/**
 * Resolves or rejects as `work` does, and after `ms` at the latest: then to undefined, and how `work` ends is no longer
 * of interest.
 */
export async function settledWithin<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, ms, undefined)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}
