import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Log } from '../log.ts'
import { createServer } from '../node-http.ts'
import { ClientNetworks } from './client-networks.ts'
import { ConnectionAdmission, DEFAULT_CONNECTION_LIMITS } from './connection-admission.ts'
import { Connections } from './connections.ts'
import { Exchange, ExchangeRequest, ExchangeResponse } from './exchange.ts'
import { hasBody, unclear } from './framing.ts'
import type { Mount, Target } from './handler.ts'
import { httpDates } from './http-dates.ts'
import { DEFAULT_LISTENER_LIMITS, type ListenerLimits } from './listener-limits.ts'
import type { HttpResponse } from './message.ts'
import type { OutgoingBytes } from './outgoing-bytes.ts'
import { sendText } from './send-text.ts'
import { SimpleConnection, type SimpleRequest } from './simple/simple-connection.ts'
import type { SimpleResponse } from './simple/simple-response.ts'
import { parseTarget } from './target.ts'
import { createTlsServer, type ListenerTls } from './tls-server.ts'

export type Listener = {
  readonly address: { readonly host: string; readonly port: number }
  /** Goes on serving, but closes each connection with its next response, so that clients go elsewhere. */
  retire(): void
  /** Accepts no new connections, closes idle ones, and gives requests in flight `drainMs` to finish. */
  close(): Promise<void>
}

export type ListenOptions = {
  /** Names the listener in log lines. */
  readonly name: string
  readonly host: string
  /** Port; 0 takes any free one. */
  readonly port: number
  readonly mounts: readonly Mount[]
  readonly log: Log
  /** Shared by the listeners of a process; when absent, this listener has its own. */
  readonly admission?: ConnectionAdmission
  /** Counts what responses hold until clients have read them; shared as well. */
  readonly outgoing?: OutgoingBytes
  readonly limits?: Partial<ListenerLimits>
  /** Milliseconds by which exchanges are timed; when absent, they take no time. */
  readonly stopwatch?: () => number
  /** Of a listener that speaks TLS. */
  readonly tls?: ListenerTls
  /**
   * Milliseconds since 1970. With it, simple requests are answered without Node's server where a mount allows that;
   * when absent, all are answered by that.
   */
  readonly simple?: { readonly date: () => number } | undefined
}

/** Refused connections that may be open for a moment, so that their client reads the response. */
const MOST_REFUSED = 64
const REFUSED_MS = 1000
const REFUSAL_TEXT = 'too many connections\n'
const REFUSAL = `HTTP/1.1 503 Service Unavailable\r
Content-Type: text/plain; charset=utf-8\r
Content-Length: ${REFUSAL_TEXT.length}\r
Retry-After: 1\r
Connection: close\r
\r
${REFUSAL_TEXT}`

/**
 * Listens for HTTP/1.1, with TLS or without. Every response carries an `X-Request-Id`, which log lines repeat, except
 * those of cacheable mounts.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { log, name } = options
  const limits = { ...DEFAULT_LISTENER_LIMITS, ...options.limits }
  const mounts = options.mounts.toSorted((a, b) => b.prefix.length - a.prefix.length)
  const connections = new Connections(
    options.admission ?? new ConnectionAdmission(DEFAULT_CONNECTION_LIMITS, new ClientNetworks(), log),
  )
  const refused = new Set<Socket>()
  const stopwatch = options.stopwatch ?? (() => 0)

  const serverOptions = {
    IncomingMessage: ExchangeRequest,
    ServerResponse: ExchangeResponse,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5000, limits.headersMs / 2),
    insecureHTTPParser: false,
    noDelay: true,
  }
  const server = options.tls
    ? createTlsServer(serverOptions, { ...options.tls, name, log, handshakeMs: limits.handshakeMs }, connections)
    : createServer(serverOptions)
  // Encoders that do not keep connections send a body, close their side and do not wait for the response. Node would
  // take that for an abort and discard the part of the body not read yet.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.timeout = limits.stallMs
  const isTls = options.tls !== undefined
  const toNode = takenConnections(server, isTls ? 'secureConnection' : 'connection')
  const failedToHear = (error: unknown, { requestId, request: { method } }: Exchange) =>
    log.error({ event: 'request-failed', listener: name, requestId, method, error }, 'a request was not noted')

  const mountAt = (target: Target | undefined) => target && mounts.find(({ prefix }) => target.path.startsWith(prefix))
  const answered = async (
    exchange: Exchange,
    response: HttpResponse,
    path: string | undefined,
    answer: () => Promise<unknown>,
  ) => {
    try {
      await answer()
      options.outgoing?.holdRest(response)
    } catch (error) {
      const { request, requestId } = exchange
      const fields = { listener: name, requestId, method: request.method, path, error }
      if (request.socket.destroyed)
        log.info({ event: 'request-aborted', ...fields }, 'a client disconnected in the middle of a request')
      else {
        log.error({ event: 'request-failed', ...fields }, 'a request failed')
        fail(response, requestId)
      }
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    const exchange = new Exchange(request, response, stopwatch, failedToHear)
    const target = parseTarget(request.url ?? '')
    const mount = mountAt(target)
    if (!mount?.cacheable) response.setHeader('x-request-id', exchange.requestId)
    const body = hasBody(request) ? request : undefined
    const turn = connections.begin(request.socket, response, body)
    if (turn !== true && !(await turn)) return
    body?.once('end', () => exchange.noteRequestEnd())
    // Registered before Node's own listener, which would discard the rest of the body without a bound.
    if (body) response.prependListener('finish', () => discard(request, limits))
    const answer = async () => {
      const [status, reason] = unclear(request) ?? []
      if (status !== undefined && reason !== undefined) {
        sendText(response, status, reason, { connection: 'close' })
      } else if (!target || !mount) {
        // The body, held back by the client, would be taken for the next request.
        sendText(response, 404, 'no such page', expectsContinue ? { connection: 'close' } : {})
      } else if (mount.handleFull && !connections.servesPlayers(request.socket)) {
        response.setHeader('connection', 'close')
        await mount.handleFull(request, response, target, exchange)
      } else if (expectsContinue && mount.handleExpectContinue) {
        await mount.handleExpectContinue(request, response, target, exchange)
      } else {
        if (expectsContinue) response.writeContinue()
        await mount.handle(request, response, target, exchange)
      }
    }
    await answered(exchange, response, target?.path, answer)
  }
  const handlerOf = (url: string) => {
    const target = parseTarget(url)
    const mount = mountAt(target)
    if (!target || !mount?.handleSimple) return undefined
    const { cacheable, handleFull, handleSimple } = mount
    return (request: SimpleRequest, response: SimpleResponse) => {
      const exchange = new Exchange(request, response, stopwatch, failedToHear)
      const { socket } = request
      if (connections.begin(socket, response) !== true) {
        response.destroy()
        return
      }
      if (!cacheable) response.setHeader('x-request-id', exchange.requestId)
      const isFull = handleFull !== undefined && !connections.servesPlayers(socket)
      if (isFull) response.setHeader('connection', 'close')
      const handle = isFull ? handleFull : handleSimple
      void answered(exchange, response, target.path, () => handle(request, response, target, exchange))
    }
  }
  const simple = options.simple && {
    handlerOf,
    handOver: toNode,
    limits,
    keptAlive: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(limits.keepAliveMs / 1000)}\r\n`,
    httpDate: httpDates(options.simple.date),
  }
  const begin = (socket: Socket) => {
    if (socket.destroyed) return
    if (simple) new SimpleConnection(socket, simple)
    else toNode(socket)
  }

  server.on('connection', (socket) => {
    if (connections.add(socket)) {
      if (!isTls) begin(socket)
    } else if (isTls) {
      // Who begins with a handshake cannot read a response.
      socket.destroy()
    } else {
      toNode(socket)
      refuse(socket, refused)
    }
  })
  if (isTls) server.on('secureConnection', begin)
  server.on('request', (request, response) => void serve(request, response, false))
  server.on('checkContinue', (request, response) => void serve(request, response, true))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => log.error({ event: 'listener-failed', listener: name, error }, 'the listener failed'))

  const stop = async () => {
    // http.Server's own close would cut responses that are still being flushed.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
    connections.drain()
    for (const socket of refused) socket.destroy()
    const silent = setTimeout(() => connections.closeSilent(), Math.min(limits.firstRequestMs, limits.drainMs))
    const late = setTimeout(() => connections.cut(), limits.drainMs)
    await closed
    clearTimeout(silent)
    clearTimeout(late)
    // Only the timer of headersTimeout is left to close.
    server.close()
  }
  let stopped: Promise<void> | undefined
  const { address, port } = server.address() as AddressInfo
  return {
    address: { host: address, port },
    retire: () => connections.retire(),
    close: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/**
 * Takes the place of Node's own listener for connections, which is the first; gives that, for those that Node is to
 * have.
 */
function takenConnections(server: NetServer, event: 'connection' | 'secureConnection'): (socket: Socket) => void {
  const [own] = server.listeners(event) as ((socket: Socket) => void)[]
  if (!own) throw new Error(`this version of Node does not listen for the event ${event}`)
  server.off(event, own)
  return (socket) => own.call(server, socket)
}

function fail(response: HttpResponse, requestId: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const header of response.getHeaderNames()) response.removeHeader(header)
  response.setHeader('x-request-id', requestId)
  sendText(response, 500, `internal error, request ${requestId}`)
}

/**
 * Reads the rest of a body that a handler left, so that the connection can be reused. It is closed when the rest is too
 * long, or stalls: once a response is sent, Node waits as for the next request.
 */
function discard(request: IncomingMessage, { discardBytes, stallMs }: ListenerLimits): void {
  if (request.complete) return
  const { socket } = request
  let left = discardBytes
  const stalled = setTimeout(() => socket.destroy(), stallMs)
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    stalled.refresh()
    if (left < 0) socket.destroy()
  })
  const done = () => {
    clearTimeout(stalled)
    socket.off('close', done)
  }
  request.once('end', done)
  // A request whose body was left does not tell that its connection has closed.
  socket.once('close', done)
  // Tells Node at once that the body is being read; `resume` alone does so a tick later.
  request.read(0)
  request.resume()
}

/** Tells a client that there is no place for its connection, and closes it. */
function refuse(socket: Socket, refused: Set<Socket>): void {
  if (refused.size >= MOST_REFUSED) {
    socket.destroy()
    return
  }
  refused.add(socket)
  socket.end(REFUSAL)
  const late = setTimeout(() => socket.destroy(), REFUSED_MS)
  socket.once('close', () => {
    clearTimeout(late)
    refused.delete(socket)
  })
}
