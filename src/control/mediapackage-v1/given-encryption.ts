import type { Encryption, SpekeKeyProvider } from '../../model/encryption.ts'
import { checkEncryption, checkKeyProvider, type EncryptedPackage } from '../../model/encryption-rules.ts'
import { refuse } from '../../model/rules.ts'
import { checkKeyServerUrl, type KeyServerRules } from './key-server-url.ts'
import type { GivenPackage, PackageType } from './packages.ts'

type GivenEncryption<T extends PackageType> = NonNullable<GivenPackage<T>['encryption']>

const DEFAULT_KEY_ROTATION_SECONDS = 60

export function hlsEncryption(
  given: GivenEncryption<'hlsPackage'>,
  path: string,
  rules: KeyServerRules,
): Encryption<'AES_128' | 'SAMPLE_AES'> {
  const { spekeKeyProvider: provider, encryptionMethod: method = 'AES_128' } = given
  return checked({ method, ...common(given), spekeKeyProvider: provider }, path, {
    ...rules,
    type: 'HLS',
    systemIds: 1,
    isSpeke1: true,
  })
}

export function dashEncryption(
  given: GivenEncryption<'dashPackage'>,
  path: string,
  rules: KeyServerRules,
): Encryption<'CENC'> {
  return checked({ method: 'CENC', ...common(given), spekeKeyProvider: given.spekeKeyProvider }, path, {
    ...rules,
    type: 'DASH',
    systemIds: 2,
  })
}

export function mssEncryption(
  { spekeKeyProvider }: GivenEncryption<'mssPackage'>,
  path: string,
  rules: KeyServerRules,
): Encryption<'CENC'> {
  const encryption = { method: 'CENC', keyRotationIntervalSeconds: 0, spekeKeyProvider } as const
  return checked(encryption, path, { ...rules, type: 'Smooth Streaming', systemIds: 1, isSpeke1: true })
}

export function cmafEncryption(
  given: GivenEncryption<'cmafPackage'>,
  path: string,
  rules: KeyServerRules,
): Encryption<'CENC' | 'CBCS'> {
  const { spekeKeyProvider: provider, encryptionMethod = 'SAMPLE_AES' } = given
  const method = encryptionMethod === 'AES_CTR' ? 'CENC' : 'CBCS'
  const encryption = checked({ method, ...common(given), spekeKeyProvider: provider }, path, {
    ...rules,
    type: 'CMAF',
    systemIds: 3,
  })
  if (method === 'CENC' && !provider.encryptionContractConfiguration) {
    refuse(`${path}.encryptionMethod`, 'AES_CTR needs SPEKE 2.0: spekeKeyProvider.encryptionContractConfiguration')
  }
  return encryption
}

/** The members that the encryptions of several packages share. SPEKE 2.0 has no key rotation. */
function common(given: {
  readonly constantInitializationVector?: string
  readonly keyRotationIntervalSeconds?: number
  readonly spekeKeyProvider: SpekeKeyProvider
}) {
  const isSpeke2 = given.spekeKeyProvider.encryptionContractConfiguration !== undefined
  const { constantInitializationVector, keyRotationIntervalSeconds } = given
  return {
    keyRotationIntervalSeconds: keyRotationIntervalSeconds ?? (isSpeke2 ? 0 : DEFAULT_KEY_ROTATION_SECONDS),
    ...(constantInitializationVector !== undefined && { constantInitializationVector }),
  }
}

/** The package, and the number of DRM systems it allows; `isSpeke1`: it supports SPEKE 1.0 only. */
type Allowed = KeyServerRules & {
  readonly type: EncryptedPackage
  readonly systemIds: number
  readonly isSpeke1?: true
}

function checked<M extends string>(encryption: Encryption<M>, path: string, allowed: Allowed) {
  const provider: SpekeKeyProvider = encryption.spekeKeyProvider
  const where = `${path}.spekeKeyProvider`
  checkKeyServerUrl(`${where}.url`, provider.url, allowed)
  if (allowed.isSpeke1 && provider.encryptionContractConfiguration) {
    refuse(`${where}.encryptionContractConfiguration`, 'SPEKE 2.0 is supported in dashPackage and cmafPackage only')
  }
  const { type, systemIds, certificateArns } = allowed
  checkKeyProvider(where, provider, { package: type, maxSystemIds: systemIds, certificateArns })
  checkEncryption(path, encryption)
  return encryption
}
