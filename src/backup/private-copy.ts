import { readFile, writeFile } from 'node:fs/promises'

/** Writes a file for its owner alone; when it resolves, the bytes are on disk. */
export async function writePrivately(path: string, bytes: Uint8Array | string): Promise<void> {
  await writeFile(path, bytes, { mode: 0o600, flush: true })
}

/** Copies a small file, where there is one, for its owner alone and durably. */
export async function copyPrivately(from: string, to: string): Promise<void> {
  const bytes = await readFile(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes) await writePrivately(to, bytes)
}
