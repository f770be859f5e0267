import type { OriginEndpoint } from '../api/resources.ts'

export type Format = 'HLS' | 'CMAF' | 'DASH' | 'Smooth Streaming'

/** A manifest that players load. */
export type Manifest = { readonly name: string; readonly url: string }

export function formatOf(endpoint: OriginEndpoint): Format {
  if (endpoint.cmafPackage) return 'CMAF'
  if (endpoint.dashPackage) return 'DASH'
  return endpoint.mssPackage ? 'Smooth Streaming' : 'HLS'
}

/** The manifests of an endpoint: CMAF has any number, the others one. */
export function manifestsOf(endpoint: OriginEndpoint): readonly Manifest[] {
  if (!endpoint.cmafPackage) return endpoint.url ? [{ name: endpoint.manifestName ?? 'index', url: endpoint.url }] : []
  return (endpoint.cmafPackage.hlsManifests ?? []).flatMap(({ id = '', url }) => (url ? [{ name: id, url }] : []))
}

/** Who may watch an endpoint, in a few words. */
export function accessText(endpoint: OriginEndpoint): { readonly isOpen: boolean; readonly text: string } {
  const { origination, whitelist = [], authorization } = endpoint
  if (origination === 'DENY') return { isOpen: false, text: 'Denied' }
  const limits = [
    ...(authorization ? ['CDN authorization'] : []),
    ...(whitelist.length > 0 ? [`${whitelist.length} ${whitelist.length === 1 ? 'network' : 'networks'}`] : []),
  ]
  return limits.length === 0 ? { isOpen: true, text: 'Everybody' } : { isOpen: false, text: limits.join(', ') }
}

/** Why nothing may play here, in sentences, as far as the endpoint's settings tell. */
export function obstaclesOf(endpoint: OriginEndpoint): readonly string[] {
  const { origination, whitelist = [], authorization } = endpoint
  const encryption = [endpoint.hlsPackage, endpoint.cmafPackage, endpoint.dashPackage, endpoint.mssPackage].some(
    (each) => each?.encryption,
  )
  return [
    ...(origination === 'DENY' ? ['Origination is DENY: every request for this endpoint is answered 403.'] : []),
    ...(authorization
      ? [
          'CDN authorization is on: only requests with the identifier in X-MediaPackage-CDNIdentifier are answered, and a browser sends none. Play it through the CDN.',
        ]
      : []),
    ...(whitelist.length > 0 ? [`Only these networks may watch: ${whitelist.join(', ')}.`] : []),
    ...(encryption
      ? ['The endpoint is encrypted: it plays once it has a key, in players that get keys or licences.']
      : []),
    ...(endpoint.cmafPackage && manifestsOf(endpoint).length === 0
      ? ['The package has no HLS manifest: add one, and it has a URL.']
      : []),
  ]
}
