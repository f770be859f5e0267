/** Limits of the ingest. Sizes are in bytes, times in milliseconds. */
export type IngestLimits = {
  readonly maxSegmentBytes: number
  readonly maxPlaylistBytes: number
  /** Streams of a parent playlist; MediaPackage has 20. */
  readonly maxStreams: number
  /** Packets of all segments that arrive at the same time which wait for the tables of theirs. */
  readonly maxHeldBytes: number
  /** Tracks of a segment; MediaPackage has 10. */
  readonly maxTracks: number
  /** Authenticated requests per channel; MediaPackage has 50. */
  readonly requestsPerSecond: number
  /** Requests by which a channel may briefly exceed its rate. */
  readonly requestBurst: number
  /** Wrong credentials per remote address. */
  readonly failuresPerSecond: number
  readonly failureBurst: number
  /** Time for which a nonce is valid after it was issued, and after each use. */
  readonly nonceLifetimeMs: number
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  maxSegmentBytes: 64 * 1024 * 1024,
  maxPlaylistBytes: 4 * 1024 * 1024,
  maxHeldBytes: 128 * 1024 * 1024,
  maxStreams: 20,
  maxTracks: 10,
  requestsPerSecond: 50,
  requestBurst: 100,
  failuresPerSecond: 5,
  failureBurst: 50,
  nonceLifetimeMs: 300_000,
}
