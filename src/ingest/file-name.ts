const MAX_LENGTH = 255
const SAFE = /^[A-Za-z0-9_~+=@-][A-Za-z0-9._~+=@-]*$/

/** What `fileName` lets pass, for messages. */
export const FILE_NAME_RULE = `a file name is up to ${MAX_LENGTH} letters, digits and . _ ~ + = @ - and does not begin with a dot`

/**
 * The file name a path segment stands for, or undefined when it is none. Percent-encoding is undone once; what it hid
 * must be in the same safe set, which has no percent sign, no slash and no space.
 */
export function fileName(segment: string): string | undefined {
  // Longer than any name with every letter encoded.
  if (segment.length > 3 * MAX_LENGTH) return undefined
  let name: string
  try {
    name = decodeURIComponent(segment)
  } catch {
    return undefined
  }
  return name.length <= MAX_LENGTH && SAFE.test(name) ? name : undefined
}

/** What is put under such a name is read as a playlist, and everything else kept as a segment. */
export function isPlaylistName(name: string): boolean {
  return /\.m3u8?$/i.test(name)
}
