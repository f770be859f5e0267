import type { CmafPackage, DashPackage, HlsPackage, MssPackage, SpekeKeyProvider } from './origin-endpoint.ts'
import { between, checkedRoleArn, matching, refuse } from './rules.ts'

type HlsEncryption = NonNullable<HlsPackage['encryption']>
type DashEncryption = NonNullable<DashPackage['encryption']>
type MssEncryption = NonNullable<MssPackage['encryption']>
type CmafEncryption = NonNullable<CmafPackage['encryption']>

/** What a client must and may say about an encryption. */
export type GivenEncryption<E extends { readonly spekeKeyProvider: SpekeKeyProvider }> = Partial<E> &
  Pick<E, 'spekeKeyProvider'>

const DEFAULT_KEY_ROTATION_SECONDS = 60
const MAX_INTEGER = 2 ** 31 - 1
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function hlsEncryption(given: GivenEncryption<HlsEncryption>, path: string): HlsEncryption {
  checkKeyProvider(given.spekeKeyProvider, `${path}.spekeKeyProvider`, 1)
  refuseContract(given.spekeKeyProvider, `${path}.spekeKeyProvider`)
  return {
    ...initializationVector(given, path),
    encryptionMethod: given.encryptionMethod ?? 'AES_128',
    keyRotationIntervalSeconds: keyRotation(given, path),
    repeatExtXKey: given.repeatExtXKey ?? false,
    spekeKeyProvider: given.spekeKeyProvider,
  }
}

export function dashEncryption(given: GivenEncryption<DashEncryption>, path: string): DashEncryption {
  checkKeyProvider(given.spekeKeyProvider, `${path}.spekeKeyProvider`, 2)
  checkContract(given, path)
  return { keyRotationIntervalSeconds: keyRotation(given, path), spekeKeyProvider: given.spekeKeyProvider }
}

export function mssEncryption(given: MssEncryption, path: string): MssEncryption {
  checkKeyProvider(given.spekeKeyProvider, `${path}.spekeKeyProvider`, 1)
  refuseContract(given.spekeKeyProvider, `${path}.spekeKeyProvider`)
  return { spekeKeyProvider: given.spekeKeyProvider }
}

export function cmafEncryption(given: GivenEncryption<CmafEncryption>, path: string): CmafEncryption {
  checkKeyProvider(given.spekeKeyProvider, `${path}.spekeKeyProvider`, 3)
  checkContract(given, path)
  if (given.encryptionMethod === 'AES_CTR' && !given.spekeKeyProvider.encryptionContractConfiguration) {
    refuse(`${path}.encryptionMethod`, 'AES_CTR needs SPEKE 2.0: spekeKeyProvider.encryptionContractConfiguration')
  }
  return {
    ...initializationVector(given, path),
    encryptionMethod: given.encryptionMethod ?? 'SAMPLE_AES',
    keyRotationIntervalSeconds: keyRotation(given, path),
    spekeKeyProvider: given.spekeKeyProvider,
  }
}

function initializationVector(given: { constantInitializationVector?: string }, path: string) {
  const iv = given.constantInitializationVector
  if (iv === undefined) return {}
  matching(`${path}.constantInitializationVector`, iv, /^[0-9a-f]{32}$/i, '32 hexadecimal digits')
  return { constantInitializationVector: iv }
}

function keyRotation(given: { keyRotationIntervalSeconds?: number }, path: string): number {
  const seconds = given.keyRotationIntervalSeconds ?? DEFAULT_KEY_ROTATION_SECONDS
  return between(`${path}.keyRotationIntervalSeconds`, seconds, 0, MAX_INTEGER)
}

function checkKeyProvider(provider: SpekeKeyProvider, path: string, maxSystemIds: number): void {
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

function refuseContract(provider: SpekeKeyProvider, path: string): void {
  if (provider.encryptionContractConfiguration) {
    refuse(`${path}.encryptionContractConfiguration`, 'SPEKE 2.0 is for dashPackage and cmafPackage only')
  }
}

/** SPEKE 2.0: which presets go together, and no key rotation. */
function checkContract(given: GivenEncryption<DashEncryption | CmafEncryption>, path: string): void {
  const contract = given.spekeKeyProvider.encryptionContractConfiguration
  if (!contract) return
  const where = `${path}.spekeKeyProvider.encryptionContractConfiguration`
  const { presetSpeke20Audio: audio, presetSpeke20Video: video } = contract
  if (audio === 'UNENCRYPTED' && video === 'UNENCRYPTED') refuse(where, 'UNENCRYPTED must not be set for both presets')
  if ((audio === 'SHARED') !== (video === 'SHARED')) refuse(where, 'SHARED must be set for both presets or neither')
  if (given.keyRotationIntervalSeconds !== 0) {
    refuse(`${path}.keyRotationIntervalSeconds`, 'must be 0 with SPEKE 2.0, which has no key rotation')
  }
}
