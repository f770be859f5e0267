import type { SmoothManifest } from '../../manifests/mss.ts'
import { MalformedMedia } from '../../media/bytes.ts'
import { readProtectionSystem } from '../../media/mp4/protection-system.ts'
import type { DrmSystem } from '../../model/content-keys.ts'
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
  for (const system of systems) {
    const header = headerOf(system)
    if (header !== undefined) return { protection: { systemId: system.systemId.toLowerCase(), header } }
  }
  throw new NoContentKey('the provider has given no ProtectionHeader')
}

/** The PlayReady object of a system, in base64: some providers give the box that has it. */
function headerOf({ protectionHeader, pssh }: DrmSystem): string | undefined {
  if (protectionHeader !== undefined) {
    const data = boxData(Buffer.from(protectionHeader, 'base64'))
    return data === undefined ? protectionHeader : base64(data)
  }
  return pssh && base64(readProtectionSystem(pssh).data)
}

function boxData(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return readProtectionSystem(bytes).data
  } catch (error) {
    if (error instanceof MalformedMedia) return undefined
    throw error
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
