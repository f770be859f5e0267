import {
  cmafEncryption,
  dashEncryption,
  type GivenEncryption,
  hlsEncryption,
  mssEncryption,
} from './encryption-settings.ts'
import type {
  AdTrigger,
  CmafPackage,
  DashPackage,
  HlsManifest,
  HlsPackage,
  MssPackage,
  SpekeKeyProvider,
  StreamSelection,
} from './origin-endpoint.ts'
import { between, checkedId, matching, refuse } from './rules.ts'

/** A package as a client describes it: nearly everything may be left out. */
type Given<P extends { readonly encryption?: { readonly spekeKeyProvider: SpekeKeyProvider } }> = Partial<
  Omit<P, 'encryption' | 'streamSelection' | 'hlsManifests'>
> & {
  readonly encryption?: GivenEncryption<NonNullable<P['encryption']>>
  readonly streamSelection?: Partial<StreamSelection>
}

export type GivenHlsPackage = Given<HlsPackage>
export type GivenDashPackage = Given<DashPackage>
export type GivenMssPackage = Given<MssPackage>
export type GivenHlsManifest = Partial<HlsManifest> & Pick<HlsManifest, 'id'>
export type GivenCmafPackage = Given<CmafPackage> & { readonly hlsManifests?: readonly GivenHlsManifest[] }

/** What the rest of the request, the quotas and the endpoint as it stands have to say about its package. */
export type PackageContext<P> = {
  readonly channelId: string
  readonly manifestName: string
  readonly maxManifestWindowSeconds: number
  /** The package before an update. */
  readonly current?: P
}

const MAX_INTEGER = 2 ** 31 - 1
const FOURTEEN_DAYS = 1_209_600

const DEFAULT_AD_TRIGGERS: readonly AdTrigger[] = [
  'SPLICE_INSERT',
  'PROVIDER_ADVERTISEMENT',
  'DISTRIBUTOR_ADVERTISEMENT',
  'PROVIDER_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
]

/** The name becomes a file name, with a stream number and a sequence number behind it. */
export function checkedManifestName(path: string, name: string): string {
  return matching(path, name, /^[0-9A-Za-z_-]{1,200}$/, '1 to 200 letters, digits, "_" or "-"')
}

export function hlsPackage(given: GivenHlsPackage, context: PackageContext<HlsPackage>): HlsPackage {
  const path = 'hlsPackage'
  return {
    ...hlsManifestSettings(given, path, context),
    ...(given.encryption && { encryption: hlsEncryption(given.encryption, `${path}.encryption`) }),
    includeDvbSubtitles: given.includeDvbSubtitles ?? false,
    segmentDurationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 6),
    streamSelection: streamSelection(given.streamSelection, path),
    useAudioRenditionGroup: given.useAudioRenditionGroup ?? false,
  }
}

export function dashPackage(given: GivenDashPackage, context: PackageContext<DashPackage>): DashPackage {
  const path = 'dashPackage'
  const profile = given.profile ?? 'NONE'
  const utcTiming = given.utcTiming ?? 'NONE'
  const periodTriggers = given.periodTriggers ?? []
  const { segmentDurationSeconds, segmentTemplateFormat } = segmentTemplate(given, path, context.current)
  if (periodTriggers.length > 0 && segmentTemplateFormat === 'NUMBER_WITH_DURATION') {
    refuse(`${path}.periodTriggers`, 'must be empty with segmentTemplateFormat NUMBER_WITH_DURATION')
  }
  if (periodTriggers.length > 0 && profile === 'HYBRIDCAST') {
    refuse(`${path}.periodTriggers`, 'must be empty with profile HYBRIDCAST')
  }
  if (given.utcTimingUri !== undefined && utcTiming === 'NONE') {
    refuse(`${path}.utcTimingUri`, 'needs a utcTiming other than NONE')
  }
  const seconds = (member: 'minBufferTimeSeconds' | 'suggestedPresentationDelaySeconds', otherwise: number) =>
    between(`${path}.${member}`, given[member] ?? otherwise, 0, 3600)
  return {
    ...adSettings(given),
    ...(given.encryption && { encryption: dashEncryption(given.encryption, `${path}.encryption`) }),
    includeIframeOnlyStream: given.includeIframeOnlyStream ?? false,
    manifestLayout: given.manifestLayout ?? 'FULL',
    manifestWindowSeconds: manifestWindow(`${path}.manifestWindowSeconds`, given.manifestWindowSeconds, context),
    minBufferTimeSeconds: seconds('minBufferTimeSeconds', 30),
    minUpdatePeriodSeconds: between(`${path}.minUpdatePeriodSeconds`, given.minUpdatePeriodSeconds ?? 15, 1, 3600),
    periodTriggers,
    profile,
    segmentDurationSeconds,
    segmentTemplateFormat,
    streamSelection: streamSelection(given.streamSelection, path),
    suggestedPresentationDelaySeconds: seconds('suggestedPresentationDelaySeconds', 25),
    utcTiming,
    ...(given.utcTimingUri !== undefined && { utcTimingUri: given.utcTimingUri }),
  }
}

export function mssPackage(given: GivenMssPackage, context: PackageContext<MssPackage>): MssPackage {
  const path = 'mssPackage'
  return {
    ...(given.encryption && { encryption: mssEncryption(given.encryption, `${path}.encryption`) }),
    manifestWindowSeconds: manifestWindow(`${path}.manifestWindowSeconds`, given.manifestWindowSeconds, context),
    segmentDurationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 2),
    streamSelection: streamSelection(given.streamSelection, path),
  }
}

export function cmafPackage(given: GivenCmafPackage, context: PackageContext<CmafPackage>): CmafPackage {
  const path = 'cmafPackage'
  // Manifest ids outlive an update that does not mention the manifests.
  const manifests: readonly GivenHlsManifest[] =
    given.hlsManifests ?? context.current?.hlsManifests.map(({ id }) => ({ id })) ?? []
  return {
    ...(given.encryption && { encryption: cmafEncryption(given.encryption, `${path}.encryption`) }),
    hlsManifests: manifests.map((manifest, n) => {
      const where = `${path}.hlsManifests[${n}]`
      if (manifests.findIndex(({ id }) => id === manifest.id) < n)
        refuse(`${where}.id`, 'must be unique in the endpoint')
      return {
        ...hlsManifestSettings(manifest, where, context),
        id: checkedId(`${where}.id`, manifest.id),
        manifestName: checkedManifestName(`${where}.manifestName`, manifest.manifestName ?? context.manifestName),
      }
    }),
    segmentDurationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 2),
    segmentPrefix: checkedManifestName(`${path}.segmentPrefix`, given.segmentPrefix ?? context.channelId.slice(0, 200)),
    streamSelection: streamSelection(given.streamSelection, path),
  }
}

function hlsManifestSettings(
  given: GivenHlsPackage | GivenHlsManifest,
  path: string,
  context: Pick<PackageContext<unknown>, 'maxManifestWindowSeconds'>,
) {
  const adMarkers = given.adMarkers ?? 'NONE'
  const dateInterval = given.programDateTimeIntervalSeconds ?? 0
  between(`${path}.programDateTimeIntervalSeconds`, dateInterval, 0, FOURTEEN_DAYS)
  if (adMarkers === 'DATERANGE' && dateInterval === 0) {
    refuse(`${path}.programDateTimeIntervalSeconds`, 'must be greater than 0 with adMarkers DATERANGE')
  }
  return {
    ...adSettings(given),
    adMarkers,
    includeIframeOnlyStream: given.includeIframeOnlyStream ?? false,
    playlistType: given.playlistType ?? 'NONE',
    playlistWindowSeconds: manifestWindow(`${path}.playlistWindowSeconds`, given.playlistWindowSeconds, context),
    programDateTimeIntervalSeconds: dateInterval,
  }
}

function adSettings(given: Pick<GivenHlsPackage, 'adTriggers' | 'adsOnDeliveryRestrictions'>) {
  return {
    adTriggers: given.adTriggers ?? DEFAULT_AD_TRIGGERS,
    adsOnDeliveryRestrictions: given.adsOnDeliveryRestrictions ?? 'RESTRICTED',
  } as const
}

function segmentDuration(path: string, seconds: number): number {
  return between(`${path}.segmentDurationSeconds`, seconds, 1, 30)
}

function manifestWindow(
  path: string,
  seconds: number | undefined,
  { maxManifestWindowSeconds }: Pick<PackageContext<unknown>, 'maxManifestWindowSeconds'>,
): number {
  return between(path, seconds ?? Math.min(60, maxManifestWindowSeconds), 1, maxManifestWindowSeconds)
}

function streamSelection(given: Partial<StreamSelection> = {}, path: string): StreamSelection {
  const bitrate = (member: 'maxVideoBitsPerSecond' | 'minVideoBitsPerSecond', otherwise: number) =>
    between(`${path}.streamSelection.${member}`, given[member] ?? otherwise, 0, MAX_INTEGER)
  const maxVideoBitsPerSecond = bitrate('maxVideoBitsPerSecond', MAX_INTEGER)
  const minVideoBitsPerSecond = bitrate('minVideoBitsPerSecond', 0)
  if (minVideoBitsPerSecond > maxVideoBitsPerSecond) {
    refuse(`${path}.streamSelection.minVideoBitsPerSecond`, 'must not be greater than maxVideoBitsPerSecond')
  }
  return { maxVideoBitsPerSecond, minVideoBitsPerSecond, streamOrder: given.streamOrder ?? 'ORIGINAL' }
}

/** NUMBER_WITH_DURATION is chosen at creation or never, and freezes the segment duration. */
function segmentTemplate(given: GivenDashPackage, path: string, current: DashPackage | undefined) {
  const frozen = current?.segmentTemplateFormat === 'NUMBER_WITH_DURATION' ? current : undefined
  const segmentDurationSeconds = given.segmentDurationSeconds ?? frozen?.segmentDurationSeconds ?? 2
  segmentDuration(path, segmentDurationSeconds)
  const segmentTemplateFormat =
    given.segmentTemplateFormat ?? frozen?.segmentTemplateFormat ?? ('NUMBER_WITH_TIMELINE' as const)
  if (frozen && segmentTemplateFormat !== 'NUMBER_WITH_DURATION') {
    refuse(`${path}.segmentTemplateFormat`, 'cannot be changed from NUMBER_WITH_DURATION')
  }
  if (frozen && segmentDurationSeconds !== frozen.segmentDurationSeconds) {
    refuse(`${path}.segmentDurationSeconds`, 'cannot be changed with segmentTemplateFormat NUMBER_WITH_DURATION')
  }
  if (current && !frozen && segmentTemplateFormat === 'NUMBER_WITH_DURATION') {
    refuse(`${path}.segmentTemplateFormat`, 'NUMBER_WITH_DURATION can only be chosen when the endpoint is created')
  }
  return { segmentDurationSeconds, segmentTemplateFormat }
}
