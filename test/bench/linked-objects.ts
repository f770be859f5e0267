import { linkSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** File systems bound the links of one file. */
const LINKS_OF_A_FILE = 10_000

/**
 * Files for the objects of a past below `root`: links to a few of `size` bytes that hold nothing. Gives the folder of
 * the last.
 */
export function linkObjects(root: string, keys: Iterable<string>, size: number): string {
  let links = 0
  let source = ''
  let folder = ''
  for (const key of keys) {
    const path = join(root, key)
    if (dirname(path) !== folder) {
      folder = dirname(path)
      mkdirSync(folder, { recursive: true })
    }
    if (links++ % LINKS_OF_A_FILE === 0) {
      writeFileSync(path, '')
      truncateSync(path, size)
      source = path
    } else linkSync(source, path)
  }
  return folder
}
