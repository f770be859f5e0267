import { type UtcMs, type UtcRange, utcMs } from '../../media/time.ts'

/**
 * Tells which slots begin and end within pinned spans, or so near to them. A channel may have many spans, and its old
 * slots are mostly pinned ones.
 */
export function pinnedIn(pinned: readonly UtcRange[], nearMs: number): (start: number, end: number) => boolean {
  const spans = mergedSpans(
    pinned.map(({ start, end }) => ({ start: utcMs(start - nearMs), end: utcMs(end + nearMs) })),
  )
  return (start, end) => {
    let [low, high] = [0, spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (spans[middle]!.start < end) low = middle + 1
      else high = middle
    }
    return (spans[low - 1]?.end ?? -Infinity) > start
  }
}

/** The spans, as few that do not touch, in their order. */
function mergedSpans(spans: readonly UtcRange[]): readonly UtcRange[] {
  const merged: { start: UtcMs; end: UtcMs }[] = []
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = utcMs(Math.max(last.end, end))
    else merged.push({ start, end })
  }
  return merged
}
