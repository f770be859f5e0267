import type { EncryptionContractConfiguration, SpekeKeyProvider } from '../../src/model/encryption.ts'
import { DASH_DEFAULTS, HLS_DEFAULTS } from '../../src/model/manifest.ts'
import type { EncryptedPackaging } from '../../src/model/packaging.ts'

export type SamplePackage = 'TS' | 'CMAF' | 'DASH' | 'ISM'

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
  const { method = METHODS[of], contract, constantInitializationVector } = more
  const common = {
    encryption: {
      method: method as never,
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
    },
    streamSelection: { maxVideoBitsPerSecond: 2 ** 31 - 1, minVideoBitsPerSecond: 0, streamOrder: 'ORIGINAL' },
  } as const
  const segment = { durationSeconds: 2, name: 'index' }
  const hls = { type: 'HLS', name: 'index', repeatExtXKey: false, adTriggers: [], ...HLS_DEFAULTS } as const
  switch (of) {
    case 'TS': {
      const settings = { ...segment, includeDvbSubtitles: false, useAudioRenditionGroup: false }
      return { ...common, container: 'TS', segment: settings, manifests: [hls as never] }
    }
    case 'CMAF':
      return { ...common, container: 'CMAF', segment, manifests: [hls as never] }
    case 'DASH':
      return { ...common, container: 'CMAF', segment, manifests: [{ type: 'DASH', ...DASH_DEFAULTS } as never] }
    case 'ISM':
      return { ...common, container: 'ISM', segment, manifests: [{ type: 'MSS', name: 'index', windowSeconds: 60 }] }
  }
}

const METHODS = { TS: 'AES_128', CMAF: 'CBCS', DASH: 'CENC', ISM: 'CENC' } as const
