/** What encoders may ask of the ingest. Sizes are bytes, times milliseconds. */
export type IngestLimits = {
  readonly maxSegmentBytes: number
  readonly maxPlaylistBytes: number
  /** Streams of a parent playlist. MediaPackage: 20. */
  readonly maxStreams: number
  /** Tracks of a segment. MediaPackage: 10. */
  readonly maxTracks: number
  /** Authenticated requests per channel. MediaPackage: 50. */
  readonly requestsPerSecond: number
  /** How far above its rate a channel may be for a moment. */
  readonly requestBurst: number
  /** Wrong credentials per remote address. */
  readonly failuresPerSecond: number
  readonly failureBurst: number
  /** How long a nonce is good for after it was given out, and after each use. */
  readonly nonceLifetimeMs: number
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  maxSegmentBytes: 64 * 1024 * 1024,
  maxPlaylistBytes: 4 * 1024 * 1024,
  maxStreams: 20,
  maxTracks: 10,
  requestsPerSecond: 50,
  requestBurst: 100,
  failuresPerSecond: 5,
  failureBurst: 50,
  nonceLifetimeMs: 300_000,
}
