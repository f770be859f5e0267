import type { IncomingMessage, ServerResponse } from 'node:http'

/** The request target, split but not decoded. */
export type Target = {
  /** Begins with `/`; still percent-encoded. */
  readonly path: string
  /** Without the `?`; empty when there is none. */
  readonly query: string
}

/**
 * Answers a request; the response carries an `X-Request-Id` already, unless the mount is cacheable. What it throws
 * becomes a 500 and a log line; bodies it does not read are discarded.
 */
export type Handler = (request: IncomingMessage, response: ServerResponse, target: Target) => Promise<void>

/** A handler for every path that begins with `prefix`. The longest prefix wins. */
export type Mount = {
  readonly prefix: string
  readonly handle: Handler
  /** Its answers are kept by caches and given to others, for whom a request id would be wrong. */
  readonly cacheable?: boolean
  /**
   * Called instead of `handle` for requests with `Expect: 100-continue`. It may answer at once, which tells the client
   * to keep its body, or call `response.writeContinue()` and go on. Without it the listener says 100 and calls
   * `handle`.
   */
  readonly handleExpectContinue?: Handler
}
