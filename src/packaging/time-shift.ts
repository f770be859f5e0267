import type { ViewingWindow } from '../model/viewing-window.ts'
import type { ManifestStyle, PathTimes } from './output-format.ts'

/** Splits `start/<time>/`, `end/<time>/` or both, in this order, from a path. */
export function splitTimes(path: string): { readonly times: PathTimes; readonly rest: string } {
  const [folders = '', start, end] = /^(?:start\/([^/]+)\/)?(?:end\/([^/]+)\/)?/.exec(path) ?? []
  const depth = (start === undefined ? 0 : 2) + (end === undefined ? 0 : 2)
  return {
    times: { ...(start !== undefined && { start }), ...(end !== undefined && { end }), depth },
    rest: path.slice(folders.length),
  }
}

/** The folders that state a window, the same whatever form a request had. */
export function windowFolder({ start, end }: ViewingWindow): string {
  return `start/${start / 1000}/${end === undefined ? '' : `end/${end / 1000}/`}`
}

/** Prefixes of file names in a manifest: for other manifests, and for the files that all windows share. */
export type References = { readonly toManifests: string; readonly toSegments: string }

/**
 * The prefixes for a manifest. A window in the path also holds for the files beside the manifest; one in the query
 * must be repeated.
 */
export function referencesOf({ depth }: PathTimes, style: ManifestStyle): References {
  if (style.kind === 'harvest') return { toManifests: '', toSegments: '' }
  const folder = depth === 0 ? style.shift?.folder : undefined
  return { toManifests: folder ?? '', toSegments: '../'.repeat(depth) }
}
