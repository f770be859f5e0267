import { realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { BackupFailed } from './backup-failed.ts'

/**
 * Throws BackupFailed where the folder of a backup is inside a data folder, or the other way round, also by symbolic
 * links: each would take the files of the other for its own. The paths are absolute; neither need be there.
 */
export async function refuseNested(backup: string, dataFolder: string): Promise<void> {
  const [one, other] = [await realOf(backup), await realOf(dataFolder)].map((path) => path + sep) as [string, string]
  if (!one.startsWith(other) && !other.startsWith(one)) return
  throw new BackupFailed(`${backup} and ${dataFolder} are inside each other: a backup needs a folder of its own`)
}

async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return join(await realOf(dirname(path)), basename(path))
  }
}
