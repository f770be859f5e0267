import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts'
import { retry } from '../concurrency/retry.ts'
import { LostMedia } from '../model/lost-media.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { ArchiveRecords } from '../stores/archive-records.ts'
import type { Objects } from '../stores/objects.ts'
import { orLost, provenPieces } from '../stores/proven-objects.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import { CopyFailed } from './copy-failed.ts'
import type { CopyProgress } from './progress.ts'

/** Objects looked up, and noted as copied, together. */
const BATCH = 1000
/** Objects copied at the same time, each with up to two parts of 8 MiB in memory. */
export const COPIED_AT_ONCE = 16
/** Pauses before an object is tried again when a store does not answer, in milliseconds. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000, 32_000]
/** With more lost objects, the source is taken for broken, or not to be the right one. */
export const MOST_LOST = 10_000
/** Lost objects that are told by their keys. */
export const MOST_TOLD = 20

/** An object to be copied, with what is known of its bytes. */
export type WantedObject = Pick<StoredBytes, 'key'> & Partial<StoredBytes>

export type MediaOutcome = {
  /** Objects that this process has copied, and their bytes. */
  readonly objects: number
  readonly bytes: number
  /** Objects that are missing, unreadable or damaged in the source, and so in the copy. */
  readonly lost: number
  /** Keys of some of them. */
  readonly lostKeys: readonly string[]
}

type MediaOptions = {
  readonly source: { readonly objects: Objects }
  readonly destination: { readonly objects: Objects; readonly records: ArchiveRecords }
  /** The number of objects to be expected. */
  readonly total: number
  /** Whether nobody writes or deletes objects of the source meanwhile. */
  readonly isStill: boolean
  readonly progress: (progress: CopyProgress) => void
}

/** Copies the objects that have not been copied yet, and notes them; each is proven where its checksum is known. */
export async function copyMedia(wanted: AsyncIterable<WantedObject>, options: MediaOptions): Promise<MediaOutcome> {
  const { destination, total, progress, isStill } = options
  const { records } = destination
  const lost = new Set<string>()
  let [objects, bytes, done] = [0, 0, 0]
  // An object that several slots hold counts again.
  const tell = () => progress({ phase: 'media', done: Math.min(done, total), total, bytes })
  tell()
  for await (const batch of batchesOf(wanted)) {
    const copied = new Map((await records.copiedObjects([...batch.keys()])).map((object) => [object.key, object]))
    const missing = [...batch.values()].filter((object) => !isCopied(object, copied.get(object.key)))
    done += batch.size - missing.length
    if (missing.length > 0) await records.noteCopying(missing.map(({ key }) => key))
    const stored: StoredBytes[] = []
    await forEachConcurrent(missing, COPIED_AT_ONCE, new AbortController().signal, async (object) => {
      try {
        const copy = await copiedWhole(object, options)
        stored.push(copy)
        objects++
        bytes += copy.size
      } catch (error) {
        if (!(error instanceof LostMedia)) throw error
        await destination.objects.remove(object.key)
        if (isStill) lost.add(object.key)
        if (lost.size > MOST_LOST) throw new CopyFailed(`more than ${MOST_LOST} objects of the source are lost`)
      }
      done++
      tell()
    })
    if (stored.length > 0) await records.noteCopied(stored)
    tell()
  }
  return { objects, bytes, lost: lost.size, lostKeys: [...lost].slice(0, MOST_TOLD) }
}

/** Objects in batches, each once in a batch. */
export async function* batchesOf(
  wanted: AsyncIterable<WantedObject>,
): AsyncGenerator<ReadonlyMap<string, WantedObject>> {
  let batch = new Map<string, WantedObject>()
  for await (const object of wanted) {
    batch.set(object.key, object)
    if (batch.size < BATCH) continue
    yield batch
    batch = new Map()
  }
  if (batch.size > 0) yield batch
}

function isCopied({ size, crc32: crc }: WantedObject, copied: StoredBytes | undefined): boolean {
  return copied !== undefined && (size ?? copied.size) === copied.size && (crc ?? copied.crc32) === copied.crc32
}

/** Copies an object, and tries again while a store does not answer. Throws LostMedia. */
async function copiedWhole(wanted: WantedObject, options: MediaOptions): Promise<StoredBytes> {
  const { source, destination } = options
  return retry(() => copyObject(wanted, source.objects, destination.objects), {
    pauses: PAUSES_MS,
    isTransient: (error) => error instanceof StoreUnavailable,
    sleep: (pause) => sleep(pause),
  })
}

/** Copies an object, proven by what is known of its bytes. Throws LostMedia. */
export function copyObject(wanted: WantedObject, source: Objects, destination: Objects): Promise<StoredBytes> {
  const { key } = wanted
  return readObject(wanted, source, async (pieces) => {
    const writer = await destination.create(key)
    const found = { key, size: 0, crc32: 0 }
    try {
      for await (const piece of pieces) {
        found.size += piece.length
        found.crc32 = crc32(piece, found.crc32)
        // The writer keeps it, and the stream uses its memory again.
        await writer.write(Buffer.from(piece))
      }
      await writer.commit()
      return found
    } catch (error) {
      await writer.abort()
      throw error
    }
  })
}

/**
 * Has the pieces of an object read by `read`. They end with LostMedia when they are not what is known of the bytes, or
 * cannot be read. Throws LostMedia as well where there is no object.
 */
export async function readObject<T>(
  wanted: WantedObject,
  source: Objects,
  read: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const opened = await orLost(wanted.key, () => source.open(wanted.key))
  if (opened instanceof Uint8Array) return read(knownPieces(wanted, once(opened)))
  try {
    return await read(knownPieces(wanted, opened))
  } finally {
    await opened.close()
  }
}

async function* knownPieces(
  { key, size, crc32: crc }: WantedObject,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (size !== undefined && crc !== undefined) {
    yield* provenPieces({ key, size, crc32: crc }, pieces)
    return
  }
  let found = 0
  try {
    for await (const piece of pieces) {
      found += piece.length
      yield piece
    }
  } catch (error) {
    await orLost(key, () => Promise.reject(error))
  }
  if (found !== (size ?? found)) throw new LostMedia(key, 'damaged')
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
