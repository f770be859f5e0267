import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigurationError } from './read-settings.ts'

/** The most bytes of a file with secrets. */
const MOST_BYTES = 1 << 20

/** Modes of a file with a secret that are refused: whatever others than its owner may do with it. */
const FOR_OTHERS = 0o077

/** The text of a file, and what differs as soon as the file is another, or has been written. */
export type FileText = { readonly text: string; readonly version: string }

/** Reads a file with a secret; undefined when there is none. Throws ConfigurationError when others can read it. */
export async function readPrivateFile(file: string): Promise<string | undefined> {
  return (await readPrivateText(file))?.text
}

/**
 * Reads a file with secrets, or gives `known` again when that is still what it is; undefined when there is none. Throws
 * ConfigurationError for what is no file (a FIFO would wait for its writer), for more than `mostBytes`, and for a file
 * with one of the `forbidden` modes.
 */
export async function readPrivateText(
  file: string,
  {
    known,
    forbidden = FOR_OTHERS,
    mostBytes = MOST_BYTES,
  }: { known?: FileText | undefined; forbidden?: number; mostBytes?: number } = {},
): Promise<FileText | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!handle) return undefined
  try {
    const found = await handle.stat({ bigint: true })
    const { dev, ino, size, mtimeNs, ctimeNs } = found
    if (!found.isFile()) throw new ConfigurationError(`${file} is no file`)
    if (Number(found.mode) & forbidden) {
      const [others, mode] = forbidden & 0o044 ? ['can be read', 600] : ['can be written', 644]
      throw new ConfigurationError(`${file} ${others} by others: run chmod ${mode} on it`)
    }
    if (size > mostBytes) throw new ConfigurationError(`${file} has ${size} bytes, more than ${mostBytes}`)
    const version = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    if (known?.version === version) return known
    return { text: await textOf(handle, file, Number(size)), version }
  } finally {
    await handle.close()
  }
}

async function textOf(handle: FileHandle, file: string, size: number): Promise<string> {
  const bytes = Buffer.alloc(size + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
    if (bytesRead === 0) return bytes.toString('utf8', 0, length)
    length += bytesRead
    if (length > size) throw new ConfigurationError(`${file} is being written`)
  }
}

/** Writes a file with a secret, durably and atomically: a crash leaves either no file or a complete one. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
