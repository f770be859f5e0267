import type { Clock } from '../../clock.ts'
import { Pool } from '../../concurrency/pool.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import type { Log } from '../../log.ts'
import { FileStream } from '../file-stream.ts'
import { checkObjectKey } from '../object-key.ts'
import { type ByteRange, type CachedObjects, cut, type ObjectStream, type Objects } from '../objects.ts'
import { CacheFiles } from './cache-files.ts'
import { KeptFiles } from './kept-files.ts'

/** The largest part of the cache that one object may take; a larger one would push out too much. */
const LARGEST_PART = 1 / 4
/** Fetches at a time, each of which holds a file and a piece of it in memory; others wait without either. */
const MOST_FETCHES = 64
/** Keys remembered of objects too large to keep. */
const MOST_REMEMBERED = 10_000

export type CacheFolder = CachedObjects & {
  /** Resolves when the cache does nothing any more in the background. */
  close(): Promise<void>
}

/**
 * Caches whole objects as files in `folder`, which is this process's own and may be deleted at any time. An object is
 * fetched whole, also for a range, and once for all who wait for it. Nothing in the folder is relied on: a file of an
 * earlier process is compared with its checksum before it is used, and when the folder cannot be used, objects come
 * from the store. `clock` dates the use of files.
 */
export async function openCacheFolder(
  objects: Objects,
  { folder, maxBytes, clock, log }: { folder: string; maxBytes: number; clock: Clock; log: Log },
): Promise<CacheFolder> {
  const files = new CacheFiles(folder)
  const largest = Math.floor(maxBytes * LARGEST_PART)
  const fetches = new SingleFlight<void>()
  const places = new Pool([...Array(MOST_FETCHES).keys()])
  const large = new Set<string>()
  const kept = new KeptFiles(files, { maxBytes, clock, log })
  await kept.tolerant(() => files.prepare())

  const forget = async (key: string) => {
    fetches.forget(key)
    large.delete(key)
    await kept.forget(key)
  }

  /** Fetches an object into a file, unless it is too large or the folder cannot be used. Rejects as the store does. */
  const fetchObject = async (key: string, isCurrent: () => boolean): Promise<void> => {
    const file = await kept.tolerant(() => files.create())
    if (!file) return
    let isPlaced = false
    try {
      const opened = await objects.open(key)
      for await (const piece of piecesOf(opened)) {
        if (file.size + piece.length > largest) {
          if (large.size >= MOST_REMEMBERED) large.clear()
          large.add(key)
          return
        }
        const isWritten = await kept.tolerant(async () => {
          await file.write(piece)
          return true
        })
        if (!isWritten) return
      }
      // A fetch that `remove` or `forget` has overtaken is not kept.
      if (!isCurrent()) return
      await kept.tolerant(async () => {
        await file.place(key)
        isPlaced = true
        kept.add(key, file.size)
      })
    } finally {
      if (!isPlaced) await kept.tolerant(() => file.discard())
    }
  }

  /** A stream of the file that holds the object, which is fetched if need be; undefined when there is none. */
  const openFile = async (key: string, range: ByteRange | undefined): Promise<FileStream | undefined> => {
    checkObjectKey(key)
    if (!files.canHold(key) || large.has(key)) return undefined
    let opened = await kept.open(key)
    if (!opened) {
      await fetches.run(key, (isCurrent) => places.run(() => fetchObject(key, isCurrent)))
      opened = await kept.open(key)
    }
    return opened && new FileStream(opened.file, key, cut(range, opened.size))
  }

  return {
    create: (key) => objects.create(key),
    location: (key) => objects.location(key),
    list: (prefix) => objects.list(prefix),
    forget,

    async open(key, range) {
      return (await openFile(key, range)) ?? objects.open(key, range)
    },

    async read(key, range) {
      const stream = await openFile(key, range)
      return stream ? wholeOf(stream) : objects.read(key, range)
    },

    async remove(key) {
      checkObjectKey(key)
      await forget(key)
      try {
        await objects.remove(key)
      } finally {
        // For reads that began while the object was being removed.
        await forget(key)
      }
    },

    close: () => kept.close(),
  }
}

async function* piecesOf(opened: Uint8Array | ObjectStream): AsyncGenerator<Uint8Array> {
  if (opened instanceof Uint8Array) {
    yield opened
    return
  }
  try {
    yield* opened
  } finally {
    await opened.close()
  }
}

async function wholeOf(stream: FileStream): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(stream.left)
  let done = 0
  try {
    for await (const piece of stream) {
      bytes.set(piece, done)
      done += piece.length
    }
    return bytes
  } finally {
    await stream.close()
  }
}
