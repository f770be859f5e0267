import type { UtcMs } from '../../media/time.ts'
import type { View } from './reduced-content.ts'

/** Something that happened at a moment, or the first and the last of several that are too near to be told apart. */
export type Mark<T> = { readonly time: UtcMs; readonly first: T; readonly last: T; readonly count: number }

/**
 * What happened in a window, as a view shows it: of what lies within one step of the resolution behind a mark, that
 * stands for all. At most one for each step of it.
 */
export function marksIn<T extends { readonly time: UtcMs }>(
  all: readonly T[],
  { window, resolutionMs }: View,
): readonly Mark<T>[] {
  const marks: { time: UtcMs; first: T; last: T; count: number }[] = []
  const there = all.filter(({ time }) => time >= window.start && time < window.end)
  for (const each of there.toSorted((a, b) => a.time - b.time)) {
    const mark = marks.at(-1)
    if (mark && each.time - mark.time < resolutionMs) {
      mark.last = each
      mark.count++
    } else marks.push({ time: each.time, first: each, last: each, count: 1 })
  }
  return marks
}
