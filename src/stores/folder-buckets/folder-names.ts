import type { BigIntStats } from 'node:fs'
import { BucketRefused } from '../buckets.ts'
import { keySegments } from '../object-name.ts'

/** Folder in which files grow before they get their names; no object can have this name. */
export const UPLOADS = '.windrow-uploads'

/** The names of the folders of a key, and of its file. Throws BucketRefused. */
export function folderSegments(key: string): readonly string[] {
  const segments = keySegments(key)
  if (segments[0] === UPLOADS) throw new BucketRefused('InvalidName', `Objects must not be below ${UPLOADS}/.`)
  return segments
}

/** The tag of a file. Files are replaced, never changed, and a new one has another inode or another time. */
export function tagOf({ ino, mtimeNs }: BigIntStats): string {
  return `${ino}-${mtimeNs}`
}
