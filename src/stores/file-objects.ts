import { randomUUID } from 'node:crypto'
import { constants, type Dir } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ByteRange, NoSuchObject, type Objects, type ObjectWriter } from './objects.ts'

/** Chunks are gathered up to this before they are written: fewer, larger writes, and never a whole body. */
const WRITE_BYTES = 1 << 20
/** Objects never change, and harvested assets may be links to them. */
const READ_ONLY = 0o444
/** Where objects grow before they get their keys; no key begins with it, for keys begin with a channel's GUID. */
const INCOMING = 'incoming'
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/

/** Objects as read-only files below `root`, their keys as paths. What a crash left half-written goes at the opening. */
export async function openFileObjects(root: string): Promise<Objects> {
  const incoming = join(root, INCOMING)
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  const folders = new FolderSync()

  const pathOf = (key: string) => {
    if (!KEY.test(key) || key.startsWith(`${INCOMING}/`)) throw new Error(`${JSON.stringify(key)} is no object key`)
    return join(root, key)
  }

  return {
    async create(key) {
      const path = pathOf(key)
      const temporary = join(incoming, randomUUID())
      return new FileWriter(await open(temporary, 'wx', READ_ONLY), temporary, path, root, folders)
    },

    async read(key, range) {
      const file = await openObject(pathOf(key), key)
      try {
        const { start, end } = range ?? { start: 0, end: (await file.stat()).size }
        return await readBytes(file, { start, end })
      } finally {
        await file.close()
      }
    },

    file: pathOf,

    async remove(key) {
      const path = pathOf(key)
      await unlink(path).catch(ignoring('ENOENT'))
      // Prunes the folder when this was its last object; a writer that loses the race makes it again.
      await rmdir(dirname(path)).catch(ignoring('ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'))
    },

    async *list(prefix) {
      for await (const key of keysBelow(root, '')) if (key.startsWith(prefix)) yield key
    },
  }
}

class FileWriter implements ObjectWriter {
  private readonly file: FileHandle
  private readonly temporary: string
  private readonly path: string
  private readonly root: string
  private readonly folders: FolderSync
  private gathered: Uint8Array[] = []
  private gatheredBytes = 0

  constructor(file: FileHandle, temporary: string, path: string, root: string, folders: FolderSync) {
    this.file = file
    this.temporary = temporary
    this.path = path
    this.root = root
    this.folders = folders
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.gathered.push(chunk)
    this.gatheredBytes += chunk.length
    if (this.gatheredBytes >= WRITE_BYTES) await this.flush()
  }

  async commit(): Promise<void> {
    await this.flush()
    await this.file.datasync()
    await this.file.close()
    const folder = dirname(this.path)
    await this.folders.make(folder, this.root)
    try {
      await rename(this.temporary, this.path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      this.folders.forget(folder)
      await this.folders.make(folder, this.root)
      await rename(this.temporary, this.path)
    }
    await this.folders.sync(folder)
  }

  async abort(): Promise<void> {
    this.gathered = []
    await this.file.close().catch(() => {})
    await unlink(this.temporary).catch(ignoring('ENOENT'))
  }

  private async flush(): Promise<void> {
    let chunks = this.gathered
    let left = this.gatheredBytes
    this.gathered = []
    this.gatheredBytes = 0
    while (left > 0) {
      const { bytesWritten } = await this.file.writev(chunks)
      left -= bytesWritten
      if (left > 0) chunks = after(chunks, bytesWritten)
    }
  }
}

/** What is left of `chunks` when their first `bytes` are written. */
function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let at = 0
  while (at < chunks.length && bytes >= chunks[at]!.length) bytes -= chunks[at++]!.length
  return chunks.slice(at).map((chunk, i) => (i === 0 ? chunk.subarray(bytes) : chunk))
}

/** Makes folders durable. Commits into one folder that end together share one sync of it. */
class FolderSync {
  private readonly made = new Map<string, Promise<void>>()
  private readonly syncing = new Map<string, { running: Promise<void>; next?: Promise<void> }>()

  make(folder: string, root: string): Promise<void> {
    const known = this.made.get(folder)
    if (known) return known
    const making = this.makeDurable(folder, root)
    this.made.set(folder, making)
    making.catch(() => this.made.delete(folder))
    return making
  }

  forget(folder: string): void {
    this.made.delete(folder)
  }

  /** Resolves after a sync that began after this call. */
  sync(folder: string): Promise<void> {
    const current = this.syncing.get(folder)
    if (!current) return this.begin(folder)
    current.next ??= current.running.then(
      () => this.begin(folder),
      () => this.begin(folder),
    )
    return current.next
  }

  private begin(folder: string): Promise<void> {
    const entry: { running: Promise<void>; next?: Promise<void> } = { running: syncFolder(folder) }
    this.syncing.set(folder, entry)
    const done = () => {
      if (this.syncing.get(folder) === entry && !entry.next) this.syncing.delete(folder)
    }
    entry.running.then(done, done)
    return entry.running
  }

  private async makeDurable(folder: string, root: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let parent = dirname(folder); parent.startsWith(root); parent = dirname(parent)) await syncFolder(parent)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function openObject(path: string, key: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw new NoSuchObject(key)
    throw error
  }
}

async function readBytes(file: FileHandle, { start, end }: ByteRange): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(end - start, 0))
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

async function* keysBelow(root: string, prefix: string): AsyncIterable<string> {
  let folder: Dir
  try {
    folder = await opendir(join(root, prefix))
  } catch (error) {
    return ignoring('ENOENT')(error as NodeJS.ErrnoException)
  }
  for await (const entry of folder) {
    const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory() && key !== INCOMING) yield* keysBelow(root, key)
    else if (entry.isFile()) yield key
  }
}

function ignoring(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
