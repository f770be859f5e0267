import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncFolder } from '../directory-syncs.ts'
import { codeOf } from './errors.ts'

/** What syncing a folder answers that is somebody else's, or of a file system that knows no syncing. */
const NOT_OURS = new Set(['EACCES', 'EPERM', 'EINVAL', 'EROFS', 'ENOTSUP'])

/** Makes the folder of all buckets, and those it lies in, where they are missing: their names survive a power cut. */
export async function makeRoot(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  // Also when they were there: whoever made them may have crashed before that.
  for (let child = resolve(folder); dirname(child) !== child; child = dirname(child)) {
    try {
      await syncFolder(dirname(child))
    } catch (error) {
      if (!NOT_OURS.has(codeOf(error))) throw error
    }
  }
}
