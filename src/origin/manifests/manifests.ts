import type { ArchiveReader, LiveEdge } from '../../archive/reader.ts'
import { LruCache } from '../../cache/lru-cache.ts'
import type { Clock } from '../../clock.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { endUtcOf } from '../../model/output-segment.ts'
import {
  type ViewingWindow,
  type VisibleWindow,
  visibleWindow,
  type WindowAbsence,
} from '../../model/viewing-window.ts'
import type { ManifestRequest, PlayedStyle } from '../../packaging/output-format.ts'
import type { PlaybackError } from '../playback-error.ts'
import { CachedManifest } from './cached-manifest.ts'
import type { ManifestQuery } from './query.ts'
import { manifestText } from './render.ts'
import type { ManifestWorker } from './worker.ts'
import type { Rendered } from './worker-messages.ts'

/**
 * Bytes of each of two caches: live manifests, and manifests requested by query, which therefore never evict live
 * ones.
 */
const CACHE_BYTES = 64 * 1024 * 1024
/** Bytes of a cache entry besides its text: headers and keys. */
const ENTRY_BYTES = 4096
/** Time for which a window in the past is assumed not to change. */
const OVER_MS = 600_000
/** max-age in seconds of a window in the past: content is kept for a minute longer than any window shows it. */
const OVER_MAX_AGE = 60

/** The errors for windows of which nothing can be seen. */
const WINDOW_ERRORS = {
  'not yet': 'WindowNotYet',
  'no startover window': 'NoStartoverWindow',
  'outside startover window': 'OutsideStartoverWindow',
} as const satisfies Record<WindowAbsence, PlaybackError>

/** A cached manifest, or the fact that its filter leaves nothing, with its validity. */
type CacheEntry = {
  readonly manifest: CachedManifest | 'FilterLeavesNothing'
  readonly version: number
  /** The entry holds until this time, whatever the archive's version; when absent, until the version changes. */
  readonly until?: UtcMs
}

type Archive = Pick<ArchiveReader, 'version' | 'live' | 'edge' | 'range'>

/** The text to be written, and how long it holds. */
type Rendering = {
  readonly rendered: Rendered | 'NothingToShowYet'
  readonly version: number
  readonly until?: UtcMs
  readonly maxAge: number
}

/** Gives manifests on request. Each is written once while it is current, however many clients ask. */
export class Manifests {
  private readonly archive: Archive
  private readonly worker: ManifestWorker
  private readonly clock: Clock
  private readonly live = new LruCache<CacheEntry>(CACHE_BYTES)
  private readonly byQuery = new LruCache<CacheEntry>(CACHE_BYTES)
  private readonly rendering = new SingleFlight<CacheEntry | PlaybackError>()

  constructor(archive: Archive, worker: ManifestWorker, clock: Clock) {
    this.archive = archive
    this.worker = worker
    this.clock = clock
  }

  /** The manifest for a path, or why there is none. Throws ManifestWorkerBusy. */
  async find(
    endpoint: OriginEndpoint,
    path: string,
    request: ManifestRequest,
    query: ManifestQuery,
  ): Promise<CachedManifest | PlaybackError> {
    const delayMs = endpoint.timeDelaySeconds * 1000
    const asOf = delayMs > 0 ? utcMs(this.clock() - delayMs) : undefined
    const { window: asked, filter } = query
    const edge = asked && (await this.archive.edge(endpoint, asOf))
    if (asked && !edge) return 'NothingToShowYet'
    const seen = asked && edge && visible(asked, endpoint, edge)
    if (typeof seen === 'string') return WINDOW_ERRORS[seen]

    const isLive = !asked && !filter
    const cache = isLive ? this.live : this.byQuery
    const key = `${endpoint.guid}/${endpoint.revision}/${path}${isLive ? '' : `?${JSON.stringify(query)}`}`
    const version = this.archive.version(endpoint.channelGuid)
    const entry = cache.get(key)
    if (entry && this.holds(entry, version)) return entry.manifest

    const renderKey = `${key}/${seen?.isOver ? 'over' : version}`
    const found = await this.rendering.run(renderKey, async () => {
      const fresh =
        asked && seen && edge
          ? await this.renderShifted(endpoint, path, { asked, seen, edge, query })
          : await this.renderLive(endpoint, request, query, asOf)
      return store(fresh, cache, key)
    })
    return typeof found === 'string' ? found : found.manifest
  }

  private holds({ version, until }: CacheEntry, current: number): boolean {
    return until === undefined ? version === current : this.clock() < until
  }

  private async renderLive(
    endpoint: OriginEndpoint,
    request: ManifestRequest,
    { filter }: ManifestQuery,
    asOf: UtcMs | undefined,
  ): Promise<Rendering> {
    const version = this.archive.version(endpoint.channelGuid)
    const window = await this.archive.live(endpoint, request.windowSeconds, asOf)
    const last = window?.segments.at(-1)
    return {
      rendered:
        window && last
          ? manifestText(request.write(window, { kind: 'live', ...(filter && { filter }) }), last)
          : 'NothingToShowYet',
      version: window?.version ?? version,
      ...nextDue(endpoint, window?.following),
      maxAge: liveMaxAge(endpoint),
    }
  }

  private async renderShifted(
    endpoint: OriginEndpoint,
    path: string,
    { asked, seen, edge, query }: { asked: ViewingWindow; seen: VisibleWindow; edge: LiveEdge; query: ManifestQuery },
  ): Promise<Rendering> {
    const { isOver } = seen
    const segmentRange = await this.archive.range(endpoint, seen, edge)
    const style: PlayedStyle = { kind: 'live', shift: { asked, isOver }, ...(query.filter && { filter: query.filter }) }
    const rendered = segmentRange
      ? await this.worker.render({ endpoint, path, segmentRange, style })
      : 'NothingInWindow'
    const isFinal = isOver && !(rendered instanceof Object && rendered.isHeldBack)
    return {
      rendered,
      version: edge.version,
      ...(isFinal ? { until: utcMs(this.clock() + OVER_MS) } : nextDue(endpoint, edge.following)),
      maxAge: isFinal ? OVER_MAX_AGE : liveMaxAge(endpoint),
    }
  }
}

function visible(asked: ViewingWindow, { startoverWindowSeconds }: OriginEndpoint, edge: LiveEdge) {
  const progress = { live: endUtcOf(edge.segment), published: edge.publishedUntil }
  return visibleWindow(asked, startoverWindowSeconds, progress)
}

/** The time at which the next segment becomes visible. It is known in advance when the endpoint has a time delay. */
function nextDue(
  { timeDelaySeconds }: OriginEndpoint,
  following: LiveEdge['following'] = [],
): { readonly until?: UtcMs } {
  const [next] = following
  return next && timeDelaySeconds > 0 ? { until: utcMs(next.sealedAt + timeDelaySeconds * 1000) } : {}
}

function liveMaxAge(endpoint: OriginEndpoint): number {
  return Math.max(1, Math.ceil(endpoint.packaging.segment.durationSeconds / 2))
}

function store(
  { rendered, version, until, maxAge }: Rendering,
  cache: LruCache<CacheEntry>,
  key: string,
): CacheEntry | PlaybackError {
  const isNothing = typeof rendered === 'string'
  if (isNothing && rendered !== 'FilterLeavesNothing') return rendered
  const newest = cache.get(key)
  // A slow rendering must not replace a newer one.
  if (newest && newest.version > version) return newest
  const manifest = isNothing ? rendered : new CachedManifest(rendered, maxAge)
  const entry = { manifest, version, ...(until !== undefined && { until }) }
  cache.put(key, entry, ENTRY_BYTES + (typeof manifest === 'string' ? 0 : manifest.cost))
  return entry
}
