import type { SegmentSummary, SummaryWindow } from '../model/output-segment.ts'

/**
 * Makes a function that gives part of a window, with only the eras of that part: a broken source begins an era with
 * every segment, and a day of them must not be traversed for each page.
 */
export function windowParts(window: SummaryWindow): (segments: readonly SegmentSummary[]) => SummaryWindow {
  const known = new Map(window.eras.map((era) => [era.id, era]))
  return (segments) => {
    const shown = new Set(segments.map(({ era }) => era))
    return { ...window, segments, eras: [...shown].flatMap((id) => known.get(id) ?? []) }
  }
}
