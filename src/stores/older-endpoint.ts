import type { SpekeKeyProvider } from '../model/encryption.ts'
import type { DashManifest, HlsManifest } from '../model/manifest.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Packaging, StreamSelection, TsPackaging } from '../model/packaging.ts'

/** The stored form of an endpoint that has one of the four packages of MediaPackage v1. */
export type OlderEndpoint = Omit<OriginEndpoint, 'packaging'> & { readonly package: OlderPackage }

type OlderPackage = OlderHlsPackage | OlderDashPackage | OlderMssPackage | OlderCmafPackage

type Common<Type extends string> = {
  readonly type: Type
  readonly segmentDurationSeconds: number
  readonly streamSelection: StreamSelection
  readonly encryption?: {
    readonly constantInitializationVector?: string
    readonly encryptionMethod?: 'AES_128' | 'SAMPLE_AES' | 'AES_CTR'
    readonly keyRotationIntervalSeconds?: number
    readonly repeatExtXKey?: boolean
    readonly spekeKeyProvider: SpekeKeyProvider
  }
}

type Renamed = 'type' | 'name' | 'folder' | 'windowSeconds' | 'repeatExtXKey'
type OlderPlaylists = Omit<HlsManifest, Renamed> & { readonly playlistWindowSeconds: number }

type OlderHlsPackage = Common<'hlsPackage'> & OlderPlaylists & Omit<TsPackaging['segment'], 'durationSeconds' | 'name'>
type OlderDashPackage = Common<'dashPackage'> & Omit<DashManifest, Renamed> & { readonly manifestWindowSeconds: number }
type OlderMssPackage = Common<'mssPackage'> & { readonly manifestWindowSeconds: number }
type OlderCmafPackage = Common<'cmafPackage'> & {
  readonly segmentPrefix: string
  readonly hlsManifests: readonly (OlderPlaylists & { readonly id: string; readonly manifestName: string })[]
}

/** The current form of an endpoint, with container, segments and manifests instead of a package. */
export function upgradedEndpoint({ package: older, ...endpoint }: OlderEndpoint): OriginEndpoint {
  return { ...endpoint, packaging: packagingOf(older, endpoint.manifestName) }
}

function packagingOf(older: OlderPackage, name: string): Packaging {
  const { type, segmentDurationSeconds: durationSeconds, streamSelection, encryption, ...settings } = older
  switch (older.type) {
    case 'hlsPackage': {
      const { includeDvbSubtitles, useAudioRenditionGroup, ...playlists } = settings as OlderHlsPackage
      const method = encryption?.encryptionMethod === 'SAMPLE_AES' ? 'SAMPLE_AES' : 'AES_128'
      return {
        container: 'TS',
        segment: { durationSeconds, name, includeDvbSubtitles, useAudioRenditionGroup },
        streamSelection,
        ...encrypted(older, method),
        manifests: [hlsManifest(name, playlists, encryption?.repeatExtXKey)],
      }
    }
    case 'dashPackage': {
      const { manifestWindowSeconds: windowSeconds, ...manifest } = settings as OlderDashPackage
      return {
        container: 'CMAF',
        segment: { durationSeconds, name },
        streamSelection,
        ...encrypted(older, 'CENC'),
        manifests: [{ ...manifest, type: 'DASH', name, windowSeconds }],
      }
    }
    case 'mssPackage':
      return {
        container: 'ISM',
        segment: { durationSeconds, name },
        streamSelection,
        ...encrypted(older, 'CENC'),
        manifests: [{ type: 'MSS', name, windowSeconds: older.manifestWindowSeconds }],
      }
    case 'cmafPackage':
      return {
        container: 'CMAF',
        segment: { durationSeconds, name: older.segmentPrefix },
        streamSelection,
        ...encrypted(older, encryption?.encryptionMethod === 'AES_CTR' ? 'CENC' : 'CBCS'),
        manifests: older.hlsManifests.map(({ id: folder, manifestName, ...playlists }) => {
          return { ...hlsManifest(manifestName, playlists), folder }
        }),
      }
  }
}

function hlsManifest(name: string, older: OlderPlaylists, repeatExtXKey = false): HlsManifest {
  const { playlistWindowSeconds: windowSeconds, ...playlists } = older
  return { ...playlists, type: 'HLS', name, windowSeconds, repeatExtXKey }
}

function encrypted<Method extends string>({ encryption }: OlderPackage, method: Method) {
  if (!encryption) return {}
  const { encryptionMethod: _, repeatExtXKey: __, keyRotationIntervalSeconds = 0, ...kept } = encryption
  return { encryption: { ...kept, method, keyRotationIntervalSeconds } }
}
