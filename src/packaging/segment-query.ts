import type { OriginEndpoint } from '../model/origin-endpoint.ts'

/** Changes when the endpoint does, so that caches fetch again what may have changed. */
export function segmentQuery({ modifiedAt }: OriginEndpoint): string {
  return `?m=${Math.floor(modifiedAt / 1000)}`
}
