import type { UtcMs } from '../media/time.ts'
import type { Tags } from './channel.ts'

export type StreamSelection = {
  readonly maxVideoBitsPerSecond: number
  readonly minVideoBitsPerSecond: number
  readonly streamOrder: 'ORIGINAL' | 'VIDEO_BITRATE_ASCENDING' | 'VIDEO_BITRATE_DESCENDING'
}

export type AdTrigger =
  | 'SPLICE_INSERT'
  | 'BREAK'
  | 'PROVIDER_ADVERTISEMENT'
  | 'DISTRIBUTOR_ADVERTISEMENT'
  | 'PROVIDER_PLACEMENT_OPPORTUNITY'
  | 'DISTRIBUTOR_PLACEMENT_OPPORTUNITY'
  | 'PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY'
  | 'DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY'

export type AdsOnDeliveryRestrictions = 'NONE' | 'RESTRICTED' | 'UNRESTRICTED' | 'BOTH'
export type AdMarkers = 'NONE' | 'SCTE35_ENHANCED' | 'PASSTHROUGH' | 'DATERANGE'
export type PlaylistType = 'NONE' | 'EVENT' | 'VOD'

export type EncryptionContractConfiguration = {
  readonly presetSpeke20Audio: 'SHARED' | 'UNENCRYPTED' | `PRESET-AUDIO-${1 | 2 | 3}`
  readonly presetSpeke20Video: 'SHARED' | 'UNENCRYPTED' | `PRESET-VIDEO-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
}

export type SpekeKeyProvider = {
  readonly certificateArn?: string
  readonly encryptionContractConfiguration?: EncryptionContractConfiguration
  readonly resourceId: string
  readonly roleArn: string
  readonly systemIds: readonly string[]
  readonly url: string
}

type AdSettings = {
  readonly adTriggers: readonly AdTrigger[]
  readonly adsOnDeliveryRestrictions: AdsOnDeliveryRestrictions
}

/** What an HLS manifest can be told, for HLS and CMAF alike. */
type HlsManifestSettings = AdSettings & {
  readonly adMarkers: AdMarkers
  readonly includeIframeOnlyStream: boolean
  readonly playlistType: PlaylistType
  readonly playlistWindowSeconds: number
  readonly programDateTimeIntervalSeconds: number
}

export type HlsPackage = HlsManifestSettings & {
  readonly encryption?: {
    readonly constantInitializationVector?: string
    readonly encryptionMethod: 'AES_128' | 'SAMPLE_AES'
    readonly keyRotationIntervalSeconds: number
    readonly repeatExtXKey: boolean
    readonly spekeKeyProvider: SpekeKeyProvider
  }
  readonly includeDvbSubtitles: boolean
  readonly segmentDurationSeconds: number
  readonly streamSelection: StreamSelection
  readonly useAudioRenditionGroup: boolean
}

export type DashPackage = AdSettings & {
  readonly encryption?: {
    readonly keyRotationIntervalSeconds: number
    readonly spekeKeyProvider: SpekeKeyProvider
  }
  readonly includeIframeOnlyStream: boolean
  readonly manifestLayout: 'FULL' | 'COMPACT' | 'DRM_TOP_LEVEL_COMPACT'
  readonly manifestWindowSeconds: number
  readonly minBufferTimeSeconds: number
  readonly minUpdatePeriodSeconds: number
  readonly periodTriggers: readonly 'ADS'[]
  readonly profile: 'NONE' | 'HBBTV_1_5' | 'HYBRIDCAST' | 'DVB_DASH_2014'
  readonly segmentDurationSeconds: number
  readonly segmentTemplateFormat: 'NUMBER_WITH_TIMELINE' | 'TIME_WITH_TIMELINE' | 'NUMBER_WITH_DURATION'
  readonly streamSelection: StreamSelection
  readonly suggestedPresentationDelaySeconds: number
  readonly utcTiming: 'NONE' | 'HTTP-HEAD' | 'HTTP-ISO' | 'HTTP-XSDATE'
  readonly utcTimingUri?: string
}

export type MssPackage = {
  readonly encryption?: { readonly spekeKeyProvider: SpekeKeyProvider }
  readonly manifestWindowSeconds: number
  readonly segmentDurationSeconds: number
  readonly streamSelection: StreamSelection
}

/** One HLS manifest of a CmafPackage. Its URL follows from `id` and `manifestName`. */
export type HlsManifest = HlsManifestSettings & { readonly id: string; readonly manifestName: string }

export type CmafPackage = {
  readonly encryption?: {
    readonly constantInitializationVector?: string
    readonly encryptionMethod: 'SAMPLE_AES' | 'AES_CTR'
    readonly keyRotationIntervalSeconds: number
    readonly spekeKeyProvider: SpekeKeyProvider
  }
  readonly hlsManifests: readonly HlsManifest[]
  readonly segmentDurationSeconds: number
  readonly segmentPrefix: string
  readonly streamSelection: StreamSelection
}

/** Exactly one of the four, as the API demands: the impossible pairs cannot be written down. */
export type Package =
  | ({ readonly type: 'hlsPackage' } & HlsPackage)
  | ({ readonly type: 'dashPackage' } & DashPackage)
  | ({ readonly type: 'mssPackage' } & MssPackage)
  | ({ readonly type: 'cmafPackage' } & CmafPackage)

/** A MediaPackage OriginEndpoint with every default filled in. */
export type OriginEndpoint = {
  /** 32 hex digits; names the endpoint in its ARN and playback URLs. */
  readonly guid: string
  readonly id: string
  readonly channelId: string
  readonly channelGuid: string
  readonly description?: string
  readonly manifestName: string
  readonly startoverWindowSeconds: number
  readonly timeDelaySeconds: number
  /** IPv4 CIDR blocks; empty means everyone. */
  readonly whitelist: readonly string[]
  readonly origination: 'ALLOW' | 'DENY'
  readonly authorization?: { readonly cdnIdentifierSecret: string; readonly secretsRoleArn: string }
  readonly package: Package
  readonly tags: Tags
  readonly createdAt: UtcMs
  /** When the configuration last changed; becomes `?m=` on segment URLs. */
  readonly modifiedAt: UtcMs
  readonly revision: number
}

/** What the longest live window and what is held back of it take together, seconds. */
const LONGEST_LIVE_WINDOW = 600

/**
 * How far back the content of an endpoint's channel is needed for it, in seconds; 0 where live viewing alone decides.
 */
export function keptSeconds({
  startoverWindowSeconds,
  timeDelaySeconds,
}: Pick<OriginEndpoint, 'startoverWindowSeconds' | 'timeDelaySeconds'>): number {
  return Math.max(startoverWindowSeconds, timeDelaySeconds === 0 ? 0 : timeDelaySeconds + LONGEST_LIVE_WINDOW)
}

/** The endpoint's package, of the kind its format serves; throws where it is of another. */
export function packageOf<T extends Package['type']>(
  endpoint: OriginEndpoint,
  type: T,
): Extract<Package, { readonly type: T }> {
  if (!isPackage(endpoint.package, type)) throw new Error(`endpoint ${endpoint.id} has no ${type}`)
  return endpoint.package
}

function isPackage<T extends Package['type']>(pack: Package, type: T): pack is Extract<Package, { readonly type: T }> {
  return pack.type === type
}
