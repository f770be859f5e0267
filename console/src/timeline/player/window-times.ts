/** A segment as players know it: where it begins on the player's clock, and its date. */
export type DatedFragment = {
  /** In seconds, as `duration`. */
  readonly start: number
  readonly duration: number
  /** Milliseconds since 1970; null where the playlist does not say. */
  readonly programDateTime: number | null
}

/**
 * Where a moment is on a player's clock, in seconds: in the segment that has it, or at the beginning of the next one
 * where media are missing. Undefined where the playlist states no dates, or ends before.
 */
export function playerTimeOf(fragments: readonly DatedFragment[], moment: number): number | undefined {
  for (const { start, duration, programDateTime } of fragments) {
    if (programDateTime === null) continue
    if (moment < programDateTime) return start
    if (moment < programDateTime + duration * 1000) return start + (moment - programDateTime) / 1000
  }
  return undefined
}

/** The moment at a time of the player's clock, to the millisecond; undefined where the playlist does not tell. */
export function momentAtPlayerTime(fragments: readonly DatedFragment[], time: number): number | undefined {
  const found = fragments.findLast(({ start, programDateTime }) => start <= time && programDateTime !== null)
  if (!found || found.programDateTime === null) return undefined
  return Math.round(found.programDateTime + (time - found.start) * 1000)
}

/** How much of the archive is loaded as one presentation, before and behind what is looked for. */
const [BEFORE_MS, AFTER_MS] = [60_000, 900_000]
/** A window this near to the live edge may not be in the past yet for the server. */
const EDGE_MS = 1000

/** The window that is played around a moment: whole seconds, within what the archive has. */
export function windowAround(
  moment: number,
  archive: { readonly start: number; readonly end: number },
): { readonly start: number; readonly end: number } {
  const end = Math.min(moment + AFTER_MS, archive.end - EDGE_MS)
  const start = Math.max(Math.min(moment, end - 10_000) - BEFORE_MS, archive.start)
  return {
    start: Math.ceil(start / 1000) * 1000,
    end: Math.max(Math.floor(end / 1000), Math.ceil(start / 1000) + 1) * 1000,
  }
}
