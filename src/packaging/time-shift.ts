import type { ViewingWindow } from '../model/viewing-window.ts'
import type { ManifestStyle, PathTimes } from './output-format.ts'

/** `start/<time>/`, `end/<time>/` or one behind the other, and the path below. */
export function splitTimes(path: string): { readonly times: PathTimes; readonly rest: string } {
  const [folders = '', start, end] = /^(?:start\/([^/]+)\/)?(?:end\/([^/]+)\/)?/.exec(path) ?? []
  const depth = (start === undefined ? 0 : 2) + (end === undefined ? 0 : 2)
  return {
    times: { ...(start !== undefined && { start }), ...(end !== undefined && { end }), depth },
    rest: path.slice(folders.length),
  }
}

/** The folders of a window: the same for all who ask for it, in whatever form. */
function folderOf({ start, end }: ViewingWindow): string {
  return `start/${start / 1000}/${end === undefined ? '' : `end/${end / 1000}/`}`
}

/** How a manifest refers to others, and to what all of them share: what stands before file names. */
export type References = { readonly toManifests: string; readonly toSegments: string }

/** A window in the path holds for what lies beside the manifest; one in the query has to be told on. */
export function referencesOf({ depth }: PathTimes, style: ManifestStyle): References {
  if (style.kind === 'harvest') return { toManifests: '', toSegments: '' }
  const asked = depth === 0 ? style.shift?.asked : undefined
  return { toManifests: asked ? folderOf(asked) : '', toSegments: '../'.repeat(depth) }
}
