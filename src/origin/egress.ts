import type { Exchange } from '../http/exchange.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { PlaybackError } from './playback-error.ts'

/** What is played: `init` is a header of CMAF or DASH, `file` an MP4 file of a window. */
export type EgressKind = 'manifest' | 'segment' | 'init' | 'file'

/** What a request of a player was for. */
export type Egress = {
  readonly endpoint: OriginEndpoint
  /** Undefined where the request was refused before that was known. */
  readonly kind: EgressKind | undefined
  /** Why it got no media. */
  readonly refusal: PlaybackError | undefined
  /** Of a segment that was sent: its bytes were in memory or on disk, were made of others, or a proxy sends them. */
  readonly bytesFrom?: 'memory' | 'disk' | 'made' | 'proxy' | undefined
}

/**
 * Hears of every request for an origin endpoint, answered or refused, when it has ended. Of requests that are refused
 * because there are too many connections, it hears of those for endpoints that others have just asked for.
 */
export type EgressObserver = (exchange: Exchange, egress: Egress) => void
