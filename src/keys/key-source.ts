import { createHash } from 'node:crypto'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { EncryptedPackaging, Packaging } from '../model/packaging.ts'
import type { KeySource } from '../stores/content-key-records.ts'

const known = new WeakMap<OriginEndpoint, KeySource>()

/** The packaging of an encrypted endpoint; undefined where segments are in the clear. */
export function encryptedPackagingOf({ packaging }: OriginEndpoint): EncryptedPackaging | undefined {
  return isEncrypted(packaging) ? packaging : undefined
}

function isEncrypted(packaging: Packaging): packaging is EncryptedPackaging {
  return packaging.encryption !== undefined
}

/** The source of an endpoint's keys; undefined where it is not encrypted. */
export function keySourceOf(endpoint: OriginEndpoint): KeySource | undefined {
  const packaging = encryptedPackagingOf(endpoint)
  if (!packaging) return undefined
  const source = known.get(endpoint) ?? sourceOf(endpoint, packaging)
  known.set(endpoint, source)
  return source
}

function sourceOf({ guid, channelGuid }: OriginEndpoint, packaging: EncryptedPackaging): KeySource {
  const { container, manifests, encryption } = packaging
  const { spekeKeyProvider: provider, constantInitializationVector, keyRotationIntervalSeconds: seconds } = encryption
  const contract = provider.encryptionContractConfiguration
  // Not the role, by which the request is only signed.
  const answerDependsOn = [
    guid,
    container,
    [...new Set(manifests.map(({ type }) => type))].toSorted(),
    encryption.method,
    seconds,
    constantInitializationVector?.toLowerCase() ?? null,
    provider.url,
    provider.resourceId,
    provider.systemIds.map((id) => id.toLowerCase()).toSorted(),
    contract ? [contract.presetSpeke20Audio, contract.presetSpeke20Video] : null,
    provider.certificateArn ?? null,
  ]
  const id = createHash('sha256').update(JSON.stringify(answerDependsOn)).digest('base64url')
  return { id, endpointGuid: guid, channelGuid, intervalMs: seconds * 1000 }
}
