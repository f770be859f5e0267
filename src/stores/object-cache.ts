import type { ByteRange, Objects } from './objects.ts'

/** An object larger than this part of the cache would push out too much else. */
const LARGEST_PART = 1 / 4
/** How many keys of objects too large to keep are remembered. */
const MOST_LARGE = 10_000

/**
 * Whole objects in memory, least recently used out first. Concurrent reads of a key share one load, and bytes are
 * shared with every reader. A range of a small object loads all of it: players read on.
 */
export function cacheObjects(objects: Objects, { maxBytes }: { maxBytes: number }): Objects {
  const largest = Math.floor(maxBytes * LARGEST_PART)
  /** Least recently used first. */
  const kept = new Map<string, Uint8Array>()
  const loads = new Map<string, Promise<Uint8Array>>()
  const large = new Set<string>()
  let bytesKept = 0

  const drop = (key: string) => {
    bytesKept -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }

  const keep = (key: string, bytes: Uint8Array) => {
    drop(key)
    kept.set(key, bytes)
    bytesKept += bytes.length
    for (const oldest of kept.keys()) {
      if (bytesKept <= maxBytes) return
      drop(oldest)
    }
  }

  const rememberLarge = (key: string) => {
    if (large.size >= MOST_LARGE) large.clear()
    large.add(key)
  }

  /** The object, or, with `atMost`, its first bytes, one more than fits when it is too large to keep. */
  const load = (key: string, atMost?: ByteRange): Promise<Uint8Array> => {
    const id = atMost ? `${key} small` : key
    const known = loads.get(id)
    if (known) return known
    const loading = objects.read(key, atMost).then(
      (bytes) => {
        // A load that `remove` has overtaken is no longer in the map, and its bytes are not kept.
        if (loads.get(id) !== loading) return bytes
        loads.delete(id)
        if (bytes.length <= largest) keep(key, bytes)
        else rememberLarge(key)
        return bytes
      },
      (error: unknown) => {
        if (loads.get(id) === loading) loads.delete(id)
        throw error
      },
    )
    loads.set(id, loading)
    return loading
  }

  const forget = (key: string) => {
    drop(key)
    loads.delete(key)
    loads.delete(`${key} small`)
    large.delete(key)
  }

  return {
    create: (key) => objects.create(key),
    file: (key) => objects.file(key),
    list: (prefix) => objects.list(prefix),

    async read(key, range) {
      const known = kept.get(key)
      if (known) {
        keep(key, known)
        return range ? known.subarray(range.start, range.end) : known
      }
      if (!range) return load(key)
      if (large.has(key)) return objects.read(key, range)
      const first = await load(key, { start: 0, end: largest + 1 })
      return first.length <= largest ? first.subarray(range.start, range.end) : objects.read(key, range)
    },

    async remove(key) {
      forget(key)
      try {
        await objects.remove(key)
      } finally {
        // Whoever began to read while the object was going.
        forget(key)
      }
    },
  }
}
