export const PLAYBACK_PREFIX = '/out/v1/'

/** Splits `<guid>/<path>` below the prefix and decodes the path; empty for paths of another shape. */
export function splitPath(whole: string): { readonly guid?: string; readonly path?: string } {
  const match = /^\/out\/v1\/([0-9a-f]{32})\/(.+)$/.exec(whole)
  if (!match) return {}
  const [, guid = '', rest = ''] = match
  const path = decodedPath(rest)
  return path === undefined ? { guid } : { guid, path }
}

/** Decodes a path; undefined where it is malformed, or a name in it has a slash. */
export function decodedPath(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded
  try {
    const names = encoded.split('/').map(decodeURIComponent)
    return names.some((name) => name.includes('/')) ? undefined : names.join('/')
  } catch {
    return undefined
  }
}
