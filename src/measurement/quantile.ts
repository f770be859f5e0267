/**
 * The value below which a part of all observations are, estimated from how many there are in each bucket, as
 * `histogram_quantile` of Prometheus does: within a bucket, they count as spread evenly. Beyond the last bucket it is
 * that one's end. Undefined without observations.
 */
export function quantile(part: number, counts: readonly number[], buckets: readonly number[]): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  const rank = part * total
  let below = 0
  for (const [at, count] of counts.entries()) {
    const end = buckets[at]
    if (end === undefined) return buckets.at(-1)
    if (count > 0 && below + count >= rank) {
      const start = buckets[at - 1] ?? 0
      return start + ((end - start) * (rank - below)) / count
    }
    below += count
  }
  return buckets.at(-1)
}
