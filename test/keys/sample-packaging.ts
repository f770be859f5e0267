import type { EncryptionContractConfiguration, SpekeKeyProvider } from '../../src/model/encryption.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { EncryptedPackaging } from '../../src/model/packaging.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'

export type SamplePackage = 'TS' | 'CMAF' | 'DASH' | 'ISM'

/** The endpoint of each package with an encryption, whose method must be one of its own. */
const ENDPOINTS: Readonly<
  Record<SamplePackage, { method: string; of: (settings: { encryption: never }) => OriginEndpoint }>
> = {
  TS: { method: 'AES_128', of: hlsEndpoint },
  CMAF: { method: 'CBCS', of: cmafEndpoint },
  DASH: { method: 'CENC', of: dashEndpoint },
  ISM: { method: 'CENC', of: mssEndpoint },
}

/** Packaging with its keys from a provider, where tests name no more of it. */
export function samplePackaging(
  of: SamplePackage,
  provider: Partial<SpekeKeyProvider>,
  more: {
    readonly method?: 'AES_128' | 'SAMPLE_AES' | 'CENC' | 'CBCS'
    readonly constantInitializationVector?: string
    readonly contract?: EncryptionContractConfiguration
  } = {},
): EncryptedPackaging {
  const { method = ENDPOINTS[of].method, contract, constantInitializationVector } = more
  const encryption = {
    method,
    ...(constantInitializationVector !== undefined && { constantInitializationVector }),
    keyRotationIntervalSeconds: 0,
    spekeKeyProvider: {
      resourceId: 'a-resource',
      roleArn: 'arn:aws:iam::000000000000:role/keys',
      systemIds: [],
      url: 'https://keys.example.com/speke',
      ...(contract && { encryptionContractConfiguration: contract }),
      ...provider,
    },
  }
  return ENDPOINTS[of].of({ encryption: encryption as never }).packaging as EncryptedPackaging
}
