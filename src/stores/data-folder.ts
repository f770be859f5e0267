import { constants, mkdir, open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { syncFolder } from './directory-syncs.ts'

/** Errors of syncing a folder that belongs to someone else, or is on a file system without syncing. */
const NOT_OURS = new Set(['EACCES', 'EPERM', 'EINVAL', 'EROFS', 'ENOTSUP'])

/** The SQLite database of the archive in a data folder. */
export const databaseIn = (folder: string) => join(folder, 'windrow.db')
/** The folder of its media. */
export const objectsIn = (folder: string) => join(folder, 'objects')
/** The folder of its buckets, where those are folders. */
export const bucketsIn = (folder: string) => join(folder, 'buckets')

/**
 * Creates a file for its owner alone where there is none: it may hold secrets, and its folder may be open to others.
 * SQLite gives the files beside its database the same permissions.
 */
export async function makePrivateFile(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  await file.close()
}

/**
 * Creates the folder and its parents where they are missing, for its owner alone. When it resolves, their names
 * survive a power cut; otherwise nothing inside would.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  const path = resolve(folder)
  await mkdir(path, { recursive: true, mode: 0o700 })
  // Existing folders too: the process that created them may have crashed before syncing.
  for (let child = path; dirname(child) !== child; child = dirname(child)) {
    await syncFolder(dirname(child)).catch((error: NodeJS.ErrnoException) => {
      if (!NOT_OURS.has(error.code ?? '')) throw error
    })
  }
}
