import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncFolder } from './directory-syncs.ts'

/** What syncing a folder answers that is somebody else's, or of a file system that knows no syncing. */
const NOT_OURS = new Set(['EACCES', 'EPERM', 'EINVAL', 'EROFS', 'ENOTSUP'])

/**
 * Makes the folder, and those it lies in, where they are missing; for its owner alone. When it resolves, their names
 * survive a power cut: without them nothing inside would.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  const path = resolve(folder)
  await mkdir(path, { recursive: true, mode: 0o700 })
  // Also when they were there: whoever made them may have crashed before that.
  for (let child = path; dirname(child) !== child; child = dirname(child)) {
    await syncFolder(dirname(child)).catch((error: NodeJS.ErrnoException) => {
      if (!NOT_OURS.has(error.code ?? '')) throw error
    })
  }
}
