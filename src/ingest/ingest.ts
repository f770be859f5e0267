import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { Mount } from '../http/handler.ts'
import { BodyTooLong } from '../http/read-body.ts'
import { sendText } from '../http/send-text.ts'
import type { Log } from '../log.ts'
import { type Resources, STORE_UNAVAILABLE, StoreUnavailable } from '../stores/resources.ts'
import { Authenticator } from './authenticator.ts'
import { IngestCredentials } from './credentials.ts'
import { FaultLog } from './fault-log.ts'
import { DEFAULT_INGEST_LIMITS, type IngestLimits } from './ingest-limits.ts'
import { INGEST_PREFIX, type IngestPath, parseIngestPath } from './ingest-path.ts'
import { Refusal } from './refusal.ts'
import { StorageFailure } from './storage-failure.ts'
import { TokenBuckets } from './token-buckets.ts'
import { Uploads } from './uploads.ts'
import { METHODS, RecentFiles, sendProperties } from './webdav.ts'

export type IngestDeps = {
  readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  readonly archive: ArchiveWriter
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<IngestLimits>
}

export type Ingest = Mount & {
  /** Releases the ingest; call it once the listener has closed. */
  close(): void
}

/**
 * Serves the WebDAV folder of every ingest endpoint, `/in/v2/<channel GUID>/<ingest endpoint id>/`. A PUT is answered
 * with 201 when its body is durable.
 */
export function createIngest(options: IngestDeps): Ingest {
  const { archive, clock } = options
  const limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits }
  const faults = new FaultLog(options.log, clock)
  const credentials = new IngestCredentials(options.resources)
  const authenticator = new Authenticator({ credentials, clock, faults, limits })
  const requests = new TokenBuckets(limits.requestsPerSecond, limits.requestBurst)
  const uploads = new Uploads({ archive, clock, faults, limits })
  const recent = new RecentFiles()

  const answer = async (request: IncomingMessage, response: ServerResponse, path: IngestPath, proceed: () => void) => {
    await authenticator.authenticate(request, path.ingest)
    const wait = requests.take(path.ingest.channelGuid, clock())
    if (wait > 0) throw new Refusal(429, 'too many requests for this channel', { 'retry-after': `${wait}` })
    const isThere = path.name === undefined || recent.has(path)

    switch (request.method ?? '') {
      case 'PUT':
      case 'POST':
        await uploads.store(request, path, proceed)
        recent.add(path)
        return sendText(response, 201, '')
      case 'DELETE':
        // The archive keeps content by age, whatever the encoder deletes.
        recent.delete(path)
        return sendText(response, 204, '')
      case 'MKCOL':
        return sendText(response, 201, '')
      case 'OPTIONS':
        return sendText(response, 200, '', { dav: '1', allow: METHODS })
      case 'HEAD':
        return sendText(response, isThere ? 200 : 404, '')
      case 'PROPFIND':
        if (!isThere) throw new Refusal(404, 'no such file')
        return sendProperties(response, path, String(request.headers['depth']))
      default:
        throw new Refusal(405, `only ${METHODS}`, { allow: METHODS })
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse, path: string, expectsContinue: boolean) => {
    let heldBack = expectsContinue
    const proceed = () => {
      if (heldBack) response.writeContinue()
      heldBack = false
    }
    // A body that the client holds back for good would be taken for the next request.
    const refuse = (status: number, text: string, headers: Refusal['headers']) =>
      sendText(response, status, text, { ...headers, ...(heldBack ? { connection: 'close' } : {}) })
    try {
      await answer(request, response, parseIngestPath(path), proceed)
    } catch (error) {
      if (error instanceof Refusal) refuse(error.status, error.message, error.headers)
      else if (error instanceof BodyTooLong) refuse(413, error.message, {})
      else if (error instanceof StorageFailure) {
        faults.report(
          'storage',
          { event: 'ingest-storage-failed', error: error.cause },
          'the archive could not store something',
        )
        refuse(error.status, error.message, { 'retry-after': '1' })
      } else if (error instanceof StoreUnavailable) {
        faults.report(
          'store',
          { event: 'store-unavailable', reason: error.message },
          'the store could not say who may put',
        )
        refuse(503, STORE_UNAVAILABLE, { 'retry-after': '1' })
      } else throw error
    }
  }

  return {
    prefix: INGEST_PREFIX,
    handle: (request, response, target) => serve(request, response, target.path, false),
    handleExpectContinue: (request, response, target) => serve(request, response, target.path, true),
    close() {
      credentials.close()
      faults.flush()
    },
  }
}
