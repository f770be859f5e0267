import type { ArchiveReader } from '../../archive/reader.ts'
import { LruCache } from '../../cache/lru-cache.ts'
import type { Clock } from '../../clock.ts'
import { SingleFlight } from '../../concurrency/single-flight.ts'
import { CLIP_FILES, type Clip } from '../../model/clip.ts'
import type { PresentationKind } from '../../model/deliverable.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { CachedManifest, ENTRY_BYTES } from '../manifests/cached-manifest.ts'
import type { WindowQueue } from '../manifests/window-queue.ts'
import type { ManifestWorker } from '../manifests/worker.ts'
import type { PlaybackError } from '../playback-error.ts'
import { type ClipPath, editionName, isFirst, namesOf, presentedAs } from './clip-paths.ts'

const CACHE_BYTES = 64 * 1024 * 1024
/** Time for which a manifest is assumed not to change. */
const KEPT_MS = 600_000
/** max-age in seconds: a clip may get other in and out points at any time. */
export const CLIP_MAX_AGE = 5

/** The path of a manifest. */
export type ClipManifestPath = ClipPath & { readonly kind: PresentationKind }

type ShownClip = { readonly clip: Clip; readonly endpoint: OriginEndpoint }

type Entry = {
  readonly manifest: CachedManifest
  /** Of a parent manifest: the names of the other manifests. */
  readonly children: readonly string[]
  readonly until: number
}

export type ClipManifestsDeps = {
  readonly archive: Pick<ArchiveReader, 'edge' | 'range'>
  readonly worker: ManifestWorker
  /** Windows of clips wait for their turn among all others. */
  readonly queue: WindowQueue
  readonly clock: Clock
}

/** Gives the manifests of clips, as a harvest writes them. Each is written once while its clip is not changed. */
export class ClipManifests {
  private readonly deps: ClipManifestsDeps
  private readonly entries = new LruCache<Entry>(CACHE_BYTES)
  private readonly rendering = new SingleFlight<Entry | PlaybackError>()

  constructor(deps: ClipManifestsDeps) {
    this.deps = deps
  }

  /**
   * The manifest at a path of a clip, or why there is none; `client` is who asks. What its parent manifest does not
   * have costs nothing more than that. Throws ManifestsBusy.
   */
  async find(
    clip: ShownClip,
    path: ClipManifestPath,
    client: string | undefined,
  ): Promise<CachedManifest | PlaybackError> {
    if (!isFirst(path)) {
      const parent = await this.entry(clip, { ...path, file: CLIP_FILES[path.kind] }, client)
      if (typeof parent === 'string') return parent
      if (!parent.children.includes(path.file)) return 'NoSuchObject'
    }
    const entry = await this.entry(clip, path, client)
    return typeof entry === 'string' ? entry : entry.manifest
  }

  private async entry(
    { clip, endpoint }: ShownClip,
    path: ClipManifestPath,
    client: string | undefined,
  ): Promise<Entry | PlaybackError> {
    const key = `${endpoint.guid}/${clip.id}/${editionName(clip.edition, endpoint)}/${path.kind}/${path.file}`
    const known = this.entries.get(key)
    if (known && this.deps.clock() < known.until) return known
    return this.rendering.run(key, async () => {
      const cost = (clip.end - clip.start) / 1000 / endpoint.packaging.segment.durationSeconds
      const claim = { subject: endpoint.guid, client, cost: Math.max(cost, 1) }
      const rendered = await this.deps.queue.run(claim, () => this.render(clip, endpoint, path))
      if (typeof rendered === 'string') return rendered
      const manifest = new CachedManifest(rendered, CLIP_MAX_AGE)
      const entry = { manifest, children: rendered.children ?? [], until: this.deps.clock() + KEPT_MS }
      this.entries.put(key, entry, ENTRY_BYTES + manifest.cost)
      return entry
    })
  }

  private async render(clip: Clip, endpoint: OriginEndpoint, path: ClipManifestPath) {
    const { archive, worker } = this.deps
    const { start, end, cut, edition } = clip
    const segmentRange = await archive.range(endpoint, { start, end }, await archive.edge(endpoint))
    if (!segmentRange) return 'NothingInWindow'
    return worker.render({
      endpoint: presentedAs(endpoint, path.kind),
      path: path.file,
      segmentRange,
      style: {
        kind: 'asset',
        isParent: isFirst(path),
        names: namesOf(editionName(edition, endpoint)),
        ...(cut === 'FRAME' && { cut: { start, end } }),
      },
    })
  }
}
