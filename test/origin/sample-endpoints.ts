/** Origin endpoints for tests: each setting under its own name, whatever part of the packaging it belongs to. */
import { utcMs } from '../../src/media/time.ts'
import {
  DASH_DEFAULTS as DASH_SETTINGS,
  type DashManifest,
  DEFAULT_WINDOW_SECONDS,
  HLS_DEFAULTS as HLS_SETTINGS,
  type HlsManifest,
  type Manifest,
  type MssManifest,
} from '../../src/model/manifest.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import {
  type CmafPackaging,
  type IsmPackaging,
  type Packaging,
  type StreamSelection,
  type TsPackaging,
  withAdCuts,
} from '../../src/model/packaging.ts'
import { GUID, NOON } from './sample-channel.ts'

export const ALL_STREAMS: StreamSelection = {
  minVideoBitsPerSecond: 0,
  maxVideoBitsPerSecond: 2 ** 31 - 1,
  streamOrder: 'ORIGINAL',
}

const BARE = { windowSeconds: DEFAULT_WINDOW_SECONDS, adTriggers: [], adsOnDeliveryRestrictions: 'RESTRICTED' } as const

export const HLS_DEFAULTS: Omit<HlsManifest, 'name'> = {
  ...BARE,
  ...HLS_SETTINGS,
  type: 'HLS',
  repeatExtXKey: false,
}

const DASH_DEFAULTS: Omit<DashManifest, 'name'> = { ...BARE, ...DASH_SETTINGS, type: 'DASH' }

type Settings<P extends Packaging, M extends Manifest> = Partial<Omit<P['segment'], 'name'>> &
  Partial<Omit<M, 'type' | 'name'>> & {
    readonly streamSelection?: StreamSelection
    readonly encryption?: NonNullable<P['encryption']>
  }

export type HlsSettings = Settings<TsPackaging, HlsManifest>
export type DashSettings = Settings<CmafPackaging, DashManifest>
export type MssSettings = Settings<IsmPackaging, MssManifest>

type More = Partial<OriginEndpoint>

function endpoint(packaging: Packaging, more: More): OriginEndpoint {
  return {
    guid: GUID,
    id: 'sample',
    channelId: 'channel',
    channelGuid: 'c'.repeat(32),
    manifestName: 'index',
    startoverWindowSeconds: 0,
    timeDelaySeconds: 0,
    whitelist: [],
    origination: 'ALLOW',
    packaging: withAdCuts(packaging),
    tags: {},
    createdAt: NOON,
    modifiedAt: utcMs(1_700_000_000_999),
    revision: 1,
    ...more,
  }
}

/** HLS over MPEG-TS. */
export function hlsEndpoint(settings: HlsSettings = {}, more: More = {}): OriginEndpoint {
  const { durationSeconds = 6, includeDvbSubtitles = false, useAudioRenditionGroup = false, ...others } = settings
  const { streamSelection = ALL_STREAMS, encryption, ...manifest } = others
  const name = more.manifestName ?? 'index'
  const packaging: TsPackaging = {
    container: 'TS',
    segment: { durationSeconds, name, includeDvbSubtitles, useAudioRenditionGroup },
    streamSelection,
    ...(encryption && { encryption }),
    manifests: [{ ...HLS_DEFAULTS, name, ...manifest }],
  }
  return endpoint(packaging, more)
}

/** HLS over CMAF, with one manifest `news` in the folder `main`. */
export function cmafEndpoint(
  settings: Settings<CmafPackaging, HlsManifest> & { readonly name?: string } = {},
  more: More = {},
): OriginEndpoint {
  const { durationSeconds = 6, streamSelection = ALL_STREAMS, encryption, ...manifest } = settings
  const packaging: CmafPackaging = {
    container: 'CMAF',
    segment: { durationSeconds, name: 'sports' },
    streamSelection,
    ...(encryption && { encryption }),
    manifests: [{ ...HLS_DEFAULTS, folder: 'main', name: 'news', ...manifest }],
  }
  return endpoint(packaging, more)
}

export function dashEndpoint(settings: DashSettings = {}, more: More = {}): OriginEndpoint {
  const { durationSeconds = 6, streamSelection = ALL_STREAMS, encryption, ...manifest } = settings
  const name = more.manifestName ?? 'index'
  const packaging: CmafPackaging = {
    container: 'CMAF',
    segment: { durationSeconds, name },
    streamSelection,
    ...(encryption && { encryption }),
    manifests: [{ ...DASH_DEFAULTS, name, ...manifest }],
  }
  return endpoint(packaging, more)
}

export function mssEndpoint(settings: MssSettings = {}, more: More = {}): OriginEndpoint {
  const { durationSeconds = 6, streamSelection = ALL_STREAMS, windowSeconds = 60, encryption } = settings
  const name = more.manifestName ?? 'index'
  const packaging: IsmPackaging = {
    container: 'ISM',
    segment: { durationSeconds, name },
    streamSelection,
    ...(encryption && { encryption }),
    manifests: [{ type: 'MSS', name, windowSeconds }],
  }
  return endpoint(packaging, more)
}

/** HLS and DASH over the same segments, which no format presents yet. */
export function unsupportedEndpoint(more: More = {}): OriginEndpoint {
  const [playlists, mpds] = [cmafEndpoint({}, more), dashEndpoint({}, more)]
  const manifests = [...playlists.packaging.manifests, ...mpds.packaging.manifests]
  return { ...mpds, packaging: { ...mpds.packaging, manifests } as Packaging }
}
