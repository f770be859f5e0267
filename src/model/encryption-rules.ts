import type { Encryption, SpekeKeyProvider } from './encryption.ts'
import { between, checkedRoleArn, matching, refuse } from './rules.ts'

const MAX_INTEGER = 2 ** 31 - 1
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Checks a key provider at `path`, which may name up to `maxSystemIds` DRM systems. */
export function checkKeyProvider(path: string, provider: SpekeKeyProvider, maxSystemIds: number): void {
  matching(`${path}.url`, provider.url, /^https:\/\/[^\s/?#@]+([/?#]\S*)?$/, 'an https:// URL without user information')
  checkedRoleArn(`${path}.roleArn`, provider.roleArn)
  matching(`${path}.resourceId`, provider.resourceId, /^[^\p{Cc}]{1,256}$/u, '1 to 256 printable characters')
  if (provider.certificateArn !== undefined) {
    const form = 'the ARN of a certificate in ACM'
    matching(`${path}.certificateArn`, provider.certificateArn, /^arn:aws[a-z-]*:acm:\S+:certificate\/\S+$/, form)
  }
  const { length } = provider.systemIds
  if (length < 1 || length > maxSystemIds) {
    refuse(
      `${path}.systemIds`,
      `must name ${maxSystemIds === 1 ? '1 DRM system' : `1 to ${maxSystemIds} DRM systems`}, got ${length}`,
    )
  }
  for (const [n, id] of provider.systemIds.entries()) matching(`${path}.systemIds[${n}]`, id, UUID, 'a UUID')
}

/**
 * Checks the initialization vector, the key rotation and the SPEKE 2.0 presets of an encryption at `path`. SPEKE 2.0
 * has no key rotation, and allows only some pairs of presets.
 */
export function checkEncryption(path: string, encryption: Encryption): void {
  const { constantInitializationVector: iv, keyRotationIntervalSeconds: seconds, spekeKeyProvider } = encryption
  const contract = spekeKeyProvider.encryptionContractConfiguration
  if (contract) {
    const where = `${path}.spekeKeyProvider.encryptionContractConfiguration`
    const { presetSpeke20Audio: audio, presetSpeke20Video: video } = contract
    if (audio === 'UNENCRYPTED' && video === 'UNENCRYPTED')
      refuse(where, 'UNENCRYPTED must not be set for both presets')
    if ((audio === 'SHARED') !== (video === 'SHARED')) refuse(where, 'SHARED must be set for both presets or neither')
    if (seconds !== 0) {
      refuse(`${path}.keyRotationIntervalSeconds`, 'must be 0 with SPEKE 2.0, which has no key rotation')
    }
  }
  if (iv !== undefined) {
    matching(`${path}.constantInitializationVector`, iv, /^[0-9a-f]{32}$/i, '32 hexadecimal digits')
  }
  between(`${path}.keyRotationIntervalSeconds`, seconds, 0, MAX_INTEGER)
}
