import type { OriginEndpoint } from '../../api/resources.ts'
import { isHttp } from '../../layout/is-http.ts'

/** An endpoint whose archive can be looked at and harvested. */
export type PlayableEndpoint = {
  readonly id: string
  /** An HLS manifest, of TS or CMAF segments; undefined where there is none that plays here. */
  readonly manifestUrl: string | undefined
  /** Any manifest of it, by which it is looked at. */
  readonly anyUrl: string | undefined
  readonly startoverWindowSeconds: number
  readonly isEncrypted: boolean
  /** What the endpoint serves, as deliverables of harvest jobs name it. */
  readonly ownKind: 'HLS' | 'CMAF' | 'DASH' | 'MSS'
}

/** The endpoints that can be harvested, those first that play here, with dates in their playlists. */
export function playableEndpoints(endpoints: readonly OriginEndpoint[]): readonly PlayableEndpoint[] {
  return endpoints
    .filter(({ startoverWindowSeconds = 0 }) => startoverWindowSeconds > 0)
    .map((endpoint) => ({ endpoint, playable: playableOf(endpoint) }))
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map(({ playable }) => playable)
}

function playableOf({ id = '', startoverWindowSeconds = 0, ...endpoint }: OriginEndpoint): PlayableEndpoint {
  const { hlsPackage, cmafPackage, dashPackage, mssPackage } = endpoint
  const encryption = [hlsPackage, cmafPackage, dashPackage, mssPackage].find((each) => each?.encryption)
  const ownKind = cmafPackage ? 'CMAF' : dashPackage ? 'DASH' : mssPackage ? 'MSS' : 'HLS'
  const url = cmafPackage ? cmafPackage.hlsManifests?.[0]?.url : endpoint.url
  const anyUrl = url !== undefined && isHttp(url) ? url : undefined
  const isHls = ownKind === 'HLS' || ownKind === 'CMAF'
  return {
    id,
    startoverWindowSeconds,
    ownKind,
    isEncrypted: encryption !== undefined,
    anyUrl,
    manifestUrl: isHls && encryption === undefined ? anyUrl : undefined,
  }
}

function rankOf({ endpoint, playable }: { endpoint: OriginEndpoint; playable: PlayableEndpoint }): number {
  const { hlsPackage, cmafPackage } = endpoint
  const interval =
    hlsPackage?.programDateTimeIntervalSeconds ?? cmafPackage?.hlsManifests?.[0]?.programDateTimeIntervalSeconds ?? 0
  return (playable.manifestUrl === undefined ? 2 : 0) + (interval > 0 ? 0 : 1)
}
