import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncFolder } from '../directory-syncs.ts'
import { codeOf } from './errors.ts'

/** Errors of syncing a folder that belongs to someone else, or is on a file system without syncing. */
const NOT_OURS = new Set(['EACCES', 'EPERM', 'EINVAL', 'EROFS', 'ENOTSUP'])

/** Creates the folder of all buckets and its parents where they are missing; their names survive a power cut. */
export async function makeRoot(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  // Existing folders too: the process that created them may have crashed before syncing.
  for (let child = resolve(folder); dirname(child) !== child; child = dirname(child)) {
    try {
      await syncFolder(dirname(child))
    } catch (error) {
      if (!NOT_OURS.has(codeOf(error))) throw error
    }
  }
}
