import type { Encryption } from './encryption.ts'
import type { DashManifest, HlsManifest, Manifest, MssManifest } from './manifest.ts'

/** The video streams of the source that are shown, and their order. */
export type StreamSelection = {
  readonly maxVideoBitsPerSecond: number
  readonly minVideoBitsPerSecond: number
  readonly streamOrder: 'ORIGINAL' | 'VIDEO_BITRATE_ASCENDING' | 'VIDEO_BITRATE_DESCENDING'
}

export type SegmentSettings = {
  readonly durationSeconds: number
  /** Prefix of the names of segments; Smooth Streaming names its fragments by time alone. */
  readonly name: string
  /**
   * Present where a segment begins at each ad boundary. It is settled by `withAdCuts` when an endpoint is created or
   * changed, and stays when the same segments are shown in another format.
   */
  readonly isCut?: true
}

type TsSegmentSettings = SegmentSettings & {
  readonly includeDvbSubtitles: boolean
  /** True when audio is split from the variants into renditions of its own. */
  readonly useAudioRenditionGroup: boolean
}

/** Settings that the manifests of an endpoint share: all of them list the same segments. */
type Packaged<C extends string, Segment extends SegmentSettings, Method extends string, M extends Manifest> = {
  readonly container: C
  readonly segment: Segment
  readonly streamSelection: StreamSelection
  /** Absent when segments are in the clear. */
  readonly encryption?: Encryption<Method>
  readonly manifests: readonly M[]
}

/** MPEG-TS, and packed audio and WebVTT beside it. */
export type TsPackaging = Packaged<'TS', TsSegmentSettings, 'AES_128' | 'SAMPLE_AES', HlsManifest>

/** Fragmented MP4 with one track in each segment. */
export type CmafPackaging = Packaged<'CMAF', SegmentSettings, 'CENC' | 'CBCS', HlsManifest | DashManifest>

/** Fragmented MP4 as Smooth Streaming has it, named by time. */
export type IsmPackaging = Packaged<'ISM', SegmentSettings, 'CENC', MssManifest>

/** Everything that decides how a channel is presented: segments in one container, and the manifests that list them. */
export type Packaging = TsPackaging | CmafPackaging | IsmPackaging

/** The packaging of an endpoint whose segments are encrypted. */
export type EncryptedPackaging = Packaging & { readonly encryption: Encryption }

/** The packaging of an endpoint with its segments cut at ad boundaries, if one of its manifests has markers there. */
export function withAdCuts<P extends Packaging>(packaging: P): P {
  const { isCut: _, ...segment } = packaging.segment
  const isCut = packaging.manifests.some(marksAds)
  return { ...packaging, segment: { ...segment, ...(isCut && { isCut }) } }
}

/** Whatever the triggers are: endpoints with other triggers list the same segments. */
function marksAds(manifest: Manifest): boolean {
  switch (manifest.type) {
    case 'HLS':
      return manifest.adMarkers !== 'NONE'
    case 'DASH':
      return manifest.periodTriggers.includes('ADS')
    case 'MSS':
      return false
  }
}

type Typed<T extends Manifest['type']> = Extract<Manifest, { readonly type: T }>

/** The manifests of a type, in the order of the endpoint. */
export function manifestsOfType<T extends Manifest['type']>(
  { manifests }: Pick<Packaging, 'manifests'>,
  type: T,
): readonly Typed<T>[] {
  const isOfType = (manifest: Manifest): manifest is Typed<T> => manifest.type === type
  return (manifests as readonly Manifest[]).filter(isOfType)
}

/** The first manifest of a type. Throws when there is none. */
export function manifestOf<T extends Manifest['type']>(packaging: Pick<Packaging, 'manifests'>, type: T): Typed<T> {
  const [manifest] = manifestsOfType(packaging, type)
  if (!manifest) throw new Error(`there is no ${type} manifest`)
  return manifest
}
