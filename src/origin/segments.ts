import { createHash } from 'node:crypto'
import type { Absence, ArchiveReader } from '../archive/reader.ts'
import type { CacheObserver } from '../cache/cache-observer.ts'
import { LruCache } from '../cache/lru-cache.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { StoredBytes } from '../model/source-segment.ts'
import type { ContentKeys } from '../packaging/content-keys.ts'
import type { SegmentBody, SegmentLookup, SegmentRequest } from '../packaging/output-format.ts'
import type { SourceMedia } from '../packaging/segments/source-media.ts'
import { inSpan } from '../spans.ts'
import type { ByteRange } from '../stores/objects.ts'
import type { BodyPart } from './send-parts.ts'
import { spanOf } from './span-attributes.ts'

const LEAST_BYTES = 64 * 1024 * 1024
/** Of the memory for segments at the live edge: so much more is there for those that are made of them. */
const SHARE = 4

export type FoundSegment = { readonly body: SegmentBody; readonly etag: string }

/** Hears of what is asked of the cache of made segments, and of each that is made. */
export type SegmentObserver = {
  readonly asked: CacheObserver
  /** Called as a segment of the endpoint is about to be made, or found; gives what is called when it has been made. */
  making(endpoint: OriginEndpoint): () => void
}

export type SegmentsDeps = {
  readonly archive: SegmentLookup & Pick<ArchiveReader, 'openProven'>
  readonly media: SourceMedia
  readonly contentKeys: ContentKeys
  /** The memory for segments at the live edge. */
  readonly memoryCacheBytes?: number | undefined
  readonly observer?: SegmentObserver | undefined
}

/** Finds segments by path. A segment that must be made is made once, however many clients ask, and cached. */
export class Segments {
  private readonly archive: SegmentLookup & Pick<ArchiveReader, 'openProven'>
  private readonly media: SourceMedia
  private readonly keys: ContentKeys
  private readonly observer: SegmentObserver | undefined
  private readonly made: LruCache<FoundSegment>
  private readonly finding = new SingleFlight<FoundSegment | Absence>()

  constructor({ archive, media, contentKeys, memoryCacheBytes = 0, observer }: SegmentsDeps) {
    this.archive = archive
    this.made = new LruCache(Math.max(LEAST_BYTES, memoryCacheBytes / SHARE))
    this.media = media
    this.keys = contentKeys
    this.observer = observer
  }

  /** The segment at a path, or why there is none. */
  async find(endpoint: OriginEndpoint, path: string, request: SegmentRequest): Promise<FoundSegment | Absence> {
    const key = keyOf(endpoint, path)
    const made = this.made.get(key)
    if (made) this.observer?.asked(true, this.made.held)
    return made ?? this.finding.run(key, () => this.locateInSpan(endpoint, path, request, key))
  }

  private locateInSpan(endpoint: OriginEndpoint, path: string, request: SegmentRequest, key: string) {
    const attributes = () => ({ ...spanOf(endpoint), 'windrow.path': path })
    return inSpan('segment.make', attributes, () => this.locate(endpoint, request, key))
  }

  private async locate(
    endpoint: OriginEndpoint,
    request: SegmentRequest,
    key: string,
  ): Promise<FoundSegment | Absence> {
    const wasMade = this.observer?.making(endpoint)
    const body = await request.body(this.archive, this.media, this.keys)
    if (typeof body === 'string') return body
    const found = { body, etag: etagOf(key, body) }
    if (body.kind !== 'bytes') return found
    this.made.put(key, found, body.size)
    wasMade?.()
    this.observer?.asked(false, this.made.held)
    return found
  }

  /** As `find`, for one who looks on: what is made for it, of media that it brings, is not kept. */
  async bodyOf(
    endpoint: OriginEndpoint,
    path: string,
    request: SegmentRequest,
    media: SourceMedia,
  ): Promise<SegmentBody | Absence> {
    return this.made.get(keyOf(endpoint, path))?.body ?? request.body(this.archive, media, this.keys)
  }

  /**
   * Opens the first of the consecutive parts of a body, or of a range of it, and says how the others are opened when
   * their turn comes, so that a response has one file open. Parts are shared and must not be changed; the caller closes
   * them. Throws LostMedia, before anything is sent, when the bytes of any source are not as stored.
   */
  async open(body: SegmentBody, range?: ByteRange): Promise<OpenBody> {
    if (body.kind === 'bytes') return { first: range ? slice(body.parts, range) : body.parts, rest: [] }
    const objects: readonly ObjectPart[] =
      body.kind === 'object'
        ? [{ object: body.object, ...(range && { range }) }]
        : range
          ? within(body.objects, range)
          : body.objects.map((object) => ({ object }))
    const [openFirst, ...rest] = objects.map((part) => async (): Promise<BodyPart> => {
      const opened = await this.archive.openProven(part.object, part.range)
      return opened instanceof Uint8Array ? [opened] : opened
    })
    for (const open of rest) await closePart(await open())
    return { first: await openFirst?.(), rest }
  }
}

/** The parts of a body: the first, unless the body is empty, and what opens the others. */
type OpenBody = { readonly first: BodyPart | undefined; readonly rest: readonly (() => Promise<BodyPart>)[] }

export async function closePart(part: BodyPart | undefined): Promise<void> {
  if (part && 'close' in part) await part.close()
}

function keyOf({ guid, revision }: OriginEndpoint, path: string): string {
  return `${guid}/${revision}/${path}`
}

type ObjectPart = { readonly object: StoredBytes; readonly range?: ByteRange }

/** The parts of consecutive objects that a range covers. */
function within(objects: readonly StoredBytes[], { start, end }: ByteRange): readonly ObjectPart[] {
  let offset = 0
  return objects.flatMap((object) => {
    const range = { start: Math.max(start - offset, 0), end: Math.min(end - offset, object.size) }
    offset += object.size
    return range.start < range.end ? [{ object, range }] : []
  })
}

/**
 * The ETag of a body. A path never refers to other bytes; the sources and the endpoint's settings decide what is made
 * of it.
 */
function etagOf(key: string, { sources }: SegmentBody): string {
  const hash = createHash('sha256').update(key)
  for (const source of sources) hash.update(`/${source}`)
  return `"${hash.digest('base64url').slice(0, 27)}"`
}

function slice(parts: readonly Uint8Array[], { start, end }: ByteRange): readonly Uint8Array[] {
  const sliced: Uint8Array[] = []
  let offset = 0
  for (const part of parts) {
    const from = Math.max(start - offset, 0)
    const to = Math.min(end - offset, part.length)
    if (from < to) sliced.push(part.subarray(from, to))
    offset += part.length
  }
  return sliced
}
