import type { ArchiveReader } from '../../archive/reader.ts'
import type { Clock } from '../../clock.ts'
import { isInTheClear } from '../../model/asset-encryption.ts'
import { type Clip, encryptedAsNow, isLiving } from '../../model/clip.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { SegmentRequest } from '../../packaging/output-format.ts'
import { outputFormatOf } from '../../packaging/packager.ts'
import type { Resources } from '../../stores/resources.ts'
import { clipDirectory, type Directory } from '../directory.ts'
import type { CachedManifest } from '../manifests/cached-manifest.ts'
import type { WindowQueue } from '../manifests/window-queue.ts'
import type { ManifestWorker } from '../manifests/worker.ts'
import type { MovieOrder } from '../movies/movie-request.ts'
import type { PlaybackError } from '../playback-error.ts'
import { clippedLookup } from './clip-lookup.ts'
import { CLIP_MAX_AGE, ClipManifests } from './clip-manifests.ts'
import { type ClipPath, editionName, isFirst, segmentNamed } from './clip-paths.ts'

export type ClipsDeps = {
  readonly resources: Pick<Resources, 'clipById' | 'onChange'>
  readonly archive: Pick<ArchiveReader, 'edge' | 'range'>
  readonly worker: ManifestWorker
  readonly queue: WindowQueue
  readonly clock: Clock
  /** The date, by which clips end. */
  readonly date: Clock
}

/** A segment of a clip, as it is looked up for players. */
export type ClipSegment = {
  readonly endpoint: OriginEndpoint
  /** The path under which it is remembered, different for each edition of its clip. */
  readonly path: string
  readonly request: SegmentRequest
  /** max-age in seconds; absent where its bytes never change. */
  readonly maxAge?: number
}

/** A clip as one file, which is made as it is sent. */
export type ClipMovie = { readonly movie: MovieOrder }

/** Finds the files of clips. They are bound neither by the startover window nor by a time delay of their endpoints. */
export class Clips {
  private readonly directory: Directory<Clip>
  private readonly manifests: ClipManifests
  private readonly date: Clock
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(deps: ClipsDeps) {
    this.directory = clipDirectory(deps.resources, deps.clock)
    this.manifests = new ClipManifests(deps)
    this.date = deps.date
    this.close = () => this.directory.close()
  }

  /**
   * The file at a path of an endpoint, or why there is none. `endpoint` is as it is now: it decides who may watch, and
   * that is decided already. Throws ManifestsBusy.
   */
  async find(
    endpoint: OriginEndpoint,
    path: ClipPath,
    client: string | undefined,
  ): Promise<CachedManifest | ClipSegment | ClipMovie | PlaybackError> {
    const clip = await this.directory.find(path.id)
    if (!clip || !isLiving(clip, this.date())) return 'NoSuchClip'
    const source = clip.sources.find(
      ({ endpoint: { guid }, kinds }) => guid === endpoint.guid && kinds.includes(path.kind),
    )
    if (!source) return 'NoSuchClip'
    const { start, end, cut } = clip
    const { edition, kind } = path
    const shown = encryptedAsNow(source.endpoint, endpoint)
    if (kind === 'MP4') {
      const movie = { endpoint: shown, span: { start, end }, isCut: cut === 'FRAME' }
      return isFirst(path) ? { movie } : 'NoSuchObject'
    }
    // A clip that was made in the clear has formats in which nothing is encrypted.
    if (isInTheClear(shown, kind)) return 'ClipIsEncrypted'
    if (shown.packaging.encryption && !outputFormatOf(shown)) return 'CannotPackage'
    if (edition === undefined) return this.manifests.find({ clip, endpoint: shown }, { ...path, kind }, client)
    // Players that began before the clip was changed go on with what is left of it.
    const { formerEdition: former } = clip
    const isFormer = former !== undefined && edition === editionName(former, shown)
    const isKnown = isFormer || edition === editionName(clip.edition, shown)
    const named = isKnown ? segmentNamed(shown, path) : undefined
    if (!named) return 'NoSuchObject'
    const body: SegmentRequest['body'] = (index, media, keys) => named.body(clippedLookup(index, clip), media, keys)
    const remembered = `clips/${clip.id}/${clip.edition}/${path.kind}/${path.file}`
    return {
      endpoint: shown,
      path: remembered,
      request: { ...named, body },
      ...(isFormer && { maxAge: CLIP_MAX_AGE }),
    }
  }
}
