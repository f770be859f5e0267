import { randomUUID } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from './directory-syncs.ts'

/**
 * The id of the archive in this folder, created on first use: a database records which archive its channels belong
 * to. It is durable before it is returned, as the database's record is.
 */
export async function archiveIdIn(folder: string): Promise<string> {
  const path = join(folder, 'archive-id')
  const known = (await readFile(path, 'utf8').catch(absent))?.trim()
  if (known) {
    await syncFolder(folder)
    return known
  }
  const id = randomUUID()
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(`${id}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncFolder(folder)
  return id
}

function absent(error: { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error
}
