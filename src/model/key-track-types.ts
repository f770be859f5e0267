import type { TrackDescription } from '../media/track.ts'
import type { Encryption, EncryptionContractConfiguration } from './encryption.ts'

/** intendedTrackType of CPIX (SPEKE 2.0): the tracks that a key is for. ALL is the one key of SPEKE 1.0. */
export type TrackType = 'ALL' | VideoTrackType | AudioTrackType

type VideoTrackType = 'VIDEO' | 'SD' | 'SD+HD1' | 'HD' | 'HD1' | 'HD2' | 'UHD' | 'UHD1' | 'UHD2'
type AudioTrackType =
  | 'AUDIO'
  | 'STEREO_AUDIO'
  | 'MULTICHANNEL_AUDIO'
  | 'MULTICHANNEL_AUDIO_3_6'
  | 'MULTICHANNEL_AUDIO_7'

/** Tracks by what decides on their key: pictures by their pixels, sound by its channels, both bounds inclusive. */
export type KeyRule = {
  readonly trackType: TrackType
  readonly minPixels?: number
  readonly maxPixels?: number
  readonly minChannels?: number
  readonly maxChannels?: number
}

/** The keys of an encryption; a side without any stays in the clear. */
export type KeyRules = { readonly video: readonly KeyRule[]; readonly audio: readonly KeyRule[] }

const SD = 1024 * 576
const HD1 = 1280 * 720
const HD = 1920 * 1080
const UHD1 = 4096 * 2160

const UP_TO_HD1: KeyRule = { trackType: 'SD+HD1', maxPixels: HD1 }
const UP_TO_SD: KeyRule = { trackType: 'SD', maxPixels: SD }
const ONLY_HD1: KeyRule = { trackType: 'HD1', minPixels: SD + 1, maxPixels: HD1 }
const ONLY_HD2: KeyRule = { trackType: 'HD2', minPixels: HD1 + 1, maxPixels: HD }
const ONLY_HD: KeyRule = { trackType: 'HD', minPixels: SD + 1, maxPixels: HD }
const ALL_UHD: KeyRule = { trackType: 'UHD', minPixels: HD + 1 }
const ONLY_UHD1: KeyRule = { trackType: 'UHD1', minPixels: HD + 1, maxPixels: UHD1 }
const ONLY_UHD2: KeyRule = { trackType: 'UHD2', minPixels: UHD1 + 1 }
const STEREO: KeyRule = { trackType: 'STEREO_AUDIO', maxChannels: 2 }
const ALL: KeyRule = { trackType: 'ALL' }

const VIDEO_PRESETS: Readonly<Record<EncryptionContractConfiguration['presetSpeke20Video'], readonly KeyRule[]>> = {
  SHARED: [ALL],
  UNENCRYPTED: [],
  'PRESET-VIDEO-1': [{ trackType: 'VIDEO' }],
  'PRESET-VIDEO-2': [UP_TO_SD, { trackType: 'HD', minPixels: SD + 1 }],
  'PRESET-VIDEO-3': [UP_TO_SD, ONLY_HD, ALL_UHD],
  'PRESET-VIDEO-4': [UP_TO_SD, ONLY_HD, ONLY_UHD1, ONLY_UHD2],
  'PRESET-VIDEO-5': [UP_TO_SD, ONLY_HD1, ONLY_HD2, ONLY_UHD1, ONLY_UHD2],
  'PRESET-VIDEO-6': [UP_TO_SD, ONLY_HD1, ONLY_HD2, ALL_UHD],
  'PRESET-VIDEO-7': [UP_TO_HD1, ONLY_HD2, ALL_UHD],
  'PRESET-VIDEO-8': [UP_TO_HD1, ONLY_HD2, ONLY_UHD1, ONLY_UHD2],
}

const AUDIO_PRESETS: Readonly<Record<EncryptionContractConfiguration['presetSpeke20Audio'], readonly KeyRule[]>> = {
  SHARED: [ALL],
  UNENCRYPTED: [],
  'PRESET-AUDIO-1': [{ trackType: 'AUDIO' }],
  'PRESET-AUDIO-2': [STEREO, { trackType: 'MULTICHANNEL_AUDIO', minChannels: 3 }],
  'PRESET-AUDIO-3': [
    STEREO,
    { trackType: 'MULTICHANNEL_AUDIO_3_6', minChannels: 3, maxChannels: 6 },
    { trackType: 'MULTICHANNEL_AUDIO_7', minChannels: 7 },
  ],
}

/** The keys that an encryption has in each key period. */
export function keyRulesOf({ spekeKeyProvider }: Pick<Encryption, 'spekeKeyProvider'>): KeyRules {
  const contract = spekeKeyProvider.encryptionContractConfiguration
  if (!contract) return { video: [ALL], audio: [ALL] }
  return { video: VIDEO_PRESETS[contract.presetSpeke20Video], audio: AUDIO_PRESETS[contract.presetSpeke20Audio] }
}

/** The key of a track, by what the track is declared to be; undefined where it stays in the clear, as text does. */
export function trackTypeOf(
  encryption: Pick<Encryption, 'spekeKeyProvider'>,
  description: TrackDescription,
): TrackType | undefined {
  const { video, audio } = keyRulesOf(encryption)
  if (description.kind === 'video') {
    const pixels = description.width * description.height
    return video.find(({ minPixels = 0, maxPixels = Infinity }) => pixels >= minPixels && pixels <= maxPixels)
      ?.trackType
  }
  if (description.kind !== 'audio') return undefined
  const { channels } = description
  return audio.find(({ minChannels = 0, maxChannels = Infinity }) => channels >= minChannels && channels <= maxChannels)
    ?.trackType
}
