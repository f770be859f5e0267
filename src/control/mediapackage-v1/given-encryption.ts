import type { Encryption, SpekeKeyProvider } from '../../model/encryption.ts'
import { checkEncryption, checkKeyProvider } from '../../model/encryption-rules.ts'
import { refuse } from '../../model/rules.ts'
import type { GivenPackage, PackageType } from './packages.ts'

type GivenEncryption<T extends PackageType> = NonNullable<GivenPackage<T>['encryption']>

const DEFAULT_KEY_ROTATION_SECONDS = 60

export function hlsEncryption(
  given: GivenEncryption<'hlsPackage'>,
  path: string,
): Encryption<'AES_128' | 'SAMPLE_AES'> {
  const { spekeKeyProvider: provider, encryptionMethod: method = 'AES_128' } = given
  return checked({ method, ...common(given), spekeKeyProvider: provider }, path, { systemIds: 1, isSpeke1: true })
}

export function dashEncryption(given: GivenEncryption<'dashPackage'>, path: string): Encryption<'CENC'> {
  return checked({ method: 'CENC', ...common(given), spekeKeyProvider: given.spekeKeyProvider }, path, { systemIds: 2 })
}

export function mssEncryption({ spekeKeyProvider }: GivenEncryption<'mssPackage'>, path: string): Encryption<'CENC'> {
  const encryption = { method: 'CENC', keyRotationIntervalSeconds: 0, spekeKeyProvider } as const
  return checked(encryption, path, { systemIds: 1, isSpeke1: true })
}

export function cmafEncryption(given: GivenEncryption<'cmafPackage'>, path: string): Encryption<'CENC' | 'CBCS'> {
  const { spekeKeyProvider: provider, encryptionMethod = 'SAMPLE_AES' } = given
  const method = encryptionMethod === 'AES_CTR' ? 'CENC' : 'CBCS'
  const encryption = checked({ method, ...common(given), spekeKeyProvider: provider }, path, { systemIds: 3 })
  if (method === 'CENC' && !provider.encryptionContractConfiguration) {
    refuse(`${path}.encryptionMethod`, 'AES_CTR needs SPEKE 2.0: spekeKeyProvider.encryptionContractConfiguration')
  }
  return encryption
}

/** The members that the encryptions of several packages share. */
function common(given: {
  readonly constantInitializationVector?: string
  readonly keyRotationIntervalSeconds?: number
}) {
  const { constantInitializationVector, keyRotationIntervalSeconds = DEFAULT_KEY_ROTATION_SECONDS } = given
  return {
    keyRotationIntervalSeconds,
    ...(constantInitializationVector !== undefined && { constantInitializationVector }),
  }
}

/** The number of DRM systems a package allows; `isSpeke1`: it supports SPEKE 1.0 only. */
type Allowed = { readonly systemIds: number; readonly isSpeke1?: true }

function checked<M extends string>(encryption: Encryption<M>, path: string, { systemIds, isSpeke1 }: Allowed) {
  const provider: SpekeKeyProvider = encryption.spekeKeyProvider
  checkKeyProvider(`${path}.spekeKeyProvider`, provider, systemIds)
  if (isSpeke1 && provider.encryptionContractConfiguration) {
    const where = `${path}.spekeKeyProvider.encryptionContractConfiguration`
    refuse(where, 'SPEKE 2.0 is supported in dashPackage and cmafPackage only')
  }
  checkEncryption(path, encryption)
  return encryption
}
