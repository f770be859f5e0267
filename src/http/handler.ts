import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

/** The request target, split but not decoded. */
export type Target = {
  /** Begins with `/`; still percent-encoded. */
  readonly path: string
  /** The query without its `?`; empty when there is none. */
  readonly query: string
}

/**
 * Answers a request; `exchange` tells of its end. The response already carries an `X-Request-Id`, unless the mount is
 * cacheable. An exception becomes a 500 and a log line; an unread body is discarded.
 */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  exchange: Exchange<IncomingMessage>,
) => Promise<void>

/** The same for a request without a body, which need not be one of Node. */
export type BodilessHandler = (
  request: HttpRequest,
  response: HttpResponse,
  target: Target,
  exchange: Exchange,
) => Promise<void>

/** A handler for every path that begins with `prefix`. The longest matching prefix wins. */
export type Mount = {
  readonly prefix: string
  readonly handle: Handler
  /** True when caches may keep responses and serve them to others, for whom a request id would be wrong. */
  readonly cacheable?: boolean
  /**
   * Called instead of `handle` for requests with `Expect: 100-continue`. It may answer at once, which tells the
   * client not to send its body, or call `response.writeContinue()` and continue. Without this handler, the listener
   * sends 100 and calls `handle`.
   */
  readonly handleExpectContinue?: Handler
  /**
   * Called instead of the others when all connections for players are taken; the connection closes after it. A mount
   * without this handler is also served on the reserved connections.
   */
  readonly handleFull?: BodilessHandler
  /** Called instead of `handle` for simple requests: those of a mount with this handler need not go through Node. */
  readonly handleSimple?: BodilessHandler
}
