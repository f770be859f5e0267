import type { WrittenKey } from '../../manifests/hls/keys.ts'
import { keyPeriodAt } from '../../model/content-keys.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import type { CmafPackaging } from '../../model/packaging.ts'
import { type KeySignalling, type PlaylistKeys, playlistKeys, sessionKeys } from '../hls-playlists/key-tags.ts'
import { fixedIv } from '../segments/segment-iv.ts'
import type { SingleTrack } from '../tracks/track-set.ts'
import type { CmafManifests } from './manifests.ts'
import type { CmafHeaderPlace } from './names.ts'

type CmafEncryption = NonNullable<CmafPackaging['encryption']>

/** The IV is stated where somebody has given one for all of a key; otherwise headers or segments have it. */
function signalling(encryption: CmafEncryption): KeySignalling {
  if (encryption.method === 'CENC') return { method: 'SAMPLE-AES-CTR', ivOf: () => undefined }
  return { method: 'SAMPLE-AES', ivOf: (key) => fixedIv(encryption, key) }
}

/** The keys of a track's playlist; `trackOf` is its track at a segment. */
export function cmafKeys(
  manifests: CmafManifests,
  trackOf: (segment: SegmentSummary) => SingleTrack | undefined,
): PlaylistKeys | undefined {
  const { packaging, manifest } = manifests
  const { encryption } = packaging
  if (!encryption) return undefined
  const trackTypeIn = (segment: SegmentSummary) => {
    const track = trackOf(segment)
    return track && trackTypeOf(encryption, track.description)
  }
  return playlistKeys(manifests, manifest, { ...signalling(encryption), trackTypeIn })
}

/** The keys of the tracks that a parent playlist lists. */
export function cmafSessionKeys(manifests: CmafManifests, tracks: readonly SingleTrack[]): readonly WrittenKey[] {
  const { encryption } = manifests.packaging
  if (!encryption) return []
  const types = tracks.map(({ description }) => trackTypeOf(encryption, description))
  return sessionKeys(manifests, types, signalling(encryption))
}

/** Where the header of a segment stands among those of its track. */
export function headerPlace(
  { encryption }: Pick<CmafPackaging, 'encryption'>,
  { era, startUtc }: Pick<SegmentSummary, 'era' | 'startUtc'>,
): CmafHeaderPlace {
  return encryption ? { era, keyPeriod: keyPeriodAt(encryption, startUtc) } : { era }
}
