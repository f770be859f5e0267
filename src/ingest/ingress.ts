import type { Exchange } from '../http/exchange.ts'
import type { Channel } from '../model/channel.ts'

/** What a request of an encoder was for. */
export type Ingress = {
  readonly channel: Channel
  readonly ingestEndpointId: string
}

/** Hears of every request for an ingest endpoint of a channel, answered or refused, when it has ended. */
export type IngressObserver = (exchange: Exchange, ingress: Ingress) => void
