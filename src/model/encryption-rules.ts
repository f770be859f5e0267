import { AES_128, CLEAR_KEY_AES_128, FAIRPLAY, IRDETO, PLAYREADY, WIDEVINE } from './drm-systems.ts'
import type { Encryption, SpekeKeyProvider } from './encryption.ts'
import { between, checkedRoleArn, matching, quoteValue, refuse } from './rules.ts'

const MAX_INTEGER = 2 ** 31 - 1
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What is packaged and signalled otherwise for DRM systems. */
export type EncryptedPackage = 'HLS' | 'CMAF' | 'DASH' | 'Smooth Streaming'

/** What a package allows of its key providers. */
export type ProviderLimits = {
  readonly package: EncryptedPackage
  readonly maxSystemIds: number
  /** ARNs of the certificates that keys can be encrypted for. */
  readonly certificateArns: ReadonlySet<string>
}

const NAMES: Readonly<Record<string, string>> = {
  [PLAYREADY]: 'PlayReady',
  [WIDEVINE]: 'Widevine',
  [FAIRPLAY]: 'FairPlay',
  [IRDETO]: 'Irdeto',
  [AES_128]: 'AES-128',
  [CLEAR_KEY_AES_128]: 'clear key AES-128',
}

/** The DRM systems of each package; any that is not known here may be in any of them. */
const SYSTEMS: Readonly<
  Record<EncryptedPackage, { readonly speke1: readonly string[]; readonly speke2: readonly string[] }>
> = {
  HLS: { speke1: [FAIRPLAY, AES_128], speke2: [] },
  CMAF: { speke1: [FAIRPLAY, WIDEVINE], speke2: [FAIRPLAY, WIDEVINE, PLAYREADY, CLEAR_KEY_AES_128] },
  DASH: { speke1: [WIDEVINE, PLAYREADY], speke2: [WIDEVINE, PLAYREADY, IRDETO] },
  'Smooth Streaming': { speke1: [PLAYREADY], speke2: [] },
}

/** Checks a key provider at `path`, but for its URL. */
export function checkKeyProvider(path: string, provider: SpekeKeyProvider, limits: ProviderLimits): void {
  const { maxSystemIds } = limits
  checkedRoleArn(`${path}.roleArn`, provider.roleArn)
  matching(`${path}.resourceId`, provider.resourceId, /^[^\p{Cc}]{1,256}$/u, '1 to 256 printable characters')
  if (provider.certificateArn !== undefined) {
    const form = 'the ARN of a certificate in ACM'
    matching(`${path}.certificateArn`, provider.certificateArn, /^arn:aws[a-z-]*:acm:\S+:certificate\/\S+$/, form)
    if (!limits.certificateArns.has(provider.certificateArn)) {
      refuse(
        `${path}.certificateArn`,
        `${quoteValue(provider.certificateArn)} is not in the setting speke-certificates`,
      )
    }
  }
  const { length } = provider.systemIds
  if (length < 1 || length > maxSystemIds) {
    refuse(
      `${path}.systemIds`,
      `must name ${maxSystemIds === 1 ? '1 DRM system' : `1 to ${maxSystemIds} DRM systems`}, got ${length}`,
    )
  }
  for (const [n, id] of provider.systemIds.entries()) {
    matching(`${path}.systemIds[${n}]`, id, UUID, 'a UUID')
    checkSystem(`${path}.systemIds[${n}]`, id.toLowerCase(), provider, limits.package)
  }
}

function checkSystem(path: string, id: string, provider: SpekeKeyProvider, type: EncryptedPackage): void {
  const name = NAMES[id]
  const isSpeke2 = provider.encryptionContractConfiguration !== undefined
  const { speke1, speke2 } = SYSTEMS[type]
  // Whether the package has SPEKE 2.0 at all is another rule.
  const systems = isSpeke2 && speke2.length > 0 ? speke2 : speke1
  if (name === undefined || systems.includes(id)) return
  const known = systems.map((each) => NAMES[each]).join(', ')
  const version = isSpeke2 ? 'SPEKE 2.0' : 'SPEKE 1.0'
  refuse(path, `${name} is not supported in ${type} with ${version}, which has ${known}`)
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
  const fairPlay = spekeKeyProvider.systemIds.findIndex((id) => id.toLowerCase() === FAIRPLAY)
  if (encryption.method === 'AES_128' && fairPlay >= 0) {
    refuse(`${path}.spekeKeyProvider.systemIds[${fairPlay}]`, 'FairPlay needs the encryptionMethod SAMPLE_AES')
  }
  if (iv !== undefined) {
    matching(`${path}.constantInitializationVector`, iv, /^[0-9a-f]{32}$/i, '32 hexadecimal digits')
  }
  between(`${path}.keyRotationIntervalSeconds`, seconds, 0, MAX_INTEGER)
}
