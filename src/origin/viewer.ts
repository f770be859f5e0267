import type { ArchiveReader } from '../archive/reader.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SegmentBody } from '../packaging/output-format.ts'
import { outputFormatOf } from '../packaging/packager.ts'
import type { SourceMedia } from '../packaging/segments/source-media.ts'
import type { Manifests } from './manifests/manifests.ts'
import { ABSENT_SEGMENTS, type PlaybackError } from './playback-error.ts'
import { decodedPath } from './playback-path.ts'
import { refusalBy } from './playback-refusals.ts'
import type { Segments } from './segments.ts'

/** What a player gets for a path: a manifest, the bytes of a segment or header, or the reason why it gets nothing. */
export type Sight =
  | { readonly kind: 'manifest'; readonly text: string }
  /** Pieces are valid until the next is requested. They throw LostMedia. */
  | { readonly kind: 'media'; readonly pieces: AsyncIterable<Uint8Array> }
  | { readonly kind: 'nothing'; readonly error: PlaybackError }

/**
 * Port: a player within the server, that no access rule holds for. `path` is below the endpoint's GUID, as a player
 * requests it: percent-encoded, without a query.
 */
export type Viewer = { see(endpoint: OriginEndpoint, path: string): Promise<Sight> }

type ViewerDeps = {
  readonly manifests: Pick<Manifests, 'find'>
  readonly segments: Pick<Segments, 'bodyOf'>
  readonly archive: Pick<ArchiveReader, 'openOnce'>
  readonly media: SourceMedia
}

/**
 * Sees what players get, by the code that answers them. Of manifests it shares their cache; of segments it takes what
 * that has, but leaves nothing behind in memory, and has places of its own to make them, so that players wait for none.
 */
export function createViewer({ manifests, segments, archive, media }: ViewerDeps): Viewer {
  const aside = media.aside()

  async function look(endpoint: OriginEndpoint, encoded: string): Promise<Sight> {
    const path = decodedPath(encoded)
    const named = path === undefined ? undefined : outputFormatOf(endpoint)?.resolve(endpoint, path)
    if (path === undefined || !named) return nothing('NoSuchObject')
    if (named.kind === 'manifest') {
      const manifest = await manifests.find(endpoint, path, named, { query: {}, client: undefined })
      if (typeof manifest === 'string') return nothing(manifest)
      const { body } = manifest.plain
      return { kind: 'manifest', text: (typeof body === 'string' ? Buffer.from(body, 'latin1') : body).toString() }
    }
    const body = await segments.bodyOf(endpoint, path, named, aside)
    return typeof body === 'string'
      ? nothing(ABSENT_SEGMENTS[body])
      : { kind: 'media', pieces: piecesOf(body, archive) }
  }

  return {
    see: (endpoint, path) =>
      look(endpoint, path).catch((error: unknown) => {
        const refusal = refusalBy(error)
        if (!refusal) throw error
        return nothing(refusal.error)
      }),
  }
}

async function* piecesOf(body: SegmentBody, archive: ViewerDeps['archive']): AsyncGenerator<Uint8Array> {
  if (body.kind === 'bytes') {
    yield* body.parts
    return
  }
  for (const object of body.kind === 'object' ? [body.object] : body.objects) {
    const opened = await archive.openOnce(object)
    if (opened instanceof Uint8Array) yield opened
    else {
      try {
        yield* opened
      } finally {
        await opened.close()
      }
    }
  }
}

function nothing(error: PlaybackError): Sight {
  return { kind: 'nothing', error }
}
