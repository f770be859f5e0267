/** What connections may cost. Times are milliseconds, sizes bytes. */
export type ListenerLimits = {
  /** Further connections are dropped at once. */
  readonly maxConnections: number
  readonly maxHeaderBytes: number
  /** From the first byte of a request, or the opening of its connection, to the end of its headers. */
  readonly headersMs: number
  /** From the first byte of a request to the last of its body. */
  readonly requestMs: number
  /** A connection on which no byte moves for so long in the middle of a request is cut. */
  readonly stallMs: number
  /** How long a connection may idle between requests: longer than any segment. */
  readonly keepAliveMs: number
  /** How much of a body nobody wants is read, so that the answer can reach a client that is still sending. */
  readonly discardBytes: number
  /** How long requests in flight may take once the listener closes. */
  readonly drainMs: number
}

/** 64 MiB, the largest segment, may arrive at 1 Mb/s. */
export const DEFAULT_LISTENER_LIMITS: ListenerLimits = {
  maxConnections: 10_000,
  maxHeaderBytes: 16 * 1024,
  headersMs: 20_000,
  requestMs: 600_000,
  stallMs: 60_000,
  keepAliveMs: 75_000,
  discardBytes: 16 * 1024 * 1024,
  drainMs: 10_000,
}
