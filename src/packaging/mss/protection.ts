import type { SmoothManifest } from '../../manifests/mss.ts'
import { NoContentKey } from '../content-keys.ts'
import type { Presentation } from '../presentation.ts'

/**
 * The Protection of a manifest, which has one key: none where the endpoint is in the clear. Throws NoContentKey where
 * the provider has told nothing from which players could get the key.
 */
export function protectionIn({
  endpoint,
  window,
}: Pick<Presentation, 'endpoint' | 'window'>): Pick<SmoothManifest, 'protection'> {
  if (!endpoint.packaging.encryption) return {}
  const systems = window.keys?.get(0)?.flatMap((key) => key.systems) ?? []
  for (const { systemId, protectionHeader: header } of systems) {
    if (header !== undefined) return { protection: { systemId: systemId.toLowerCase(), header } }
  }
  throw new NoContentKey('the provider has given no ProtectionHeader')
}
