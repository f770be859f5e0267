/**
 * The value below which a part of all observations are, estimated from how many there are in each bucket, as
 * `histogram_quantile` of Prometheus does: within a bucket, they count as spread evenly. Beyond the last bucket it is
 * that one's end. Undefined without observations.
 */
export function quantile(part: number, counts: ArrayLike<number>, buckets: readonly number[]): number | undefined {
  const total = totalOf(counts)
  if (total === 0) return undefined
  const rank = part * total
  let below = 0
  for (let at = 0; at < counts.length; at++) {
    const [count, end] = [counts[at]!, buckets[at]]
    if (end === undefined) return buckets.at(-1)
    if (count > 0 && below + count >= rank) {
      const start = buckets[at - 1] ?? 0
      return start + ((end - start) * (rank - below)) / count
    }
    below += count
  }
  return buckets.at(-1)
}

/** The number of all observations. */
export function totalOf(counts: ArrayLike<number>): number {
  let total = 0
  for (let at = 0; at < counts.length; at++) total += counts[at]!
  return total
}
