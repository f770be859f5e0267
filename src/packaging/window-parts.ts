import type { SegmentSummary, SummaryWindow } from '../model/output-segment.ts'

/**
 * Gives the window of some of a window's segments, with their eras alone: a broken source begins one with every
 * segment, and a day of them is not to be gone through for each page.
 */
export function windowParts(window: SummaryWindow): (segments: readonly SegmentSummary[]) => SummaryWindow {
  const known = new Map(window.eras.map((era) => [era.id, era]))
  return (segments) => {
    const shown = new Set(segments.map(({ era }) => era))
    return { ...window, segments, eras: [...shown].flatMap((id) => known.get(id) ?? []) }
  }
}
