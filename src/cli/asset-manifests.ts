import { posix } from 'node:path'
import { dashReferences, hlsReferences, smoothReferences } from '../manifests/references.ts'

/** True for the name of a playlist or another manifest. */
export function isManifest(name: string): boolean {
  return /\.(m3u8|mpd)$|(^|\/)Manifest$/.test(name)
}

/** What is wrong with a manifest of a finished asset: it refers to what is not `known`, or does not end. */
export function manifestProblems(name: string, text: string, known: ReadonlySet<string>): readonly string[] {
  try {
    const { references, ended } = referencesOf(name, text)
    const absent = [...references].map((uri) => posix.join(posix.dirname(name), decodeURIComponent(uri)))
    return [
      ...absent.flatMap((file) =>
        known.has(file) ? [] : [`${name} refers to ${file}, which the asset does not have`],
      ),
      ...(ended ? [] : [`${name} does not say that it ends`]),
    ]
  } catch (error) {
    return [`${name} cannot be read: ${(error as Error).message}`]
  }
}

function referencesOf(name: string, text: string): { references: ReadonlySet<string>; ended: boolean } {
  if (name.endsWith('.mpd')) return { references: dashReferences(text), ended: text.includes('type="static"') }
  if (!name.endsWith('.m3u8')) return { references: smoothReferences(text), ended: !text.includes('IsLive="TRUE"') }
  const { references, kind, ended } = hlsReferences(text)
  return { references, ended: ended || kind === 'multivariant' }
}
