import type { ArchiveReader } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import type { Accel } from '../http/accel.ts'
import { acceptsGzip } from '../http/accepts-gzip.ts'
import type { ClientNetworks } from '../http/client-networks.ts'
import type { Exchange } from '../http/exchange.ts'
import type { BodilessHandler, Mount, Target } from '../http/handler.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import type { OutgoingBytes } from '../http/outgoing-bytes.ts'
import { matchesNone } from '../http/request-headers.ts'
import type { Log } from '../log.ts'
import { LostMedia } from '../model/lost-media.ts'
import type { ContentKeys } from '../packaging/content-keys.ts'
import type { ManifestRequest, SegmentLookup, SegmentRequest } from '../packaging/output-format.ts'
import { outputFormatOf } from '../packaging/packager.ts'
import type { SourceMedia } from '../packaging/segments/source-media.ts'
import type { OpenSpool } from '../packaging/spool.ts'
import { MOST_PIECE_BYTES } from '../stores/objects.ts'
import type { Resources } from '../stores/resources.ts'
import { type IdentifierJudge, PlaybackAccess } from './access.ts'
import { parseClipPath } from './clips/clip-paths.ts'
import { type ClipSegment, Clips } from './clips/clips.ts'
import { endpointDirectory } from './directory.ts'
import type { Egress, EgressKind, EgressObserver } from './egress.ts'
import { LostSegments } from './lost-segments.ts'
import { CachedManifest } from './manifests/cached-manifest.ts'
import { Manifests } from './manifests/manifests.ts'
import { parseManifestQuery } from './manifests/query.ts'
import { WindowQueue } from './manifests/window-queue.ts'
import type { ManifestWorker } from './manifests/worker.ts'
import { movieTimes } from './movies/movie-request.ts'
import { type MovieLimits, Movies } from './movies/movies.ts'
import { ABSENT_SEGMENTS, type PlaybackError } from './playback-error.ts'
import { PLAYBACK_PREFIX, splitPath } from './playback-path.ts'
import { PlaybackRefusals, refusalBy } from './playback-refusals.ts'
import { CORS_HEADERS, type PlaybackRefusal, partAnswer, sendPreflight, sendRefusal } from './responses.ts'
import { closePart, type FoundSegment, type SegmentObserver, Segments } from './segments.ts'
import { sendParts } from './send-parts.ts'
import { createViewer, type Viewer } from './viewer.ts'

/** A segment's name never refers to other bytes, so caches may keep it for 14 days. */
const SEGMENT_MAX_AGE = 1_209_600

/** What a player gets while all places for players are taken. */
const FULL = { error: 'TooManyConnections' } as const

/** The reason for which a request gets no media; undefined when it was answered. */
type Refused = PlaybackError | PlaybackRefusal | undefined

export type OriginDeps = {
  readonly resources: Pick<Resources, 'clipById' | 'originEndpointByGuid' | 'onChange'>
  readonly archive: SegmentLookup &
    Pick<ArchiveReader, 'version' | 'edge' | 'range' | 'openOnce' | 'openProven' | 'hasProvenFile'>
  readonly media: SourceMedia
  readonly contentKeys: ContentKeys
  /** The memory for segments at the live edge; made ones have a quarter of it, and 64 MiB at least. */
  readonly memoryCacheBytes?: number
  readonly manifestWorker: ManifestWorker
  readonly openSpool: OpenSpool
  readonly movieLimits: MovieLimits
  /** Who asks: only some may read an endpoint, and nobody's windows of the past delay those of others. */
  readonly clients: ClientNetworks
  readonly identifiers: IdentifierJudge
  /** Responses 403 and 404 to one client network, beyond which it gets 429. */
  readonly missesPerSecond: number
  /** Present where a proxy in front sends files itself. */
  readonly accel?: Accel | undefined
  /** Counts what responses hold until clients have read them. */
  readonly outgoing: OutgoingBytes
  readonly clock: Clock
  /** The date, by which clips end. */
  readonly date: Clock
  readonly log: Log
  readonly observers?: readonly EgressObserver[]
  readonly segmentObserver?: SegmentObserver | undefined
}

/** What becomes known of a request while it is answered. */
type Asked = { -readonly [Key in keyof Egress]?: Egress[Key] } & { readonly exchange: Exchange }

/**
 * Creates the playback side: `/out/v1/<endpoint GUID>/<manifest, segment or file>`. `tick` is called every few seconds;
 * `close` releases the stores. `viewer` sees what players do.
 */
export function createOrigin({
  resources,
  archive,
  media,
  contentKeys,
  memoryCacheBytes,
  manifestWorker,
  openSpool,
  movieLimits,
  outgoing,
  accel,
  clients,
  identifiers,
  missesPerSecond,
  clock,
  date,
  log,
  observers = [],
  segmentObserver,
}: OriginDeps): Mount & { readonly viewer: Viewer; tick(): void; close(): void } {
  const directory = endpointDirectory(resources, clock)
  const lost = new LostSegments()
  const queue = new WindowQueue()
  const manifests = new Manifests({ archive, worker: manifestWorker, queue, contentKeys, clock, lost, log })
  const clips = new Clips({ resources, archive, worker: manifestWorker, queue, clock, date })
  const segments = new Segments({ archive, media, contentKeys, memoryCacheBytes, observer: segmentObserver })
  const movies = new Movies({ archive, media, openSpool, outgoing, clock, limits: movieLimits })
  const refusals = new PlaybackRefusals(log, clock)
  const access = new PlaybackAccess({ clients, identifiers, clock, missesPerSecond })

  /** Answers a request; returns the reason, with nothing sent, when the request gets no media. */
  async function play(request: HttpRequest, response: HttpResponse, target: Target, asked: Asked): Promise<Refused> {
    const { method } = request
    if (method === 'OPTIONS') {
      sendPreflight(response)
      return undefined
    }
    const { guid, path } = splitPath(target.path)
    // What is known at once is not awaited: most requests are for what others have just asked for.
    const endpoint = guid === undefined ? undefined : (directory.current(guid) ?? (await directory.find(guid)))
    if (!endpoint) return 'NoSuchEndpoint'
    asked.endpoint = endpoint
    const judged = access.refusalOf(endpoint, request)
    const refusal = judged instanceof Promise ? await judged : judged
    if (refusal) return refusal
    if (method !== 'GET' && method !== 'HEAD') return 'MethodNotAllowed'
    const client = clients.ofRequest(request)
    const clipPath = path === undefined ? undefined : parseClipPath(path)
    if (clipPath) {
      const found = await clips.find(endpoint, clipPath, client)
      if (typeof found === 'string') return found
      if (found instanceof CachedManifest) {
        asked.kind = 'manifest'
        return sendManifest(request, response, found)
      }
      asked.kind = 'movie' in found ? 'file' : kindOf(found.request)
      if (!('movie' in found)) return playSegment(request, response, found, asked)
      return movies.tooLong(found.movie.span) ?? movies.send(request, response, found.movie, client)
    }
    const format = outputFormatOf(endpoint)
    if (!format) return 'CannotPackage'
    if (path === undefined) return 'NoSuchObject'
    const named = format.resolve(endpoint, path)
    if (!named) {
      const times = movieTimes(endpoint, path)
      if (times) asked.kind = 'file'
      return times ? movies.play(request, response, { endpoint, times, query: target.query, client }) : 'NoSuchObject'
    }
    asked.kind = kindOf(named)
    const query = parseManifestQuery(named, target.query)
    if (named.kind === 'manifest') {
      const current = manifests.current(endpoint, path, query)
      const manifest = current ?? (await manifests.find(endpoint, path, named, { query, client }))
      return typeof manifest === 'string' ? manifest : sendManifest(request, response, manifest)
    }
    return playSegment(request, response, { endpoint, path, request: named, lost }, asked)
  }

  async function playSegment(
    request: HttpRequest,
    response: HttpResponse,
    found: ClipSegment & { readonly lost?: LostSegments },
    asked: Asked,
  ): Promise<Refused> {
    const { endpoint, path, request: segmentRequest, maxAge } = found
    try {
      const segment = await segments.find(endpoint, path, segmentRequest)
      return typeof segment === 'string'
        ? ABSENT_SEGMENTS[segment]
        : await sendSegment(request, response, { ...segment, maxAge }, asked)
    } catch (error) {
      if (!(error instanceof LostMedia) || response.headersSent) throw error
      // Retention may have deleted it between lookup and reading.
      const again = await segments.find(endpoint, path, segmentRequest).catch(() => undefined)
      if (typeof again === 'string') return ABSENT_SEGMENTS[again]
      found.lost?.note(endpoint, error.key)
      throw error
    }
  }

  async function sendManifest(
    request: HttpRequest,
    response: HttpResponse,
    manifest: CachedManifest,
  ): Promise<Refused> {
    const { headers } = request
    const representation = acceptsGzip(headers['accept-encoding']) ? await manifest.gzipped() : manifest.plain
    if (matchesNone(headers['if-none-match'], representation.etag)) {
      response.writeHead(304, representation.notModifiedHeaders).end()
    } else {
      const { body } = representation
      response.writeHead(200, representation.headers).end(body, 'latin1')
      // Clients of one manifest share its buffer.
      if (response.writableLength > 0 && body instanceof Buffer) outgoing.hold(response, [body.buffer])
    }
    return undefined
  }

  async function sendSegment(
    request: HttpRequest,
    response: HttpResponse,
    { body, etag, maxAge = SEGMENT_MAX_AGE }: FoundSegment & { readonly maxAge: number | undefined },
    asked: Asked,
  ): Promise<Refused> {
    const common = { ...CORS_HEADERS, 'Cache-Control': `max-age=${maxAge}`, ETag: etag }
    if (matchesNone(request.headers['if-none-match'], etag)) {
      response.writeHead(304, common).end()
      return undefined
    }
    const answer = partAnswer(request, body.size, etag)
    if ('error' in answer) return answer
    const typed = { ...common, 'Content-Type': body.contentType }
    const sent = { ...typed, ...answer.headers }
    if (request.method === 'HEAD') {
      response.writeHead(answer.status, sent).end()
      return undefined
    }
    if (accel?.sendsFor(request, answer) && body.kind === 'object' && (await archive.hasProvenFile(body.object))) {
      const { start = 0, end = body.size } = answer.range ?? {}
      asked.bytesFrom = 'proxy'
      asked.exchange.noteSentByProxy(end - start)
      const told = accel.fieldsOf(body.object.key, typed)
      response.writeHead(answer.status, { ...told, 'Content-Length': 0 }).end()
      return undefined
    }
    // Counted before it is known whether it is in memory: opening reads a stream that has not been proven yet.
    if (body.kind !== 'bytes') outgoing.hold(response, [{ byteLength: MOST_PIECE_BYTES }])
    const { first, rest } = await segments.open(body, answer.range)
    asked.bytesFrom = body.kind === 'bytes' ? 'made' : first && 'close' in first ? 'disk' : 'memory'
    if (response.destroyed) {
      await closePart(first)
      return undefined
    }
    response.writeHead(answer.status, sent)
    await sendParts(response, first, rest, outgoing)
    return undefined
  }

  function observe({ exchange, endpoint, kind, refusal, bytesFrom }: Asked): void {
    if (endpoint) for (const heard of observers) heard(exchange, { endpoint, kind, refusal, bytesFrom })
  }

  const handle: BodilessHandler = async (request, response, target, exchange) => {
    const asked: Asked = { exchange }
    if (observers.length > 0) exchange.whenEnded(() => observe(asked))
    const refused = await play(request, response, target, asked).catch((error: unknown) => {
      const refusal = refusalBy(error)
      if (!refusal) throw error
      if (!response.headersSent) return refusal
      refusals.report(refusal, target.path, exchange.requestId)
      response.destroy()
      return undefined
    })
    if (!refused) return
    const refusal = typeof refused === 'string' ? { error: refused } : refused
    asked.refusal = refusal.error
    const answer = access.answerTo(request, refusal)
    refusals.report(answer, target.path, exchange.requestId)
    sendRefusal(response, answer)
  }

  return {
    prefix: PLAYBACK_PREFIX,
    cacheable: true,
    async handleFull(_, response, target, exchange) {
      const { guid } = splitPath(target.path)
      // Nothing is looked up for it: an endpoint that nobody has just asked for is not told of.
      const endpoint = guid === undefined ? undefined : directory.current(guid)
      if (observers.length > 0 && endpoint)
        exchange.whenEnded(() => observe({ exchange, endpoint, refusal: FULL.error }))
      refusals.report(FULL, target.path, exchange.requestId)
      sendRefusal(response, FULL)
    },
    handle,
    handleSimple: handle,
    viewer: createViewer({ manifests, segments, archive, media }),
    tick: () => movies.tick(),
    close() {
      directory.close()
      movies.close()
      clips.close()
      refusals.flush()
    },
  }
}

function kindOf(named: ManifestRequest | SegmentRequest): EgressKind {
  if (named.kind === 'manifest') return 'manifest'
  return named.isHeader ? 'init' : 'segment'
}
