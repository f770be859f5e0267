import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArchiveReader } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import type { Mount, Target } from '../http/handler.ts'
import type { Log } from '../log.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import type { SegmentLookup } from '../packaging/output-format.ts'
import { outputFormatOf } from '../packaging/packager.ts'
import type { SourceMedia } from '../packaging/segments/source-media.ts'
import { NoSuchObject } from '../stores/objects.ts'
import { type Resources, StoreUnavailable } from '../stores/resources.ts'
import { refusalOf } from './access.ts'
import { EndpointDirectory } from './endpoint-directory.ts'
import { InFlightBytes } from './in-flight-bytes.ts'
import type { CachedManifest } from './manifests/cached-manifest.ts'
import { Manifests } from './manifests/manifests.ts'
import { parseManifestQuery } from './manifests/query.ts'
import { type ManifestWorker, ManifestWorkerBusy } from './manifests/worker.ts'
import { acceptsGzip, matchesNone, requestedRange } from './request-headers.ts'
import { CORS_HEADERS, sendError, sendPreflight } from './responses.ts'
import { closeAll, type FoundSegment, Segments } from './segments.ts'
import { sendParts } from './send-parts.ts'

const PREFIX = '/out/v1/'
/** A segment's name never refers to other bytes, so caches may keep it for 14 days. */
const SEGMENT_CACHE_CONTROL = 'max-age=1209600'

export type OriginDeps = {
  readonly resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>
  readonly archive: SegmentLookup & Pick<ArchiveReader, 'version' | 'edge' | 'range' | 'read' | 'open'>
  readonly media: SourceMedia
  readonly manifestWorker: ManifestWorker
  readonly clock: Clock
  readonly log: Log
}

/** Creates the playback side: `/out/v1/<endpoint GUID>/<manifest or segment>`. `close` releases the stores. */
export function createOrigin({
  resources,
  archive,
  media,
  manifestWorker,
  clock,
  log,
}: OriginDeps): Mount & { close(): void } {
  const directory = new EndpointDirectory(resources, clock)
  const manifests = new Manifests(archive, manifestWorker, clock)
  const segments = new Segments(archive, media)
  const inFlight = new InFlightBytes()

  async function handle(request: IncomingMessage, response: ServerResponse, target: Target): Promise<void> {
    const { method } = request
    if (method === 'OPTIONS') return sendPreflight(response)
    if (method !== 'GET' && method !== 'HEAD') {
      return sendError(response, 'MethodNotAllowed')
    }
    const { guid, path } = splitPath(target.path)
    const endpoint = guid === undefined ? undefined : await directory.find(guid)
    if (!endpoint) return sendError(response, 'NoSuchEndpoint')
    const refusal = refusalOf(endpoint, request.socket.remoteAddress)
    if (refusal) return sendError(response, refusal)
    const format = outputFormatOf(endpoint)
    if (!format) return sendError(response, 'CannotPackage')
    const named = path === undefined ? undefined : format.resolve(endpoint, path)
    if (path === undefined || !named) return sendError(response, 'NoSuchObject')

    const query = parseManifestQuery(named, target.query)
    if (named.kind === 'manifest') {
      const manifest = await manifests.find(endpoint, path, named, query)
      if (manifest === 'nothing left') return sendError(response, 'FilterLeavesNothing')
      if (manifest) return sendManifest(request, response, manifest)
      return sendError(response, query.window ? 'NothingInWindow' : 'NothingToShowYet')
    }
    const segment = await segments.find(endpoint, path, named)
    if (segment) return sendSegment(request, response, segment)
    return sendError(response, 'NoSuchObject')
  }

  async function sendManifest(
    request: IncomingMessage,
    response: ServerResponse,
    manifest: CachedManifest,
  ): Promise<void> {
    const { headers } = request
    const representation = acceptsGzip(headers['accept-encoding']) ? await manifest.gzipped() : manifest.plain
    if (matchesNone(headers['if-none-match'], representation.etag)) {
      response.writeHead(304, representation.notModifiedHeaders).end()
    } else {
      response.writeHead(200, representation.headers).end(representation.body, 'latin1')
    }
  }

  async function sendSegment(
    { method, headers }: IncomingMessage,
    response: ServerResponse,
    { body, etag }: FoundSegment,
  ): Promise<void> {
    const common = { ...CORS_HEADERS, 'Cache-Control': SEGMENT_CACHE_CONTROL, ETag: etag }
    if (matchesNone(headers['if-none-match'], etag)) {
      response.writeHead(304, common).end()
      return
    }
    const range = method === 'GET' ? requestedRange(headers, body.size, etag) : undefined
    if (range === 'unsatisfiable') {
      return sendError(response, 'RangeNotSatisfiable', { headers: { 'Content-Range': `bytes */${body.size}` } })
    }
    const sent = { ...common, 'Content-Type': body.contentType, 'Accept-Ranges': 'bytes' }
    if (method === 'HEAD') {
      response.writeHead(200, { ...sent, 'Content-Length': body.size }).end()
      return
    }
    const parts = await segments.open(body, range)
    try {
      if (response.destroyed) return
      if (body.kind === 'bytes') inFlight.add(body, response)
      if (range) {
        const contentRange = `bytes ${range.start}-${range.end - 1}/${body.size}`
        const length = range.end - range.start
        response.writeHead(206, { ...sent, 'Content-Length': length, 'Content-Range': contentRange })
      } else response.writeHead(200, { ...sent, 'Content-Length': body.size })
      await sendParts(response, parts)
    } finally {
      await closeAll(parts)
    }
  }

  return {
    prefix: PREFIX,
    cacheable: true,
    async handle(request, response, target) {
      try {
        await handle(request, response, target)
      } catch (error) {
        if (error instanceof RuleViolation)
          return sendError(response, 'InvalidQuery', { sentence: `${error.message}.` })
        if (error instanceof ManifestWorkerBusy) return sendError(response, 'ManifestsBusy')
        if (error instanceof StoreUnavailable && !response.headersSent) {
          log.warn(
            { event: 'store-unavailable', path: target.path, reason: error.message },
            'the store could not say what was asked for',
          )
          return sendError(response, 'StoreUnavailable')
        }
        if (!(error instanceof NoSuchObject)) throw error
        // Retention deleted it between lookup and reading.
        log.warn({ event: 'segment-gone', path: target.path, key: error.key }, 'a segment that was asked for is gone')
        sendError(response, 'NoLongerKept')
      }
    },
    close: directory.close,
  }
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
