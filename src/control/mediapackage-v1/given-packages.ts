import {
  type AdTrigger,
  DASH_DEFAULTS,
  type DashManifest,
  DEFAULT_WINDOW_SECONDS,
  HLS_DEFAULTS,
  type HlsManifest,
} from '../../model/manifest.ts'
import {
  type CmafPackaging,
  type IsmPackaging,
  manifestOf,
  manifestsOfType,
  type Packaging,
  type StreamSelection,
  type TsPackaging,
} from '../../model/packaging.ts'
import {
  checkDashManifest,
  checkDates,
  checkedManifestWindow,
  checkedName,
  checkedSegmentDuration,
  checkedStreamSelection,
  checkTemplateChange,
} from '../../model/packaging-rules.ts'
import { checkedId, refuse } from '../../model/rules.ts'
import { cmafEncryption, dashEncryption, hlsEncryption, mssEncryption } from './given-encryption.ts'
import type { KeyServerRules } from './key-server-url.ts'
import type { GivenPackage } from './packages.ts'

/** The parts of the request, the quotas and the current endpoint that affect its package. */
export type PackageContext = {
  readonly channelId: string
  readonly manifestName: string
  readonly maxManifestWindowSeconds: number
  readonly keyServers: KeyServerRules
  /** The endpoint's packaging before an update. */
  readonly current?: Packaging
}

type DashSettings = Pick<DashManifest, keyof typeof DASH_DEFAULTS>
type GivenHlsManifest = NonNullable<GivenPackage<'cmafPackage'>['hlsManifests']>[number]

const MAX_INTEGER = 2 ** 31 - 1

const DEFAULT_AD_TRIGGERS: readonly AdTrigger[] = [
  'SPLICE_INSERT',
  'PROVIDER_ADVERTISEMENT',
  'DISTRIBUTOR_ADVERTISEMENT',
  'PROVIDER_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
]

export function hlsPackage(given: GivenPackage<'hlsPackage'>, context: PackageContext): TsPackaging {
  const path = 'hlsPackage'
  const { manifestName } = context
  const settings = hlsManifestSettings(given, path, context)
  return {
    container: 'TS',
    ...(given.encryption && { encryption: hlsEncryption(given.encryption, `${path}.encryption`, context.keyServers) }),
    segment: {
      durationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 6),
      name: manifestName,
      includeDvbSubtitles: given.includeDvbSubtitles ?? false,
      useAudioRenditionGroup: given.useAudioRenditionGroup ?? false,
    },
    streamSelection: streamSelection(given.streamSelection, path),
    manifests: [
      { type: 'HLS', name: manifestName, ...settings, repeatExtXKey: given.encryption?.repeatExtXKey ?? false },
    ],
  }
}

export function dashPackage(given: GivenPackage<'dashPackage'>, context: PackageContext): CmafPackaging {
  const path = 'dashPackage'
  const { manifestName } = context
  const { segmentDurationSeconds, segmentTemplateFormat } = segmentTemplate(given, path, context.current)
  const manifest: DashManifest = {
    type: 'DASH',
    name: manifestName,
    ...adSettings(given),
    ...settingsOf<DashSettings>(DASH_DEFAULTS, given),
    windowSeconds: manifestWindow(`${path}.manifestWindowSeconds`, given.manifestWindowSeconds, context),
    segmentTemplateFormat,
    ...(given.utcTimingUri !== undefined && { utcTimingUri: given.utcTimingUri }),
  }
  checkDashManifest(path, manifest)
  return {
    container: 'CMAF',
    ...(given.encryption && { encryption: dashEncryption(given.encryption, `${path}.encryption`, context.keyServers) }),
    segment: { durationSeconds: segmentDurationSeconds, name: manifestName },
    streamSelection: streamSelection(given.streamSelection, path),
    manifests: [manifest],
  }
}

export function mssPackage(given: GivenPackage<'mssPackage'>, context: PackageContext): IsmPackaging {
  const path = 'mssPackage'
  const { manifestName } = context
  const windowSeconds = manifestWindow(`${path}.manifestWindowSeconds`, given.manifestWindowSeconds, context)
  return {
    container: 'ISM',
    ...(given.encryption && { encryption: mssEncryption(given.encryption, `${path}.encryption`, context.keyServers) }),
    segment: { durationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 2), name: manifestName },
    streamSelection: streamSelection(given.streamSelection, path),
    manifests: [{ type: 'MSS', name: manifestName, windowSeconds }],
  }
}

export function cmafPackage(given: GivenPackage<'cmafPackage'>, context: PackageContext): CmafPackaging {
  const path = 'cmafPackage'
  // An update without manifests keeps their ids.
  const manifests = given.hlsManifests ?? idsOf(context.current)
  return {
    container: 'CMAF',
    ...(given.encryption && { encryption: cmafEncryption(given.encryption, `${path}.encryption`, context.keyServers) }),
    manifests: manifests.map((manifest, n) => {
      const where = `${path}.hlsManifests[${n}]`
      if (manifests.findIndex(({ id }) => id === manifest.id) < n)
        refuse(`${where}.id`, 'must be unique in the endpoint')
      return {
        type: 'HLS',
        ...hlsManifestSettings(manifest, where, context),
        folder: checkedId(`${where}.id`, manifest.id),
        name: checkedName(`${where}.manifestName`, manifest.manifestName ?? context.manifestName),
        repeatExtXKey: false,
      }
    }),
    segment: {
      durationSeconds: segmentDuration(path, given.segmentDurationSeconds ?? 2),
      name: checkedName(`${path}.segmentPrefix`, given.segmentPrefix ?? context.channelId.slice(0, 200)),
    },
    streamSelection: streamSelection(given.streamSelection, path),
  }
}

function idsOf(current: Packaging | undefined): readonly GivenHlsManifest[] {
  const manifests = current ? manifestsOfType(current, 'HLS') : []
  return manifests.flatMap(({ folder }) => (folder === undefined ? [] : [{ id: folder }]))
}

function hlsManifestSettings(
  given: Omit<GivenHlsManifest, 'id'>,
  path: string,
  context: Pick<PackageContext, 'maxManifestWindowSeconds'>,
) {
  const settings = {
    ...adSettings(given),
    ...settingsOf<Pick<HlsManifest, keyof typeof HLS_DEFAULTS>>(HLS_DEFAULTS, given),
  }
  checkDates(path, settings)
  const windowSeconds = manifestWindow(`${path}.playlistWindowSeconds`, given.playlistWindowSeconds, context)
  return { ...settings, windowSeconds }
}

/** The settings that are given, and the defaults of the others. */
function settingsOf<Settings extends object>(defaults: Settings, given: Partial<Settings>): Settings {
  const settings = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Settings)[]) settings[name] = given[name] ?? defaults[name]
  return settings
}

function adSettings(given: Pick<GivenHlsManifest, 'adTriggers' | 'adsOnDeliveryRestrictions'>) {
  return {
    adTriggers: given.adTriggers ?? DEFAULT_AD_TRIGGERS,
    adsOnDeliveryRestrictions: given.adsOnDeliveryRestrictions ?? 'RESTRICTED',
  } as const
}

function segmentDuration(path: string, seconds: number): number {
  return checkedSegmentDuration(`${path}.segmentDurationSeconds`, seconds)
}

function manifestWindow(
  path: string,
  seconds: number | undefined,
  { maxManifestWindowSeconds: most }: Pick<PackageContext, 'maxManifestWindowSeconds'>,
): number {
  return checkedManifestWindow(path, seconds ?? Math.min(DEFAULT_WINDOW_SECONDS, most), most)
}

function streamSelection(given: Partial<StreamSelection> = {}, path: string): StreamSelection {
  return checkedStreamSelection(`${path}.streamSelection`, {
    maxVideoBitsPerSecond: given.maxVideoBitsPerSecond ?? MAX_INTEGER,
    minVideoBitsPerSecond: given.minVideoBitsPerSecond ?? 0,
    streamOrder: given.streamOrder ?? 'ORIGINAL',
  })
}

/** The segment template and duration; an update without them keeps those that cannot be changed. */
function segmentTemplate(given: GivenPackage<'dashPackage'>, path: string, packaging: Packaging | undefined) {
  const current = packaging && {
    segmentTemplateFormat: manifestOf(packaging, 'DASH').segmentTemplateFormat,
    segmentDurationSeconds: packaging.segment.durationSeconds,
  }
  const frozen = current?.segmentTemplateFormat === 'NUMBER_WITH_DURATION' ? current : undefined
  const next = {
    segmentTemplateFormat:
      given.segmentTemplateFormat ?? frozen?.segmentTemplateFormat ?? DASH_DEFAULTS.segmentTemplateFormat,
    segmentDurationSeconds: given.segmentDurationSeconds ?? frozen?.segmentDurationSeconds ?? 2,
  }
  segmentDuration(path, next.segmentDurationSeconds)
  if (current) checkTemplateChange(path, next, current)
  return next
}
