import type { Encryption } from '../../model/encryption.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import {
  type CmafPackaging,
  type IsmPackaging,
  manifestOf,
  manifestsOfType,
  type Packaging,
  type TsPackaging,
} from '../../model/packaging.ts'
import type { OperationOutput } from './api.ts'
import { type PackageType, packageTypeOf } from './packages.ts'

type Described = OperationOutput<'DescribeOriginEndpoint'>
type DescribedPackage<T extends PackageType> = NonNullable<Described[T]>

/** The endpoint's packaging as one of the four packages, and its playback URL; `base` is the URL of the endpoint. */
export function describedPackage({ packaging }: OriginEndpoint, base: string): Pick<Described, PackageType | 'url'> {
  switch (packaging.container) {
    case 'TS':
      return { hlsPackage: hlsPackage(packaging), url: `${base}/${manifestOf(packaging, 'HLS').name}.m3u8` }
    case 'ISM':
      return { mssPackage: mssPackage(packaging), url: `${base}/${manifestOf(packaging, 'MSS').name}.ism/Manifest` }
    case 'CMAF':
      // Each manifest of a CmafPackage has its own URL.
      return packageTypeOf(packaging) === 'cmafPackage'
        ? { cmafPackage: cmafPackage(packaging, base), url: '' }
        : { dashPackage: dashPackage(packaging), url: `${base}/${manifestOf(packaging, 'DASH').name}.mpd` }
  }
}

function hlsPackage(packaging: TsPackaging): DescribedPackage<'hlsPackage'> {
  const { encryption, segment } = packaging
  const manifest = manifestOf(packaging, 'HLS')
  return {
    ...hlsManifestSettings(manifest),
    encryption: encryption && {
      ...keys(encryption),
      encryptionMethod: encryption.method,
      repeatExtXKey: manifest.repeatExtXKey,
    },
    includeDvbSubtitles: segment.includeDvbSubtitles,
    ...common(packaging),
    useAudioRenditionGroup: segment.useAudioRenditionGroup,
  }
}

function dashPackage(packaging: CmafPackaging): DescribedPackage<'dashPackage'> {
  const { encryption } = packaging
  const { windowSeconds, ...manifest } = manifestOf(packaging, 'DASH')
  return {
    ...manifest,
    encryption: encryption && keys(encryption),
    manifestWindowSeconds: windowSeconds,
    ...common(packaging),
  }
}

function mssPackage(packaging: IsmPackaging): DescribedPackage<'mssPackage'> {
  const { encryption } = packaging
  return {
    encryption: encryption && { spekeKeyProvider: encryption.spekeKeyProvider },
    manifestWindowSeconds: manifestOf(packaging, 'MSS').windowSeconds,
    ...common(packaging),
  }
}

function cmafPackage(packaging: CmafPackaging, base: string): DescribedPackage<'cmafPackage'> {
  const { encryption, segment } = packaging
  return {
    encryption: encryption && {
      ...keys(encryption),
      encryptionMethod: encryption.method === 'CENC' ? 'AES_CTR' : 'SAMPLE_AES',
    },
    hlsManifests: manifestsOfType(packaging, 'HLS').map((manifest) => {
      const { folder: id, name } = manifest
      return { ...hlsManifestSettings(manifest), id, manifestName: name, url: `${base}/${id}/${name}.m3u8` }
    }),
    segmentPrefix: segment.name,
    ...common(packaging),
  }
}

function common({ segment, streamSelection }: Packaging) {
  return { segmentDurationSeconds: segment.durationSeconds, streamSelection }
}

function hlsManifestSettings(manifest: HlsManifest) {
  const { adMarkers, adTriggers, adsOnDeliveryRestrictions, includeIframeOnlyStream } = manifest
  const { playlistType, programDateTimeIntervalSeconds, windowSeconds } = manifest
  return {
    adTriggers,
    adsOnDeliveryRestrictions,
    adMarkers,
    includeIframeOnlyStream,
    playlistType,
    playlistWindowSeconds: windowSeconds,
    programDateTimeIntervalSeconds,
  }
}

function keys({ constantInitializationVector, keyRotationIntervalSeconds, spekeKeyProvider }: Encryption) {
  return { constantInitializationVector, keyRotationIntervalSeconds, spekeKeyProvider }
}
