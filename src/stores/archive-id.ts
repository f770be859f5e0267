import { randomUUID } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The name of the archive in this folder, made at the first asking: by it a database knows whose channels it holds. */
export async function archiveIdIn(folder: string): Promise<string> {
  const path = join(folder, 'archive-id')
  const known = (await readFile(path, 'utf8').catch(absent))?.trim()
  if (known) return known
  const id = randomUUID()
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(`${id}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return id
}

function absent(error: { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error
}
