/** Limits on connections. Times are in milliseconds, sizes in bytes. */
export type ListenerLimits = {
  /** From the opening of a connection to the end of its TLS handshake. */
  readonly handshakeMs: number
  readonly maxHeaderBytes: number
  /** From the first byte of a request, or the opening of its connection, to the end of its headers. */
  readonly headersMs: number
  /** From the first byte of a request to the last of its body. */
  readonly requestMs: number
  /** Time without a byte in either direction, in the middle of a request, after which its connection is cut. */
  readonly stallMs: number
  /** Time that a connection may idle between requests: longer than any segment. */
  readonly keepAliveMs: number
  /** Bytes that are read of a body nobody uses, so that the response can reach a client that is still sending. */
  readonly discardBytes: number
  /** Time that a connection on which nothing was asked yet has for its first request once the listener closes. */
  readonly firstRequestMs: number
  /** Time that requests in flight may take once the listener closes. */
  readonly drainMs: number
}

/** Default limits: 64 MiB, the largest segment, may arrive at 1 Mb/s. */
export const DEFAULT_LISTENER_LIMITS: ListenerLimits = {
  handshakeMs: 10_000,
  maxHeaderBytes: 16 * 1024,
  headersMs: 20_000,
  requestMs: 600_000,
  stallMs: 60_000,
  keepAliveMs: 75_000,
  discardBytes: 16 * 1024 * 1024,
  firstRequestMs: 500,
  drainMs: 10_000,
}
