/** The pieces of a pattern between its `*`, each of which stands for any characters, or none. */
export function globParts(pattern: string): readonly string[] {
  return pattern.split('*')
}

/**
 * True where a text is as a pattern says, as a whole; upper and lower case differ. Takes steps in proportion to both
 * lengths at worst multiplied, never more: each piece is looked for once, behind the one before.
 */
export function globMatches(parts: readonly string[], text: string): boolean {
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of others) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
