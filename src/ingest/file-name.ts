const MAX_LENGTH = 255
const SAFE = /^[A-Za-z0-9_~+=@-][A-Za-z0-9._~+=@-]*$/

/** The rule that `fileName` enforces, for messages. */
export const FILE_NAME_RULE = `a file name is up to ${MAX_LENGTH} letters, digits and . _ ~ + = @ - and does not begin with a dot`

/**
 * The file name that a path segment stands for; undefined when it is none. Percent-encoding is decoded once; the
 * result must consist of the same safe characters, which include no percent sign, slash or space.
 */
export function fileName(segment: string): string | undefined {
  // Longer than any name with every character encoded.
  if (segment.length > 3 * MAX_LENGTH) return undefined
  let name: string
  try {
    name = decodeURIComponent(segment)
  } catch {
    return undefined
  }
  return name.length <= MAX_LENGTH && SAFE.test(name) ? name : undefined
}

/** True for names whose content is read as a playlist; everything else is kept as a segment. */
export function isPlaylistName(name: string): boolean {
  return /\.m3u8?$/i.test(name)
}
