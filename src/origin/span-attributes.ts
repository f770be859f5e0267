import type { OriginEndpoint } from '../model/origin-endpoint.ts'

/** What spans tell of an endpoint. */
export function spanOf({ channelGuid, id }: OriginEndpoint) {
  return { 'windrow.channel': channelGuid, 'windrow.origin_endpoint': id }
}
