import type { ArchiveReader, Edge } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { endUtcOf } from '../model/output-segment.ts'
import { type ViewingWindow, type VisibleWindow, visibleWindow } from '../model/viewing-window.ts'
import type { ManifestRequest, PlayedStyle } from '../packaging/output-format.ts'
import { BoundedCache } from './bounded-cache.ts'
import type { ManifestQuery } from './manifest-query.ts'
import type { ManifestPress } from './press.ts'
import type { Printed } from './press-messages.ts'
import { printed } from './printed-manifest.ts'
import { RenderedManifest } from './rendered-manifest.ts'

/** Of what everybody watches, and of what somebody asked for: no query pushes the live manifests out. */
const CACHE_BYTES = 64 * 1024 * 1024
/** What an entry costs besides its text: headers, keys. */
const ENTRY_BYTES = 4096
/** Nothing is added to a window that is over; this is how long that is taken for granted. */
const OVER_MS = 600_000
/** Content is kept for a minute longer than any window, so this is how long caches may show one that is over. */
const OVER_MAX_AGE = 60

/** A manifest, or that the filter leaves nothing of it, and how long that holds. */
type Kept = {
  readonly manifest: RenderedManifest | 'nothing left'
  readonly version: number
  /** Until then whatever the archive's version; absent: until that changes. */
  readonly until?: UtcMs
}

type Archive = Pick<ArchiveReader, 'version' | 'live' | 'edge' | 'stretch'>

/** What to write, and until when it holds. */
type Draft = { readonly printed: Printed; readonly version: number; readonly until?: UtcMs; readonly maxAge: number }

/** Manifests as they are asked for, each written once while it holds, however many ask. */
export class Manifests {
  readonly #archive: Archive
  readonly #press: ManifestPress
  readonly #clock: Clock
  readonly #live = new BoundedCache<Kept>(CACHE_BYTES)
  readonly #byQuery = new BoundedCache<Kept>(CACHE_BYTES)
  readonly #rendering = new Map<string, Promise<Kept | undefined>>()

  constructor(archive: Archive, press: ManifestPress, clock: Clock) {
    this.#archive = archive
    this.#press = press
    this.#clock = clock
  }

  /** Undefined when there is nothing to show, or no such stream. Throws PressBusy. */
  async find(
    endpoint: OriginEndpoint,
    path: string,
    request: ManifestRequest,
    query: ManifestQuery,
  ): Promise<RenderedManifest | 'nothing left' | undefined> {
    const delayMs = endpoint.timeDelaySeconds * 1000
    const asOf = delayMs > 0 ? utcMs(this.#clock() - delayMs) : undefined
    const { window: asked, filter } = query
    const edge = asked && (await this.#archive.edge(endpoint, asOf))
    const seen = asked && edge && visible(asked, endpoint, edge)
    if (asked && !seen) return undefined

    const isLive = !asked && !filter
    const cache = isLive ? this.#live : this.#byQuery
    const key = `${endpoint.guid}/${endpoint.revision}/${path}${isLive ? '' : `?${JSON.stringify(query)}`}`
    const version = this.#archive.version(endpoint.channelGuid)
    const kept = cache.get(key)
    if (kept && this.#holds(kept, version)) return kept.manifest

    const turn = `${key}/${seen?.isOver ? 'over' : version}`
    let rendering = this.#rendering.get(turn)
    if (!rendering) {
      const draft =
        asked && seen && edge
          ? this.#drawShifted(endpoint, path, { asked, seen, edge, query })
          : this.#drawLive(endpoint, request, query, asOf)
      rendering = draft.then((drawn) => keep(drawn, cache, key)).finally(() => this.#rendering.delete(turn))
      this.#rendering.set(turn, rendering)
    }
    return (await rendering)?.manifest
  }

  #holds({ version, until }: Kept, current: number): boolean {
    return until === undefined ? version === current : this.#clock() < until
  }

  async #drawLive(
    endpoint: OriginEndpoint,
    request: ManifestRequest,
    { filter }: ManifestQuery,
    asOf: UtcMs | undefined,
  ): Promise<Draft> {
    const version = this.#archive.version(endpoint.channelGuid)
    const window = await this.#archive.live(endpoint, request.windowSeconds, asOf)
    const last = window?.segments.at(-1)
    return {
      printed: window && last && printed(request.write(window, { kind: 'live', ...(filter && { filter }) }), last),
      version: window?.version ?? version,
      ...nextDue(endpoint, window?.following),
      maxAge: liveMaxAge(endpoint),
    }
  }

  async #drawShifted(
    endpoint: OriginEndpoint,
    path: string,
    { asked, seen, edge, query }: { asked: ViewingWindow; seen: VisibleWindow; edge: Edge; query: ManifestQuery },
  ): Promise<Draft> {
    const { isOver } = seen
    const stretch = await this.#archive.stretch(endpoint, seen, edge)
    const style: PlayedStyle = { kind: 'live', shift: { asked, isOver }, ...(query.filter && { filter: query.filter }) }
    const printed = stretch && (await this.#press.print({ endpoint, path, stretch, style }))
    const isFinal = isOver && !(printed instanceof Object && printed.isHeldBack)
    return {
      printed,
      version: edge.version,
      ...(isFinal ? { until: utcMs(this.#clock() + OVER_MS) } : nextDue(endpoint, edge.following)),
      maxAge: isFinal ? OVER_MAX_AGE : liveMaxAge(endpoint),
    }
  }
}

function visible(asked: ViewingWindow, { startoverWindowSeconds }: OriginEndpoint, edge: Edge) {
  const progress = { live: endUtcOf(edge.segment), published: edge.publishedUntil }
  return visibleWindow(asked, startoverWindowSeconds, progress)
}

/** With a time delay, what is next is known before it is to be seen. */
function nextDue({ timeDelaySeconds }: OriginEndpoint, following: Edge['following'] = []): { readonly until?: UtcMs } {
  const [next] = following
  return next && timeDelaySeconds > 0 ? { until: utcMs(next.sealedAt + timeDelaySeconds * 1000) } : {}
}

function liveMaxAge(endpoint: OriginEndpoint): number {
  return Math.max(1, Math.ceil(endpoint.package.segmentDurationSeconds / 2))
}

function keep({ printed, version, until, maxAge }: Draft, cache: BoundedCache<Kept>, key: string): Kept | undefined {
  if (!printed) return undefined
  const newest = cache.get(key)
  // A slow rendering does not put an older window back.
  if (newest && newest.version > version) return newest
  const manifest = printed === 'nothing left' ? printed : new RenderedManifest(printed, maxAge)
  const kept = { manifest, version, ...(until !== undefined && { until }) }
  cache.put(key, kept, ENTRY_BYTES + (manifest === 'nothing left' ? 0 : manifest.cost))
  return kept
}
