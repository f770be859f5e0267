import { open, readFile } from 'node:fs/promises'

/** Writes a file for its owner alone; when it resolves, the bytes are on disk. */
export async function writePrivately(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Copies a small file, where there is one, for its owner alone and durably. */
export async function copyPrivately(from: string, to: string): Promise<void> {
  const bytes = await readFile(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes) await writePrivately(to, bytes)
}
