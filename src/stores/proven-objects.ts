import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { Pool } from '../concurrency/pool.ts'
import { LostMedia } from '../model/lost-media.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import { type ByteRange, type CachedObjects, NoSuchObject, type ObjectStream, type Objects } from './objects.ts'

/** Bytes hashed at a time: about a millisecond, and then other work of the event loop runs. */
const HASHED_AT_ONCE = 4 << 20
/** Objects remembered as proven. Memory: about 100 bytes each. */
const MOST_REMEMBERED = 10_000
/** Streams read at the same time only to be proven. */
const MOST_PROVEN = 8
/** Errors of a disk or of what lies in the place of an object. */
const UNREADABLE = new Set(['EIO', 'EISDIR', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EUCLEAN', 'EBADMSG', 'EILSEQ'])

/** Reads of source objects that are held against what the index knows of them. All throw LostMedia. */
export type ProvenObjects = {
  /** The whole object. Bytes in memory are proven once. */
  read(object: StoredBytes): Promise<Uint8Array>
  /** Opens an object to be read once; a stream is proven as it is read, before its last piece. */
  open(object: StoredBytes): Promise<Uint8Array | ObjectStream>
  /** As `open`, but what is not in memory is not kept there. */
  openOnce(object: StoredBytes): Promise<Uint8Array | ObjectStream>
  /** Reads the whole object in the store, past any cache, for nothing but its proof. */
  prove(object: StoredBytes): Promise<void>
  /** Opens an object or a range of it after it has been read and proven once. */
  openProven(object: StoredBytes, range?: ByteRange): Promise<Uint8Array | ObjectStream>
}

/** Objects that may be kept nearer than in their store. */
type MaybeCached<Reads extends keyof Objects> = Pick<Objects, Reads> &
  Partial<Pick<CachedObjects, 'forget' | 'openOnce'>>

/**
 * Proves what is read of a store by size and CRC-32. Where `objects` is a cache, `stored` is the store below it, which
 * is read for proofs alone. A cached object that is damaged is dropped and read again: it is lost only when its store
 * has other bytes.
 */
export function provenObjects(
  objects: MaybeCached<'read' | 'open'>,
  stored: MaybeCached<'open'> = objects,
): ProvenObjects {
  /** Bytes that a cache below holds and gives again and again. */
  const provenBytes = new WeakSet<Uint8Array>()
  const provenKeys = new Set<string>()
  const proofs = new Pool(Array.from({ length: MOST_PROVEN }, (_, place) => place))

  const proveBytes = async (object: StoredBytes, bytes: Uint8Array) => {
    if (provenBytes.has(bytes)) return bytes
    if (bytes.length !== object.size || (await crcOf(bytes)) !== object.crc32)
      throw new LostMedia(object.key, 'damaged')
    provenBytes.add(bytes)
    return bytes
  }

  const forget = async (key: string) => {
    await objects.forget?.(key)
    await stored.forget?.(key)
  }

  /** Resolves as `work` does, which is done again when what it has read was damaged and may have been a copy. */
  const reading = async <T>({ key }: StoredBytes, work: () => Promise<T>): Promise<T> => {
    try {
      return await orLost(key, work)
    } catch (error) {
      if (!isDamage(error) || !(objects.forget ?? stored.forget)) throw error
      await forget(key)
      return orLost(key, work)
    }
  }

  // A viewer far back in the archive must not fill the cache.
  const prove = async (object: StoredBytes) => {
    provenKeys.delete(object.key)
    const pieces = await stored.open(object.key)
    if (pieces instanceof Uint8Array) await proveBytes(object, pieces)
    else {
      try {
        await proofs.run(async () => {
          for await (const _ of provenPieces(object, pieces));
        })
      } finally {
        await pieces.close()
      }
    }
    if (provenKeys.size >= MOST_REMEMBERED) provenKeys.clear()
    provenKeys.add(object.key)
  }

  const opening = (object: StoredBytes, open: (key: string) => Promise<Uint8Array | ObjectStream>) =>
    reading(object, async () => {
      const opened = await open(object.key)
      return opened instanceof Uint8Array ? proveBytes(object, opened) : provenStream(object, opened, forget)
    })

  return {
    prove: (object) => reading(object, () => prove(object)),
    open: (object) => opening(object, (key) => objects.open(key)),
    openOnce: (object) => opening(object, (key) => objects.openOnce?.(key) ?? objects.open(key)),
    read: (object) => reading(object, async () => proveBytes(object, await objects.read(object.key))),
    openProven: (object, range) =>
      reading(object, async () => {
        const opened = await objects.open(object.key, range)
        if (opened instanceof Uint8Array) {
          await proveBytes(object, range ? await objects.read(object.key) : opened)
          return opened
        }
        try {
          if (!provenKeys.has(object.key)) await prove(object)
        } catch (error) {
          await opened.close()
          throw error
        }
        return range ? opened : provenStream(object, opened, forget)
      }),
  }
}

/**
 * Passes on the pieces of an object, and the last one only when size and CRC-32 of the whole are those that the index
 * knows. Throws LostMedia otherwise.
 */
export async function* provenPieces(
  object: StoredBytes,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let size = 0
  let crc = 0
  try {
    for await (const piece of pieces) {
      size += piece.length
      crc = crc32(piece, crc)
      const isWrong = size > object.size || (size === object.size && crc !== object.crc32)
      if (isWrong) throw new LostMedia(object.key, 'damaged')
      yield piece
    }
  } catch (error) {
    throw lossBy(object.key, error) ?? error
  }
  if (size !== object.size) throw new LostMedia(object.key, 'damaged')
}

/** Rethrows the errors that mean that an object is lost as LostMedia. */
export async function orLost<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw lossBy(key, error) ?? error
  }
}

function lossBy(key: string, error: unknown): LostMedia | undefined {
  const { code = '' } = error as NodeJS.ErrnoException
  if (error instanceof NoSuchObject || code === 'ENOENT') return new LostMedia(key, 'missing', { cause: error })
  return UNREADABLE.has(code) ? new LostMedia(key, 'unreadable', { cause: error }) : undefined
}

/** A stream that is proven as it is read; `forget` is called of the key when it is damaged. */
function provenStream(object: StoredBytes, stream: ObjectStream, forget: (key: string) => Promise<void>): ObjectStream {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* provenPieces(object, stream)
      } catch (error) {
        if (isDamage(error)) await forget(object.key)
        throw error
      }
    },
    close: () => stream.close(),
  }
}

const isDamage = (error: unknown) => error instanceof LostMedia && error.reason === 'damaged'

async function crcOf(bytes: Uint8Array): Promise<number> {
  let crc = 0
  for (let at = 0; at < bytes.length; at += HASHED_AT_ONCE) {
    if (at > 0) await setImmediate()
    crc = crc32(bytes.subarray(at, at + HASHED_AT_ONCE), crc)
  }
  return crc
}
