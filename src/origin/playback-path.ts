export const PLAYBACK_PREFIX = '/out/v1/'

/** Splits `<guid>/<path>` below the prefix and decodes the path; empty for paths of another shape. */
export function splitPath(whole: string): { readonly guid?: string; readonly path?: string } {
  const match = /^\/out\/v1\/([0-9a-f]{32})\/(.+)$/.exec(whole)
  if (!match) return {}
  const [, guid = '', rest = ''] = match
  try {
    const names = rest.split('/').map(decodeURIComponent)
    return names.some((name) => name.includes('/')) ? { guid } : { guid, path: names.join('/') }
  } catch {
    return { guid }
  }
}
