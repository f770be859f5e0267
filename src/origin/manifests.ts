import type { ArchiveReader } from '../archive/reader.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ManifestRequest } from '../packaging/output-format.ts'
import { BoundedCache } from './bounded-cache.ts'
import { RenderedManifest } from './rendered-manifest.ts'

const CACHE_BYTES = 64 * 1024 * 1024
/** What an entry costs besides its text: headers, the compressed form. */
const ENTRY_BYTES = 4096

/** Live manifests, each written once per version of the archive however many ask. */
export class LiveManifests {
  readonly #archive: Pick<ArchiveReader, 'version' | 'live'>
  readonly #rendered = new BoundedCache<RenderedManifest>(CACHE_BYTES)
  readonly #rendering = new Map<string, Promise<RenderedManifest | undefined>>()

  constructor(archive: Pick<ArchiveReader, 'version' | 'live'>) {
    this.#archive = archive
  }

  /** Undefined when there is nothing to show, or no such stream. */
  async find(endpoint: OriginEndpoint, path: string, request: ManifestRequest): Promise<RenderedManifest | undefined> {
    const version = this.#archive.version(endpoint.channelGuid)
    const key = `${endpoint.guid}/${endpoint.revision}/${path}`
    const rendered = this.#rendered.get(key)
    if (rendered?.version === version) return rendered
    const turn = `${key}/${version}`
    const underway = this.#rendering.get(turn)
    if (underway) return underway
    const rendering = this.#render(endpoint, request, key).finally(() => this.#rendering.delete(turn))
    this.#rendering.set(turn, rendering)
    return rendering
  }

  async #render(
    endpoint: OriginEndpoint,
    request: ManifestRequest,
    key: string,
  ): Promise<RenderedManifest | undefined> {
    const window = await this.#archive.live(endpoint, request.windowSeconds)
    const manifest = window && request.write(window, { kind: 'live' })
    if (!manifest) return undefined
    const maxAge = Math.max(1, Math.ceil(endpoint.package.segmentDurationSeconds / 2))
    const rendered = new RenderedManifest(manifest, window, maxAge)
    const newest = this.#rendered.get(key)
    // A slow rendering does not put an older window back.
    if (newest && newest.version > rendered.version) return newest
    this.#rendered.put(key, rendered, 2 * rendered.plain.text.length + ENTRY_BYTES)
    return rendered
  }
}
