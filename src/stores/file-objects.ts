import { randomBytes } from 'node:crypto'
import { mkdir, open, opendir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DirectorySyncs } from './directory-syncs.ts'
import { FileStream } from './file-stream.ts'
import { FileWriter } from './file-writer.ts'
import { checkObjectKey, folderOfPrefix } from './object-key.ts'
import { cut, NoSuchObject, type Objects } from './objects.ts'

/** Folder of objects being written. No key can refer to it, since segments of a key never begin with a dot. */
const INCOMING = '.incoming'
/** Attempts to place a file whose folder retention may delete between its creation and its use. */
const PLACING_TRIES = 5

/**
 * Objects as read-only files below `root`, which one process owns. A commit is durable when the file's data, its name
 * and every folder on the way to it have been synced. Incomplete files from a crash are deleted when the store is
 * opened, unless it is only read: another process may be its owner then.
 */
export async function openFileObjects(root: string, { isRead = false } = {}): Promise<Objects> {
  const incoming = join(root, INCOMING)
  const syncs = new DirectorySyncs()
  /** Folders whose own names are on disk. This holds as long as an object exists whose commit ensured it. */
  const durableFolders = new Map<string, Promise<unknown>>()

  if (!isRead) {
    await rm(incoming, { recursive: true, force: true })
    await mkdir(incoming, { recursive: true })
    await Promise.all([syncs.sync(root), syncs.sync(dirname(root))])
  }

  const pathOf = (key: string) => {
    checkObjectKey(key)
    return join(root, key)
  }

  const syncAncestors = (folder: string): Promise<unknown> => {
    const known = durableFolders.get(folder)
    if (known) return known
    const syncing = Promise.all(foldersAbove(folder, root).map((ancestor) => syncs.sync(ancestor)))
    durableFolders.set(folder, syncing)
    syncing.catch(() => durableFolders.delete(folder))
    return syncing
  }

  const place = async (from: string, path: string, tries = PLACING_TRIES): Promise<void> => {
    try {
      await rename(from, path)
    } catch (error) {
      if (!isAbsent(error) || tries === 1) throw error
      await mkdir(dirname(path), { recursive: true }).catch(ignoreAbsent)
      await place(from, path, tries - 1)
    }
  }

  const openObject = (key: string) =>
    open(pathOf(key)).catch((error: unknown) => {
      throw isAbsent(error) ? new NoSuchObject(key) : error
    })

  return {
    async create(key) {
      const path = pathOf(key)
      const folder = dirname(path)
      return FileWriter.open(join(incoming, randomBytes(16).toString('hex')), {
        path,
        place: (from) => place(from, path),
        // Only now: while the object exists, its folder stays, and what is known of the folder stays true.
        sync: () => Promise.all([syncs.sync(folder), syncAncestors(folder)]),
      })
    },

    async read(key, range) {
      const file = await openObject(key)
      try {
        const { size } = await file.stat()
        const { start, end } = cut(range, size)
        const bytes = Buffer.allocUnsafeSlow(end - start)
        for (let done = 0; done < bytes.length; ) {
          const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done)
          if (bytesRead === 0) throw new Error(`object ${key} ends at ${start + done}, not at ${size}`)
          done += bytesRead
        }
        return bytes
      } finally {
        await file.close()
      }
    },

    async open(key, range) {
      const file = await openObject(key)
      try {
        return new FileStream(file, key, cut(range, (await file.stat()).size))
      } catch (error) {
        await file.close()
        throw error
      }
    },

    location: (key) => ({ kind: 'file', path: pathOf(key) }),

    async remove(key) {
      const path = pathOf(key)
      // First, since nothing keeps its folder once the object is gone.
      durableFolders.delete(dirname(path))
      await unlink(path).catch(ignoreAbsent)
      for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
        const isRemoved = await rmdir(folder).then(
          () => true,
          () => false,
        )
        if (!isRemoved) return
      }
    },

    async *list(prefix) {
      yield* keysBelow(root, folderOfPrefix(prefix), prefix)
    },
  }
}

/**
 * Keys below `folder` ('' or ending in '/') that begin with `prefix`. Folders that vanish meanwhile count as empty.
 */
async function* keysBelow(root: string, folder: string, prefix: string): AsyncGenerator<string> {
  const entries = await opendir(join(root, folder), { bufferSize: 256 }).catch(ignoreAbsent)
  for await (const entry of entries ?? []) {
    const key = folder + entry.name
    if (entry.name.startsWith('.') || !key.startsWith(prefix)) continue
    if (entry.isDirectory()) yield* keysBelow(root, `${key}/`, '')
    else yield key
  }
}

function foldersAbove(folder: string, root: string): string[] {
  if (folder === root) return []
  const parent = dirname(folder)
  return [parent, ...foldersAbove(parent, root)]
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
