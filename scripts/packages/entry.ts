/** What a package holds: files, folders and symbolic links, with owners that are numbers, and no times of their own. */
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

type Place = {
  /** Relative, its parts joined by `/`; without a `/` at either end. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Of its user and its group; absent: 0. */
  readonly owner?: number
}
export type Entry = Place &
  (
    | { readonly kind: 'file'; readonly bytes: Uint8Array }
    | { readonly kind: 'folder' }
    | { readonly kind: 'link'; readonly target: string }
  )

export const file = (path: string, content: string | Uint8Array, mode = 0o644): Entry => ({
  kind: 'file',
  path,
  mode,
  bytes: typeof content === 'string' ? Buffer.from(content) : content,
})

export const program = (path: string, content: string | Uint8Array): Entry => file(path, content, 0o755)

/** A file of the disk. */
export const copied = (path: string, from: string, mode = 0o644): Entry => file(path, readFileSync(from), mode)

export const folder = (path: string, mode = 0o755, owner = 0): Entry => ({ kind: 'folder', path, mode, owner })

export const link = (path: string, target: string): Entry => ({ kind: 'link', path, mode: 0o777, target })

/** The same entries below a folder. */
export const below = (path: string, entries: readonly Entry[]): Entry[] =>
  entries.map((entry) => ({ ...entry, path: `${path}/${entry.path}` }))

/**
 * All entries with the folders that hold them, each folder before what is in it, in an order that follows from the
 * paths alone. Throws for two entries of one path.
 */
export function complete(entries: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>()
  for (const entry of entries) {
    if (all.has(entry.path)) throw new Error(`${entry.path} is in the package twice`)
    all.set(entry.path, entry)
  }
  for (const { path } of entries) {
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (!all.has(parent)) all.set(parent, folder(parent))
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** How many bytes the files have. */
export const sizeOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.bytes.length : 0), 0)
