import type { ArchiveReader, LiveEdge } from '../../archive/reader.ts'
import { LruCache } from '../../cache/lru-cache.ts'
import type { Clock } from '../../clock.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import type { Log } from '../../log.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { endUtcOf } from '../../model/output-segment.ts'
import type { ViewingWindow } from '../../model/viewing-window.ts'
import { type ContentKeys, withKeys } from '../../packaging/content-keys.ts'
import type { ManifestRequest, PlayedStyle } from '../../packaging/output-format.ts'
import { windowFolder } from '../../packaging/time-shift.ts'
import { inSpan } from '../../spans.ts'
import type { LostSegments } from '../lost-segments.ts'
import type { PlaybackError } from '../playback-error.ts'
import { spanOf } from '../span-attributes.ts'
import { momentShown, type SeenWindow, seenWindow, type UnseenWindow } from '../visible-window.ts'
import { CachedManifest, ENTRY_BYTES } from './cached-manifest.ts'
import { LeftOutStreams } from './left-out-streams.ts'
import type { ManifestQuery } from './query.ts'
import { manifestText } from './render.ts'
import { FOLDER_OF_WINDOW, type RenderedWindow, WindowManifests } from './window-manifests.ts'
import type { WindowQueue } from './window-queue.ts'
import type { ManifestWorker } from './worker.ts'

/**
 * Bytes of each of two caches: live manifests, and manifests requested by query, which therefore never evict live
 * ones.
 */
const CACHE_BYTES = 64 * 1024 * 1024
/** Windows move on: manifests by query that nobody requests any more are not kept until the cache is full. */
const UNUSED_MS = 300_000
/** Time for which a window in the past is assumed not to change. */
const OVER_MS = 600_000
/** max-age in seconds of a window in the past: content is kept for a minute longer than any window shows it. */
const OVER_MAX_AGE = 60

/** A cached manifest, or the fact that its filter leaves nothing, with its validity. */
type CacheEntry = {
  readonly manifest: CachedManifest | 'FilterLeavesNothing'
  readonly version: number
  /** The entry holds until this time, whatever the archive's version; when absent, until the version changes. */
  readonly until?: UtcMs
}

type Archive = Pick<ArchiveReader, 'version' | 'live' | 'edge' | 'range'>

/** The text to be written or the manifest itself, and how long it holds. */
type Rendering = Omit<RenderedWindow, 'rendered'> & {
  readonly rendered: RenderedWindow['rendered'] | UnseenWindow
  readonly manifest?: CachedManifest
}

export type ManifestsDeps = {
  readonly archive: Archive
  readonly worker: ManifestWorker
  readonly queue: WindowQueue
  readonly contentKeys: Pick<ContentKeys, 'describe'>
  readonly clock: Clock
  /** What live HLS playlists must call gaps. */
  readonly lost: Pick<LostSegments, 'version' | 'without'>
  readonly log: Log
}

/** Gives manifests on request. Each is written once while it is current, however many clients ask. */
export class Manifests {
  private readonly archive: Archive
  private readonly worker: ManifestWorker
  private readonly contentKeys: ManifestsDeps['contentKeys']
  private readonly clock: Clock
  private readonly lost: Pick<LostSegments, 'version' | 'without'>
  private readonly live = new LruCache<CacheEntry>(CACHE_BYTES)
  private readonly byQuery: LruCache<CacheEntry>
  private readonly rendering = new SingleFlight<CacheEntry | PlaybackError>()
  private readonly windows: WindowManifests
  private readonly queue: WindowQueue
  private readonly leftOut: LeftOutStreams

  constructor({ archive, worker, queue, contentKeys, clock, lost, log }: ManifestsDeps) {
    this.archive = archive
    this.worker = worker
    this.queue = queue
    this.contentKeys = contentKeys
    this.clock = clock
    this.byQuery = new LruCache(CACHE_BYTES, { unused: { afterMs: UNUSED_MS, clock } })
    this.windows = new WindowManifests((entry, version) => this.holds(entry, version), clock)
    this.lost = lost
    this.leftOut = new LeftOutStreams(log)
  }

  /** The live manifest for a path; undefined where it must be found, or is no live one. */
  current(endpoint: OriginEndpoint, path: string, query: ManifestQuery): CachedManifest | undefined {
    if (!isLive(query)) return undefined
    const entry = this.live.get(liveKey(endpoint, path))
    const holds = entry && typeof entry.manifest !== 'string' && this.holds(entry, this.liveVersion(endpoint))
    return holds ? entry.manifest : undefined
  }

  /** The manifest for a path, or why there is none; `client` is who asks, where that is known. Throws ManifestsBusy. */
  async find(
    endpoint: OriginEndpoint,
    path: string,
    request: ManifestRequest,
    { query, client }: { readonly query: ManifestQuery; readonly client: string | undefined },
  ): Promise<CachedManifest | PlaybackError> {
    const asOf = momentShown(endpoint, this.clock)
    const { window: asked } = query
    const seen = asked && (await seenWindow(this.archive, endpoint, asked, asOf))
    if (typeof seen === 'string') return seen

    const ofLive = isLive(query)
    const cache = ofLive ? this.live : this.byQuery
    const key = `${liveKey(endpoint, path)}${ofLive ? '' : `?${JSON.stringify(query)}`}`
    const version = asked ? this.archive.version(endpoint.channelGuid) : this.liveVersion(endpoint)
    const entry = cache.get(key)
    if (entry && this.holds(entry, version)) return entry.manifest

    const renderKey = `${key}/${seen?.window.isOver ? 'over' : version}`
    const attributes = () => ({ ...spanOf(endpoint), 'windrow.path': path })
    const found = await this.rendering.run(renderKey, () =>
      inSpan('manifest', attributes, async () => {
        const fresh =
          asked && seen
            ? await this.inTurn({ endpoint, seen, client }, () =>
                this.renderShifted(endpoint, path, request, { query: { ...query, window: asked }, asOf }),
              )
            : await this.renderLive(endpoint, request, query, asOf)
        return store(fresh, cache, key)
      }),
    )
    return typeof found === 'string' ? found : found.manifest
  }

  /** Does the work for a window when it has its turn among those of other endpoints and clients. */
  private async inTurn<T>(
    { endpoint, seen, client }: { endpoint: OriginEndpoint; seen: SeenWindow; client: string | undefined },
    work: () => Promise<T>,
  ): Promise<T> {
    const { start, end } = seen.window
    const shownMs = Math.min(end, endUtcOf(seen.edge.segment)) - start
    const cost = Math.max(shownMs / 1000 / endpoint.packaging.segment.durationSeconds, 1)
    return this.queue.run({ subject: endpoint.guid, client, cost }, work)
  }

  private holds({ version, until }: Pick<CacheEntry, 'version' | 'until'>, current: number): boolean {
    return until === undefined ? version === current : this.clock() < until
  }

  /** A number that grows with every change of what live manifests show. */
  private liveVersion(endpoint: OriginEndpoint, archived = this.archive.version(endpoint.channelGuid)): number {
    return archived + this.lost.version(endpoint)
  }

  private async renderLive(
    endpoint: OriginEndpoint,
    request: ManifestRequest,
    query: ManifestQuery,
    asOf: UtcMs | undefined,
  ): Promise<Rendering> {
    const archived = await this.archive.live(endpoint, request.windowSeconds, asOf)
    const version = this.liveVersion(endpoint, archived?.version)
    const left = archived && this.lost.without(endpoint, archived)
    const window = left && (await withKeys(endpoint, left, this.contentKeys))
    const last = window?.segments.at(-1)
    const written = window && request.write(window, { kind: 'live', ...styleOf(query) })
    if (window && written) this.leftOut.note(endpoint, written)
    // Who plays the live edge may go back in time next.
    if (last && endpoint.startoverWindowSeconds > 0) this.worker.prepare()
    return {
      rendered: last ? manifestText(written, last) : 'NothingToShowYet',
      version,
      ...nextDue(endpoint, window?.following),
      maxAge: liveMaxAge(endpoint),
    }
  }

  private async renderShifted(
    endpoint: OriginEndpoint,
    path: string,
    { times }: ManifestRequest,
    { query, asOf }: { query: ManifestQuery & { readonly window: ViewingWindow }; asOf: UtcMs | undefined },
  ): Promise<Rendering> {
    const version = this.archive.version(endpoint.channelGuid)
    // Looked up again, since the archive may have gone on while the window waited.
    const { window: asked, ...asStyled } = query
    const seen = await seenWindow(this.archive, endpoint, asked, asOf)
    if (typeof seen === 'string') return { rendered: seen, version, maxAge: 0 }
    const { window, edge } = seen
    const { isOver } = window
    const segmentRange = await this.archive.range(endpoint, window, edge)
    if (!segmentRange) return { rendered: 'NothingInWindow', version: edge.version, maxAge: 0 }

    const { after, last } = segmentRange.numbers
    // The times in a path change nothing in the text but the way to the segments, which is as long for all.
    const name = path.replace(`start/${times.start}/`, 'start//').replace(`end/${times.end}/`, 'end//')
    const run = JSON.stringify([endpoint.guid, endpoint.revision, name, asStyled, after, last, isOver])
    const place = { run, window: `${window.start}-${window.end}`, folder: windowFolder(asked), version: edge.version }
    return this.windows.find(place, async () => {
      const style: PlayedStyle = {
        kind: 'live',
        shift: { folder: FOLDER_OF_WINDOW, isOver },
        ...styleOf(query),
      }
      const rendered = await this.worker.render({ endpoint, path, segmentRange, style })
      const isFinal = isOver && !(rendered instanceof Object && rendered.isHeldBack)
      return {
        rendered,
        version: edge.version,
        ...(isFinal ? { until: utcMs(this.clock() + OVER_MS) } : nextDue(endpoint, edge.following)),
        maxAge: isFinal ? OVER_MAX_AGE : liveMaxAge(endpoint),
      }
    })
  }
}

function isLive({ window, filter, excludesSessionKeys }: ManifestQuery): boolean {
  return !window && !filter && !excludesSessionKeys
}

function liveKey({ guid, revision }: OriginEndpoint, path: string): string {
  return `${guid}/${revision}/${path}`
}

/** What a query says of a manifest but for its window. */
function styleOf({ filter, excludesSessionKeys }: ManifestQuery): Pick<PlayedStyle, 'filter' | 'excludesSessionKeys'> {
  return { ...(filter && { filter }), ...(excludesSessionKeys && { excludesSessionKeys }) }
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
  { rendered, manifest: shared, version, until, maxAge }: Rendering,
  cache: LruCache<CacheEntry>,
  key: string,
): CacheEntry | PlaybackError {
  const isNothing = typeof rendered === 'string'
  if (isNothing && rendered !== 'FilterLeavesNothing') return rendered
  const newest = cache.get(key)
  // A slow rendering must not replace a newer one.
  if (newest && newest.version > version) return newest
  const manifest = isNothing ? rendered : (shared ?? new CachedManifest(rendered, maxAge))
  const entry = { manifest, version, ...(until !== undefined && { until }) }
  cache.put(key, entry, ENTRY_BYTES + (typeof manifest === 'string' ? 0 : manifest.cost))
  return entry
}
