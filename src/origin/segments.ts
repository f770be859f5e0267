import { createHash } from 'node:crypto'
import type { ArchiveReader } from '../archive/reader.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { OutputFormat, SegmentBody, SegmentName } from '../packaging/output-format.ts'
import type { ByteRange, ObjectStream } from '../stores/objects.ts'
import { BoundedCache } from './bounded-cache.ts'

const CACHE_BYTES = 64 * 1024 * 1024

export type FoundSegment = { readonly body: SegmentBody; readonly etag: string }

/** Segments by name. What had to be made is made once, however many ask, and kept while it is new. */
export class Segments {
  readonly #archive: Pick<ArchiveReader, 'outputSegment' | 'read' | 'open'>
  readonly #made = new BoundedCache<FoundSegment>(CACHE_BYTES)
  readonly #finding = new Map<string, Promise<FoundSegment | undefined>>()

  constructor(archive: Pick<ArchiveReader, 'outputSegment' | 'read' | 'open'>) {
    this.#archive = archive
  }

  /** Undefined when there is no such segment, or the stream has a gap there. */
  async find(endpoint: OriginEndpoint, format: OutputFormat, name: SegmentName): Promise<FoundSegment | undefined> {
    const key = `${endpoint.guid}/${endpoint.revision}/${name.n}/${name.p}/${name.number}`
    const made = this.#made.get(key)
    if (made) return made
    const underway = this.#finding.get(key)
    if (underway) return underway
    const finding = this.#find(endpoint, format, name, key).finally(() => this.#finding.delete(key))
    this.#finding.set(key, finding)
    return finding
  }

  async #find(
    endpoint: OriginEndpoint,
    format: OutputFormat,
    name: SegmentName,
    key: string,
  ): Promise<FoundSegment | undefined> {
    const listed = await this.#archive.outputSegment(endpoint, name.number)
    if (!listed) return undefined
    const window = { eras: [listed.era] }
    const body = await format.segment(endpoint, listed.segment, window, name, this.#archive)
    if (!body) return undefined
    const found = { body, etag: etagOf(endpoint, listed.segment, name) }
    if (body.kind === 'bytes') this.#made.put(key, found, body.size)
    return found
  }

  /** The bytes of a body, or of a range of it, in their order; shared, and not to be changed. To be closed. */
  async open(body: SegmentBody, range?: ByteRange): Promise<readonly (Uint8Array | ObjectStream)[]> {
    if (body.kind === 'object') return [await this.#archive.open(body.key, range)]
    if (body.kind === 'bytes') return range ? slice(body.parts, range) : body.parts
    if (!range) return openAll(body.keys, (key) => this.#archive.open(key))
    return slice(await Promise.all(body.keys.map((key) => this.#archive.read(key))), range)
  }
}

async function openAll<T extends Uint8Array | ObjectStream>(
  keys: readonly string[],
  open: (key: string) => Promise<T>,
): Promise<T[]> {
  const opened = await Promise.allSettled(keys.map(open))
  const failed = opened.find((each) => each.status === 'rejected')
  const parts = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  if (!failed) return parts
  await closeAll(parts)
  throw failed.reason
}

export async function closeAll(parts: readonly (Uint8Array | ObjectStream)[]): Promise<void> {
  await Promise.all(parts.map(async (part) => ('close' in part ? await part.close() : undefined)))
}

/** A number never names other bytes, and the sources and the endpoint's settings decide what is made of them. */
function etagOf(endpoint: OriginEndpoint, segment: OutputSegment, { n, p, number }: SegmentName): string {
  const hash = createHash('sha256').update(`${endpoint.guid}/${endpoint.revision}/${n}/${p}/${number}`)
  for (const { objects } of segment.slots) hash.update(`/${objects[n]?.sha256}`)
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
