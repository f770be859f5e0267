import type { OriginEndpoint } from '../model/origin-endpoint.ts'

/** Hears of each request to a key provider. */
export type KeyObserver = {
  answered(endpoint: OriginEndpoint, period: number): void
  failed(endpoint: OriginEndpoint): void
}
