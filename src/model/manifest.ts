/** Stored segments name them by their places, so others may only follow. */
export const AD_TRIGGERS = [
  'SPLICE_INSERT',
  'BREAK',
  'PROVIDER_ADVERTISEMENT',
  'DISTRIBUTOR_ADVERTISEMENT',
  'PROVIDER_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
  'PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY',
] as const

export type AdTrigger = (typeof AD_TRIGGERS)[number]

/** The SCTE-35 messages of the source that count as ad breaks. */
export type AdSettings = {
  readonly adTriggers: readonly AdTrigger[]
  readonly adsOnDeliveryRestrictions: 'NONE' | 'RESTRICTED' | 'UNRESTRICTED' | 'BOTH'
}

type ManifestSettings = {
  /** File name of the manifest without its extension; the names of its media playlists begin with it too. */
  readonly name: string
  /** Length of the window that a live manifest lists. */
  readonly windowSeconds: number
}

/** The settings of a multivariant playlist and its media playlists. */
export type HlsManifest = ManifestSettings &
  AdSettings & {
    readonly type: 'HLS'
    /** Folder of the playlists, below the endpoint's URL; absent when they are beside the segments. */
    readonly folder?: string
    readonly adMarkers: 'NONE' | 'SCTE35_ENHANCED' | 'PASSTHROUGH' | 'DATERANGE'
    readonly includeIframeOnlyStream: boolean
    readonly playlistType: 'NONE' | 'EVENT' | 'VOD'
    /** Seconds between EXT-X-PROGRAM-DATE-TIME tags; 0 for none. */
    readonly programDateTimeIntervalSeconds: number
    /** True for an EXT-X-KEY tag before every segment of an encrypted playlist, not only where the key changes. */
    readonly repeatExtXKey: boolean
  }

/** The settings of an MPD. */
export type DashManifest = ManifestSettings &
  AdSettings & {
    readonly type: 'DASH'
    readonly includeIframeOnlyStream: boolean
    readonly manifestLayout: 'FULL' | 'COMPACT' | 'DRM_TOP_LEVEL_COMPACT'
    readonly minBufferTimeSeconds: number
    readonly minUpdatePeriodSeconds: number
    readonly periodTriggers: readonly 'ADS'[]
    readonly profile: 'NONE' | 'HBBTV_1_5' | 'HYBRIDCAST' | 'DVB_DASH_2014'
    readonly segmentTemplateFormat: 'NUMBER_WITH_TIMELINE' | 'TIME_WITH_TIMELINE' | 'NUMBER_WITH_DURATION'
    readonly suggestedPresentationDelaySeconds: number
    readonly utcTiming: 'NONE' | 'HTTP-HEAD' | 'HTTP-ISO' | 'HTTP-XSDATE'
    readonly utcTimingUri?: string
  }

/** The settings of a Smooth Streaming manifest. Its fragments are in its own folder, `<name>.ism`. */
export type MssManifest = ManifestSettings & { readonly type: 'MSS' }

export type Manifest = HlsManifest | DashManifest | MssManifest

/** Seconds of the window of a manifest for which none is given, as MediaPackage has it. */
export const DEFAULT_WINDOW_SECONDS = 60

/** The settings of playlists for which none are given, as MediaPackage has them. */
export const HLS_DEFAULTS = {
  adMarkers: 'NONE',
  includeIframeOnlyStream: false,
  playlistType: 'NONE',
  programDateTimeIntervalSeconds: 0,
} as const satisfies Partial<HlsManifest>

/** The settings of an MPD for which none are given, as MediaPackage has them, for live streams and for assets. */
export const DASH_DEFAULTS = {
  includeIframeOnlyStream: false,
  manifestLayout: 'FULL',
  minBufferTimeSeconds: 30,
  minUpdatePeriodSeconds: 15,
  periodTriggers: [],
  profile: 'NONE',
  segmentTemplateFormat: 'NUMBER_WITH_TIMELINE',
  suggestedPresentationDelaySeconds: 25,
  utcTiming: 'NONE',
} as const satisfies Partial<DashManifest>
