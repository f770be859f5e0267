import { readdir } from 'node:fs/promises'

/** What a file system has at its root: a folder may be a disk of its own. */
const OF_THE_DISK = 'lost+found'

/** Names of what is in a folder, but for what its file system has there. */
export async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((entry) => entry !== OF_THE_DISK)
}
