/** The most listed entries a stream remembers, to tell a stale playlist from a restarted encoder. */
const RECENT_ENTRIES = 64
/** Characters of the names of those entries: 64 for each. */
const MOST_RECENT_TEXT = 4096

/**
 * The number of entries at the end of a list whose names have at most so many characters in all: the state of an input
 * is saved with every change, and names may be long. At least one.
 */
export function newestWithin(entries: readonly { readonly name: string }[], mostText: number): number {
  let text = 0
  const tooLong = entries.findLastIndex(({ name }) => {
    text += name.length
    return text > mostText
  })
  return Math.max(entries.length - 1 - tooLong, Math.min(entries.length, 1))
}

/** How many entries at the end of a list are remembered: at most RECENT_ENTRIES, fewer where names are long. */
export function mostRemembered(entries: readonly { readonly name: string }[]): number {
  return newestWithin(entries.slice(-RECENT_ENTRIES), MOST_RECENT_TEXT)
}
