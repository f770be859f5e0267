import type { Objects } from './objects.ts'

/**
 * Keeps whole objects in memory, the most recently read ones, up to `maxBytes` in all. Readers of one object share one
 * load and the same bytes. An object above a quarter of the memory is read through and not kept.
 */
export function cacheObjects(objects: Objects, { maxBytes }: { maxBytes: number }): Objects {
  const kept = new Map<string, Uint8Array>()
  const loading = new Map<string, Promise<Uint8Array>>()
  let keptBytes = 0

  const drop = (key: string) => {
    keptBytes -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }
  const keep = (key: string, bytes: Uint8Array) => {
    if (bytes.length > maxBytes / 4) return
    drop(key)
    kept.set(key, bytes)
    keptBytes += bytes.length
    for (const oldest of kept.keys()) {
      if (keptBytes <= maxBytes) break
      drop(oldest)
    }
  }
  const load = (key: string) => {
    const known = loading.get(key)
    if (known) return known
    const reading = objects.read(key)
    loading.set(key, reading)
    const done = () => loading.get(key) === reading && loading.delete(key)
    reading.then((bytes) => done() && keep(key, bytes), done)
    return reading
  }

  return {
    ...objects,
    async read(key, range) {
      const bytes = kept.get(key)
      if (bytes) {
        // Read again, so newest again.
        kept.delete(key)
        kept.set(key, bytes)
        return range ? bytes.subarray(range.start, range.end) : bytes
      }
      if (range && !loading.has(key)) return objects.read(key, range)
      const whole = await load(key)
      return range ? whole.subarray(range.start, range.end) : whole
    },
    async remove(key) {
      // A load under way must not bring it back.
      loading.delete(key)
      drop(key)
      await objects.remove(key)
    },
  }
}
