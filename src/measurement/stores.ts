import type { CacheObserver } from '../cache/cache-observer.ts'
import type { Metrics } from '../metrics.ts'
import type { IndexSharing, SegmentIndex } from '../stores/segment-index.ts'
import type { WorkClaims } from '../stores/work-claims.ts'

type MeasuredStores = { readonly segmentIndex: SegmentIndex; readonly sharing?: IndexSharing }

/** The same stores, with a measure of how long changes of content wait for the database, and of the work claimed. */
export function measuredStores<T extends MeasuredStores>(stores: T, metrics: Metrics, stopwatch: () => number): T {
  const seconds = metrics.histogram('windrow_database_wait_seconds', {})
  const leases = metrics.gauge('windrow_leases', {})
  leases.set(0)
  const timed = async <Result>(work: Promise<Result>): Promise<Result> => {
    const began = stopwatch()
    try {
      return await work
    } finally {
      seconds.observe((stopwatch() - began) / 1000)
    }
  }
  const { segmentIndex, sharing } = stores
  return {
    ...stores,
    segmentIndex: {
      ...segmentIndex,
      commitTimeline: (ref, commit) => timed(segmentIndex.commitTimeline(ref, commit)),
      commitOutputTimelines: (guid, commit) => timed(segmentIndex.commitOutputTimelines(guid, commit)),
    },
    ...(sharing && {
      sharing: {
        ...sharing,
        changing: (guid, work) => timed(sharing.changing(guid, work)),
        claims: counted(sharing.claims, (held) => leases.set(held)),
      } satisfies IndexSharing,
    }),
  }
}

/** Claims that tell how many pieces of work the owners have who claim by them. */
function counted(claims: WorkClaims, held: (pieces: number) => void): WorkClaims {
  const byOwner = new Map<string, number>()
  const tell = () => held([...byOwner.values()].reduce((sum, pieces) => sum + pieces, 0))
  return {
    async claimWork(claim) {
      const names = await claims.claimWork(claim)
      byOwner.set(claim.owner, names.length)
      tell()
      return names
    },
    async releaseWork(owner) {
      await claims.releaseWork(owner)
      byOwner.delete(owner)
      tell()
    },
  }
}

/** Measures a cache in memory. */
export function measuredCache(metrics: Metrics, cache: 'objects' | 'made'): CacheObserver {
  const hits = metrics.counter('windrow_cache_requests_total', { cache, result: 'hit' })
  const misses = metrics.counter('windrow_cache_requests_total', { cache, result: 'miss' })
  const bytes = metrics.gauge('windrow_cache_bytes', { cache })
  bytes.set(0)
  return (isHit, heldBytes) => {
    if (isHit) hits.add()
    else misses.add()
    bytes.set(heldBytes)
  }
}
