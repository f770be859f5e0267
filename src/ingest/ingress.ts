import type { Exchange } from '../http/exchange.ts'
import type { Channel } from '../model/channel.ts'
import type { IngestError } from './ingest-error.ts'

/** What a request of an encoder was for. */
export type Ingress = {
  readonly channel: Channel
  readonly ingestEndpointId: string
  /** The code of the refusal; undefined where the request was accepted. */
  readonly refusal?: IngestError | undefined
}

/** Hears of every request for an ingest endpoint of a channel, answered or refused, when it has ended. */
export type IngressObserver = (exchange: Exchange, ingress: Ingress) => void
