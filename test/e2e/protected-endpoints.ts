/** Encrypted endpoints of a channel, with the keys of Windrow's own key server, and the same in the clear. */
import { createHmac } from 'node:crypto'
import {
  CreateOriginEndpointCommand,
  type CreateOriginEndpointCommandInput,
  type HlsEncryption,
  type MediaPackageClient,
  type SpekeKeyProvider,
} from '@aws-sdk/client-mediapackage'
import { AES_128, CLEAR_KEY_AES_128, COMMON, DASH_CLEAR_KEY, FAIRPLAY, PLAYREADY } from '../../src/model/drm-systems.ts'

/** What all keys of the key server follow from, in a test. */
export const SECRET = Buffer.alloc(32, 0x5a)

export const KEY_SERVER = {
  WINDROW_KEY_SERVER: 'true',
  WINDROW_KEY_SERVER_SECRET: SECRET.toString('hex'),
  WINDROW_MAX_ORIGIN_ENDPOINTS: '20',
}

/** The key that the key server gives for a KID, in hexadecimal digits with or without hyphens. */
export function labKey(kid: string): Buffer {
  const bytes = Buffer.from(kid.replaceAll('-', ''), 'hex')
  return createHmac('sha256', SECRET).update(bytes).digest().subarray(0, 16)
}

/** Sixteen bytes, for endpoints whose segments all have the same IV. */
export const IV = Buffer.alloc(16, 0x1c)

type Settings = Omit<CreateOriginEndpointCommandInput, 'ChannelId' | 'Id'>

export type ProtectedOutput = {
  readonly name: string
  /** What is the same in the clear. */
  readonly twin: 'hls' | 'cmaf' | 'dash' | 'mss'
  readonly settings: (provider: (systemIds: readonly string[]) => SpekeKeyProvider, rotation: number) => Settings
}

const SPEKE_2 = { PresetSpeke20Audio: 'PRESET-AUDIO-1', PresetSpeke20Video: 'PRESET-VIDEO-2' } as const
/** Players are near enough to the live edge that keys change while they are watched. */
const NEAR = { SuggestedPresentationDelaySeconds: 6, MinUpdatePeriodSeconds: 2, MinBufferTimeSeconds: 4 }
const HLS = { SegmentDurationSeconds: 2, ProgramDateTimeIntervalSeconds: 2 }
const CMAF = { SegmentDurationSeconds: 2, HlsManifests: [{ Id: 'm', ProgramDateTimeIntervalSeconds: 2 }] }
const DASH = { SegmentDurationSeconds: 2, ...NEAR }
const MSS = { SegmentDurationSeconds: 2 }

export const CLEAR: Readonly<Record<ProtectedOutput['twin'], Settings>> = {
  hls: { HlsPackage: HLS },
  cmaf: { CmafPackage: CMAF },
  dash: { DashPackage: DASH },
  mss: { MssPackage: MSS },
}

/** In MPEG-TS, with keys for one DRM system, which can change; `cbcs` the same in CMAF. */
const hls = (name: string, systemId: string, encryption: Partial<HlsEncryption>): ProtectedOutput => ({
  name,
  twin: 'hls',
  settings: (provider, KeyRotationIntervalSeconds) => {
    const Encryption = { ...encryption, KeyRotationIntervalSeconds, SpekeKeyProvider: provider([systemId]) }
    return { HlsPackage: { ...HLS, Encryption } }
  },
})
const cbcs = (name: string, systemId: string): ProtectedOutput => ({
  name,
  twin: 'cmaf',
  settings: (provider, KeyRotationIntervalSeconds) => {
    const keys = { KeyRotationIntervalSeconds, SpekeKeyProvider: provider([systemId]) }
    return { CmafPackage: { ...CMAF, Encryption: { EncryptionMethod: 'SAMPLE_AES', ...keys } } }
  },
})

export const PROTECTED: readonly ProtectedOutput[] = [
  hls('aes-128', AES_128, { EncryptionMethod: 'AES_128' }),
  hls('sample-aes', FAIRPLAY, {
    EncryptionMethod: 'SAMPLE_AES',
    ConstantInitializationVector: IV.toString('hex'),
  }),
  cbcs('cbcs', FAIRPLAY),
  cbcs('cbcs-clear-key', COMMON),
  {
    name: 'cenc',
    twin: 'cmaf',
    settings: (provider) => ({
      CmafPackage: {
        ...CMAF,
        Encryption: {
          EncryptionMethod: 'AES_CTR',
          KeyRotationIntervalSeconds: 0,
          SpekeKeyProvider: {
            ...provider([CLEAR_KEY_AES_128, COMMON]),
            EncryptionContractConfiguration: SPEKE_2,
          },
        },
      },
    }),
  },
  {
    name: 'dash',
    twin: 'dash',
    settings: (provider, KeyRotationIntervalSeconds) => ({
      DashPackage: {
        ...DASH,
        Encryption: { KeyRotationIntervalSeconds, SpekeKeyProvider: provider([COMMON, DASH_CLEAR_KEY]) },
      },
    }),
  },
  {
    name: 'mss',
    twin: 'mss',
    settings: (provider) => ({ MssPackage: { ...MSS, Encryption: { SpekeKeyProvider: provider([PLAYREADY]) } } }),
  },
]

/**
 * Makes endpoints, encrypted and in the clear, and gives the URLs of their manifests by their names. Keys change every
 * `rotation` seconds where they can.
 */
export async function createProtectedEndpoints(
  client: MediaPackageClient,
  server: string,
  channel: string,
  { rotation = 0, names }: { readonly rotation?: number; readonly names?: readonly string[] } = {},
): Promise<Map<string, string>> {
  const urls = new Map<string, string>()
  const create = async (name: string, settings: Settings) => {
    const Id = `${channel}-${name}`
    const common = { ChannelId: channel, Id, StartoverWindowSeconds: 86_400 }
    const { Url, CmafPackage } = await client.send(new CreateOriginEndpointCommand({ ...common, ...settings }))
    const url = Url || CmafPackage?.HlsManifests?.[0]?.Url
    if (!url) throw new Error(`endpoint ${Id} has no URL`)
    urls.set(name, url)
  }
  const outputs = PROTECTED.filter(({ name }) => !names || names.includes(name))
  for (const twin of new Set(outputs.map((output) => output.twin))) await create(`${twin}-clear`, CLEAR[twin])
  for (const { name, settings } of outputs) {
    const provider = (systemIds: readonly string[]): SpekeKeyProvider => ({
      ResourceId: `${channel}/${name}`,
      RoleArn: 'arn:aws:iam::000000000000:role/keys',
      SystemIds: [...systemIds],
      Url: `${server}/windrow/v1/keys/speke`,
    })
    await create(name, settings(provider, rotation))
  }
  return urls
}
