import type { CacheObserver } from '../cache/cache-observer.ts'
import { LruCache } from '../cache/lru-cache.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { CachedObjects, Objects } from './objects.ts'

/** The largest part of the cache that one object may take; a larger one would evict too much. */
const LARGEST_PART = 1 / 4
/** Objects loaded at the same time to be passed on; while so many are, further ones are streamed. */
const MOST_LOADS = { near: 4, far: 8 }
/** Keys remembered of objects too large to keep, and of objects passed on once. */
const MOST_REMEMBERED = 10_000

export type ObjectCacheOptions = {
  readonly maxBytes: number
  readonly isFar?: boolean
  readonly observer?: CacheObserver | undefined
}

/**
 * Caches whole objects in memory, evicting the least recently used. Concurrent reads of a key share one load, and its
 * bytes are shared by all readers. A range of a small object loads all of it, since players read on. Objects that are
 * only passed on are cached from the second time, so that one viewer far back in the archive does not evict the live
 * edge; but from the first time where they are far away (`isFar`), so that each is fetched once. `objects` may
 * themselves be cached.
 */
export function cacheObjects(
  objects: Objects | CachedObjects,
  { maxBytes, isFar = false, observer }: ObjectCacheOptions,
): CachedObjects {
  const mostLoads = isFar ? MOST_LOADS.far : MOST_LOADS.near
  const largest = Math.floor(maxBytes * LARGEST_PART)
  const kept = new LruCache<Uint8Array>(maxBytes)
  const loads = new SingleFlight<Uint8Array>()
  const large = new Set<string>()
  const passedOn = new Set<string>()

  const remember = (keys: Set<string>, key: string) => {
    if (keys.size >= MOST_REMEMBERED) keys.clear()
    keys.add(key)
  }

  /** Loads the whole object, or one byte more than may be kept, since the port does not tell sizes. */
  const load = (key: string): Promise<Uint8Array> =>
    loads.run(key, async (isCurrent) => {
      const bytes = await objects.read(key, { start: 0, end: largest + 1 })
      // A load that `remove` has overtaken is not kept.
      if (!isCurrent()) return bytes
      if (bytes.length <= largest) kept.put(key, bytes, bytes.length)
      else remember(large, key)
      return bytes
    })

  const forget = (key: string) => {
    kept.delete(key)
    loads.forget(key)
    large.delete(key)
    passedOn.delete(key)
  }

  /** The whole object, which is then cached; undefined when it is too large for that. */
  const held = async (key: string): Promise<Uint8Array | undefined> => {
    const bytes = kept.get(key) ?? (large.has(key) ? undefined : await load(key))
    return bytes && bytes.length <= largest ? bytes : undefined
  }

  return {
    create: (key) => objects.create(key),
    location: (key) => objects.location(key),
    list: (prefix) => objects.list(prefix),

    async forget(key) {
      forget(key)
      if ('forget' in objects) await objects.forget(key)
    },

    async read(key, range) {
      observer?.(kept.has(key), kept.held)
      const bytes = await held(key)
      if (!bytes) return objects.read(key, range)
      return range ? bytes.subarray(range.start, range.end) : bytes
    },

    async open(key, range) {
      observer?.(kept.has(key), kept.held)
      const isHere = kept.has(key) || loads.has(key)
      const isFirst = !isFar && !passedOn.has(key)
      const isStreamed = !isHere && (isFirst || loads.size >= mostLoads)
      if (isStreamed) remember(passedOn, key)
      const bytes = isStreamed ? undefined : await held(key)
      if (!bytes) return objects.open(key, range)
      return range ? bytes.subarray(range.start, range.end) : bytes
    },

    async openOnce(key) {
      observer?.(kept.has(key), kept.held)
      return kept.get(key) ?? objects.open(key)
    },

    async remove(key) {
      forget(key)
      try {
        await objects.remove(key)
      } finally {
        // For reads that began while the object was being removed.
        forget(key)
      }
    },
  }
}
