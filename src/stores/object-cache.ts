import type { Objects } from './objects.ts'

/** An object larger than this part of the cache would push out too much else. */
const LARGEST_PART = 1 / 4
/** How many keys are remembered of objects too large to keep, and of objects passed on once. */
const MOST_REMEMBERED = 10_000

/**
 * Whole objects in memory, least recently used out first. Concurrent reads of a key share one load, and bytes are
 * shared with every reader. A range of a small object loads all of it: players read on. What is only passed on is kept
 * from the second time: one viewer far back in the archive does not push the live edge out.
 */
export function cacheObjects(objects: Objects, { maxBytes }: { maxBytes: number }): Objects {
  const largest = Math.floor(maxBytes * LARGEST_PART)
  /** Least recently used first. */
  const kept = new Map<string, Uint8Array>()
  const loads = new Map<string, Promise<Uint8Array>>()
  const large = new Set<string>()
  const passedOn = new Set<string>()
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

  const remember = (keys: Set<string>, key: string) => {
    if (keys.size >= MOST_REMEMBERED) keys.clear()
    keys.add(key)
  }

  /** The object's first bytes: all of it, or one more than may be kept. The port tells no sizes. */
  const load = (key: string): Promise<Uint8Array> => {
    const known = loads.get(key)
    if (known) return known
    const loading = objects.read(key, { start: 0, end: largest + 1 })
    loads.set(key, loading)
    const finish = (bytes?: Uint8Array) => {
      // A load that `remove` has overtaken is no longer in the map, and its bytes are not kept.
      if (loads.get(key) !== loading) return
      loads.delete(key)
      if (!bytes) return
      if (bytes.length <= largest) keep(key, bytes)
      else remember(large, key)
    }
    loading.then(finish, () => finish())
    return loading
  }

  const forget = (key: string) => {
    drop(key)
    loads.delete(key)
    large.delete(key)
    passedOn.delete(key)
  }

  /** The whole object, from memory from now on; undefined when it is too large for that. */
  const held = async (key: string): Promise<Uint8Array | undefined> => {
    const known = kept.get(key)
    if (known) keep(key, known)
    const bytes = known ?? (large.has(key) ? undefined : await load(key))
    return bytes && bytes.length <= largest ? bytes : undefined
  }

  return {
    create: (key) => objects.create(key),
    file: (key) => objects.file(key),
    list: (prefix) => objects.list(prefix),

    async read(key, range) {
      const bytes = await held(key)
      if (!bytes) return objects.read(key, range)
      return range ? bytes.subarray(range.start, range.end) : bytes
    },

    async open(key, range) {
      const isFirst = !kept.has(key) && !loads.has(key) && !passedOn.has(key)
      if (isFirst) remember(passedOn, key)
      const bytes = isFirst ? undefined : await held(key)
      if (!bytes) return objects.open(key, range)
      return range ? bytes.subarray(range.start, range.end) : bytes
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
