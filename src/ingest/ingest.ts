import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { Turns } from '../concurrency/turns.ts'
import type { Exchange } from '../http/exchange.ts'
import { FaultLog } from '../http/fault-log.ts'
import type { Mount } from '../http/handler.ts'
import { sendText } from '../http/send-text.ts'
import { TokenBuckets } from '../http/token-buckets.ts'
import { trustConnection } from '../http/trusted-connections.ts'
import type { Log } from '../log.ts'
import type { Channel } from '../model/channel.ts'
import type { InputRef } from '../model/input-ref.ts'
import { inSpan } from '../spans.ts'
import type { Resources } from '../stores/resources.ts'
import { Authenticator, addressOf } from './authenticator.ts'
import { IngestCredentials } from './credentials.ts'
import { METHODS } from './ingest-error.ts'
import { DEFAULT_INGEST_LIMITS, type IngestLimits } from './ingest-limits.ts'
import { INGEST_PREFIX, type IngestPath, parseIngestPath } from './ingest-path.ts'
import type { Ingress, IngressObserver } from './ingress.ts'
import { asRefusal, Refusal } from './refusal.ts'
import { RefusalLog } from './refusal-log.ts'
import { Uploads } from './uploads.ts'
import { RecentFiles, sendProperties } from './webdav.ts'

export type IngestDeps = {
  readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  readonly archive: ArchiveWriter
  readonly clock: Clock
  readonly log: Log
  /** In which playlists are read; their owners are channels. */
  readonly turns: Turns
  readonly limits?: Partial<IngestLimits>
  /** The key of the nonces of all processes that encoders may send to; absent for one alone. */
  readonly nonceKey?: Uint8Array | undefined
  readonly observers?: readonly IngressObserver[]
}

/** What becomes known of a request while it is answered. */
type Outcome = { refusal?: Ingress['refusal'] }

export type Ingest = Mount & {
  /** Releases the ingest; call it once the listener has closed. */
  close(): void
}

/**
 * Serves the WebDAV folder of every ingest endpoint, `/in/v2/<channel GUID>/<ingest endpoint id>/`. A PUT is answered
 * with 201 when its body is durable.
 */
export function createIngest(options: IngestDeps): Ingest {
  const { archive, clock, observers = [] } = options
  const limits = { ...DEFAULT_INGEST_LIMITS, ...options.limits }
  const faults = new FaultLog(options.log, clock)
  const credentials = new IngestCredentials(options.resources)
  const authenticator = new Authenticator({ credentials, clock, limits, nonceKey: options.nonceKey })
  const requests = new TokenBuckets(limits.requestsPerSecond, limits.requestBurst)
  const uploads = new Uploads({ archive, clock, faults, limits, turns: options.turns })
  const recent = new RecentFiles()
  const refusals = new RefusalLog(faults)

  const answer = async (
    exchange: Exchange<IncomingMessage>,
    response: ServerResponse,
    path: IngestPath,
    proceed: () => void,
  ) => {
    const { request } = exchange
    const wait = requests.take(path.ingest.channelGuid, clock())
    if (wait > 0) throw Refusal.of('TooManyRequests', {}, { headers: { 'retry-after': `${wait}` } })
    const isThere = path.name === undefined || recent.has(path)

    switch (request.method ?? '') {
      case 'PUT':
      case 'POST':
        await uploads.store(exchange, path, proceed)
        if (!(await credentials.of(path.ingest))) throw Refusal.of('ChannelDeleted', {})
        recent.add(path)
        return sendText(response, 201, '')
      case 'DELETE':
        // The archive keeps content by age, whatever the encoder deletes.
        recent.delete(path)
        return sendText(response, 204, '')
      case 'MKCOL':
        recent.add(path)
        return sendText(response, 201, '')
      case 'OPTIONS':
        return sendText(response, 200, '', { dav: '1', allow: METHODS })
      case 'HEAD':
        return sendText(response, isThere ? 200 : 404, '')
      case 'PROPFIND':
        if (!isThere) throw Refusal.of('NoSuchFile', {})
        return sendProperties(response, path, String(request.headers['depth']))
      default:
        throw Refusal.of('MethodNotAllowed', {})
    }
  }

  const answerInSpan: typeof answer = (exchange, response, path, proceed) => {
    const work = () => answer(exchange, response, path, proceed)
    const { request } = exchange
    if (request.method !== 'PUT' && request.method !== 'POST') return work()
    const { ingest, name = '' } = path
    const { channelGuid, ingestEndpointId } = ingest
    const attributes = () => ({
      'windrow.channel': channelGuid,
      'windrow.ingest_endpoint': ingestEndpointId,
      'windrow.file': name,
    })
    return inSpan('ingest.put', attributes, work)
  }

  /** Passes an exchange on when it has ended, if its channel and ingest endpoint exist. */
  const observe = (
    exchange: Exchange<IncomingMessage>,
    { channelGuid, ingestEndpointId }: InputRef,
    outcome: Outcome,
  ) => {
    if (observers.length === 0) return
    const looked = credentials.channel(channelGuid).catch(() => undefined)
    const tell = (channel: Channel | undefined) => {
      if (!channel?.ingestEndpoints.some(({ id }) => id === ingestEndpointId)) return
      for (const heard of observers) heard(exchange, { channel, ingestEndpointId, refusal: outcome.refusal })
    }
    exchange.whenEnded(() => looked.then(tell))
  }

  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    { exchange, expectsContinue }: { readonly exchange: Exchange<IncomingMessage>; readonly expectsContinue: boolean },
  ) => {
    let heldBack = expectsContinue
    const proceed = () => {
      if (heldBack) response.writeContinue()
      heldBack = false
    }
    const { requestId } = exchange
    const outcome: Outcome = {}
    let place: IngestPath | undefined
    let isAuthenticated = false
    try {
      place = parseIngestPath(path)
      observe(exchange, place.ingest, outcome)
      await authenticator.authenticate(request, place.ingest)
      isAuthenticated = true
      trustConnection(request.socket)
      await answerInSpan(exchange, response, place, proceed)
    } catch (error) {
      const refusal = asRefusal(error)
      if (!refusal) throw error
      outcome.refusal = refusal.code
      const { method = '' } = request
      refusals.report(refusal, { ...place, requestId, method, address: addressOf(request), isAuthenticated })
      // A body that the client holds back for good would be taken for the next request.
      const headers = { ...refusal.headers, ...(heldBack && { connection: 'close' }) }
      sendText(response, refusal.status, refusal.message, headers)
    }
  }

  return {
    prefix: INGEST_PREFIX,
    handle: (request, response, { path }, exchange) =>
      serve(request, response, path, { exchange, expectsContinue: false }),
    handleExpectContinue: (request, response, { path }, exchange) =>
      serve(request, response, path, { exchange, expectsContinue: true }),
    close() {
      credentials.close()
      faults.flush()
    },
  }
}
