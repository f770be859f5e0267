import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Absence, ArchiveReader } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import type { ClientNetworks } from '../http/client-networks.ts'
import { FaultLog } from '../http/fault-log.ts'
import type { Mount, Target } from '../http/handler.ts'
import type { OutgoingBytes } from '../http/outgoing-bytes.ts'
import type { Log } from '../log.ts'
import { LostMedia } from '../model/lost-media.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { type ContentKeys, NoContentKey } from '../packaging/content-keys.ts'
import type { SegmentLookup } from '../packaging/output-format.ts'
import { outputFormatOf } from '../packaging/packager.ts'
import { ContentDeleted } from '../packaging/paged-window.ts'
import type { SourceMedia } from '../packaging/segments/source-media.ts'
import type { OpenSpool } from '../packaging/spool.ts'
import { MOST_PIECE_BYTES } from '../stores/objects.ts'
import { type Resources, StoreUnavailable } from '../stores/resources.ts'
import { refusalOf } from './access.ts'
import { parseClipPath } from './clips/clip-paths.ts'
import { type ClipSegment, Clips } from './clips/clips.ts'
import { endpointDirectory } from './directory.ts'
import { LostSegments } from './lost-segments.ts'
import { CachedManifest } from './manifests/cached-manifest.ts'
import { Manifests } from './manifests/manifests.ts'
import { parseManifestQuery } from './manifests/query.ts'
import { ManifestsBusy, WindowQueue } from './manifests/window-queue.ts'
import type { ManifestWorker } from './manifests/worker.ts'
import { MovieRefused } from './movies/movie-refused.ts'
import { movieTimes } from './movies/movie-request.ts'
import { type MovieLimits, Movies } from './movies/movies.ts'
import { PLAYBACK_ERRORS, type PlaybackError } from './playback-error.ts'
import { acceptsGzip, matchesNone } from './request-headers.ts'
import { CORS_HEADERS, type PlaybackRefusal, partAnswer, sendPreflight, sendRefusal } from './responses.ts'
import { closePart, type FoundSegment, Segments } from './segments.ts'
import { sendParts } from './send-parts.ts'

const PREFIX = '/out/v1/'
/** A segment's name never refers to other bytes, so caches may keep it for 14 days. */
const SEGMENT_MAX_AGE = 1_209_600

const ABSENT_SEGMENTS = {
  'not yet': 'NotYet',
  'no longer kept': 'NoLongerKept',
  'no such': 'NoSuchObject',
} as const satisfies Record<Absence, PlaybackError>

/** The reason for which a request gets no media; undefined when it was answered. */
type Refused = PlaybackError | PlaybackRefusal | undefined

export type OriginDeps = {
  readonly resources: Pick<Resources, 'clipById' | 'originEndpointByGuid' | 'onChange'>
  readonly archive: SegmentLookup & Pick<ArchiveReader, 'version' | 'edge' | 'range' | 'openProven'>
  readonly media: SourceMedia
  readonly contentKeys: ContentKeys
  /** The memory for segments at the live edge; made ones have a quarter of it, and 64 MiB at least. */
  readonly memoryCacheBytes?: number
  readonly manifestWorker: ManifestWorker
  readonly openSpool: OpenSpool
  readonly movieLimits: MovieLimits
  /** Who asks, so that nobody's windows of the past delay those of others. */
  readonly clients: ClientNetworks
  /** Counts what responses hold until clients have read them. */
  readonly outgoing: OutgoingBytes
  readonly clock: Clock
  /** The date, by which clips end. */
  readonly date: Clock
  readonly log: Log
}

/**
 * Creates the playback side: `/out/v1/<endpoint GUID>/<manifest, segment or file>`. `tick` is called every few seconds;
 * `close` releases the stores.
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
  clients,
  clock,
  date,
  log,
}: OriginDeps): Mount & { tick(): void; close(): void } {
  const directory = endpointDirectory(resources, clock)
  const lost = new LostSegments()
  const queue = new WindowQueue()
  const manifests = new Manifests({ archive, worker: manifestWorker, queue, contentKeys, clock, lost, log })
  const clips = new Clips({ resources, archive, worker: manifestWorker, queue, clock, date })
  const segments = new Segments({ archive, media, contentKeys, memoryCacheBytes })
  const movies = new Movies({ archive, media, openSpool, outgoing, clock, limits: movieLimits })
  const refusals = new FaultLog(log, clock, 'info')
  const losses = new FaultLog(log, clock, 'error')

  /** Answers a request; returns the reason, with nothing sent, when the request gets no media. */
  async function play(request: IncomingMessage, response: ServerResponse, target: Target): Promise<Refused> {
    const { method } = request
    if (method === 'OPTIONS') {
      sendPreflight(response)
      return undefined
    }
    if (method !== 'GET' && method !== 'HEAD') return 'MethodNotAllowed'
    const { guid, path } = splitPath(target.path)
    const endpoint = guid === undefined ? undefined : await directory.find(guid)
    if (!endpoint) return 'NoSuchEndpoint'
    const client = clients.ofRequest(request)
    const refusal = refusalOf(endpoint, client)
    if (refusal) return refusal
    const clipPath = path === undefined ? undefined : parseClipPath(path)
    if (clipPath) {
      const found = await clips.find(endpoint, clipPath, client)
      if (typeof found === 'string') return found
      if (found instanceof CachedManifest) return sendManifest(request, response, found)
      if (!('movie' in found)) return playSegment(request, response, found)
      return movies.tooLong(found.movie.span) ?? movies.send(request, response, found.movie, client)
    }
    const format = outputFormatOf(endpoint)
    if (!format) return 'CannotPackage'
    if (path === undefined) return 'NoSuchObject'
    const named = format.resolve(endpoint, path)
    if (!named) {
      const times = movieTimes(endpoint, path)
      return times ? movies.play(request, response, { endpoint, times, query: target.query, client }) : 'NoSuchObject'
    }
    const query = parseManifestQuery(named, target.query)
    if (named.kind === 'manifest') {
      const manifest = await manifests.find(endpoint, path, named, { query, client })
      return typeof manifest === 'string' ? manifest : sendManifest(request, response, manifest)
    }
    return playSegment(request, response, { endpoint, path, request: named, lost })
  }

  async function playSegment(
    request: IncomingMessage,
    response: ServerResponse,
    asked: ClipSegment & { readonly lost?: LostSegments },
  ): Promise<Refused> {
    const { endpoint, path, request: segmentRequest, maxAge } = asked
    try {
      const segment = await segments.find(endpoint, path, segmentRequest)
      return typeof segment === 'string'
        ? ABSENT_SEGMENTS[segment]
        : await sendSegment(request, response, segment, maxAge)
    } catch (error) {
      if (!(error instanceof LostMedia) || response.headersSent) throw error
      // Retention may have deleted it between lookup and reading.
      const again = await segments.find(endpoint, path, segmentRequest).catch(() => undefined)
      if (typeof again === 'string') return ABSENT_SEGMENTS[again]
      asked.lost?.note(endpoint, error.key)
      throw error
    }
  }

  async function sendManifest(
    request: IncomingMessage,
    response: ServerResponse,
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
    request: IncomingMessage,
    response: ServerResponse,
    { body, etag }: FoundSegment,
    maxAge = SEGMENT_MAX_AGE,
  ): Promise<Refused> {
    const common = { ...CORS_HEADERS, 'Cache-Control': `max-age=${maxAge}`, ETag: etag }
    if (matchesNone(request.headers['if-none-match'], etag)) {
      response.writeHead(304, common).end()
      return undefined
    }
    const answer = partAnswer(request, body.size, etag)
    if ('error' in answer) return answer
    const sent = { ...common, 'Content-Type': body.contentType, ...answer.headers }
    if (request.method === 'HEAD') {
      response.writeHead(answer.status, sent).end()
      return undefined
    }
    // Counted before it is known whether it is in memory: opening reads a stream that has not been proven yet.
    if (body.kind !== 'bytes') outgoing.hold(response, [{ byteLength: MOST_PIECE_BYTES }])
    const { first, rest } = await segments.open(body, answer.range)
    if (response.destroyed) {
      await closePart(first)
      return undefined
    }
    response.writeHead(answer.status, sent)
    await sendParts(response, first, rest, outgoing)
    return undefined
  }

  /** Logs a refusal, at most once a second for each endpoint and reason, since players retry. */
  function report({ error, sentence, cause }: ThrownRefusal, path: string): void {
    // The GUID of these may be made up, and must not flood the log.
    const { guid } = error === 'NoSuchEndpoint' || error === 'MethodNotAllowed' ? {} : splitPath(path)
    const fields = { code: error, status: PLAYBACK_ERRORS[error].status, path }
    const key = `${error} ${guid}`
    if (cause instanceof LostMedia) {
      const { key: object, reason } = cause
      const lost = { event: 'segment-lost', ...fields, key: object, reason } as const
      losses.report(`${object} ${reason}`, lost, 'a requested segment is lost')
    } else if (cause instanceof StoreUnavailable) {
      const reason = cause.message
      log.warn({ event: 'store-unavailable', ...fields, reason }, 'the store could not serve a request')
    } else {
      const reason = sentence ?? PLAYBACK_ERRORS[error].sentence
      refusals.report(key, { event: 'playback-refused', ...fields, reason }, "a player's request got no media")
    }
  }

  return {
    prefix: PREFIX,
    cacheable: true,
    async handleFull(_, response, target) {
      report({ error: 'TooManyConnections' }, target.path)
      sendRefusal(response, { error: 'TooManyConnections' })
    },
    async handle(request, response, target) {
      const refused = await play(request, response, target).catch((error: unknown) => {
        const refusal = refusalBy(error)
        if (!refusal) throw error
        if (!response.headersSent) return refusal
        report(refusal, target.path)
        response.destroy()
        return undefined
      })
      if (!refused) return
      const refusal = typeof refused === 'string' ? { error: refused } : refused
      report(refusal, target.path)
      sendRefusal(response, refusal)
    },
    tick: () => movies.tick(),
    close() {
      directory.close()
      movies.close()
      clips.close()
      refusals.flush()
      losses.flush()
    },
  }
}

type ThrownRefusal = PlaybackRefusal & { readonly cause?: unknown }

/** Returns the refusal for an error; undefined when it is the server's fault. */
function refusalBy(error: unknown): ThrownRefusal | undefined {
  if (error instanceof RuleViolation) return { error: 'InvalidQuery', sentence: `${error.message}.` }
  if (error instanceof ManifestsBusy) return { error: 'ManifestsBusy' }
  if (error instanceof NoContentKey)
    return { error: 'NoKeyYet', sentence: `This endpoint has no content key so far: ${error.message}.` }
  if (error instanceof MovieRefused) return error.refusal
  if (error instanceof ContentDeleted) return { error: 'NoLongerKept', sentence: 'The window is no longer kept.' }
  if (error instanceof LostMedia) return { error: 'SegmentLost', cause: error }
  return error instanceof StoreUnavailable ? { error: 'StoreUnavailable', cause: error } : undefined
}

/** Splits `<guid>/<path>` below the prefix and decodes the path; empty for paths of another shape. */
function splitPath(whole: string): { readonly guid?: string; readonly path?: string } {
  const match = /^\/out\/v1\/([0-9a-f]{32})\/(.+)$/.exec(whole)
  if (!match) return {}
  const [, guid = '', rest = ''] = match
  try {
    const names = rest.split('/').map(decodeURIComponent)
    return names.some((name) => name.includes('/')) ? { guid } : { guid, path: names.join('/') }
  } catch {
    return { guid }
  }
}
