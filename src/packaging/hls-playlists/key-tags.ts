import { type Key, type KeyTag, keyLine, type WrittenKey } from '../../manifests/hls/keys.ts'
import { hexOf } from '../../media/bytes.ts'
import { type DrmSystem, type KeyDescription, keyPeriodAt } from '../../model/content-keys.ts'
import { FAIRPLAY, PLAYREADY, WIDEVINE } from '../../model/drm-systems.ts'
import type { TrackType } from '../../model/key-track-types.ts'
import type { HlsManifest } from '../../model/manifest.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { keyOfType } from '../content-keys.ts'
import type { Presentation } from '../presentation.ts'

/** The order in which tags of DRM systems are written; those of others follow. */
const SYSTEMS = [FAIRPLAY, WIDEVINE, PLAYREADY]

/** How playlists tell of the encryption of an endpoint's segments. */
export type KeySignalling = {
  readonly method: Key['method']
  /** The IV that is stated with a key, for everything that it encrypts. */
  readonly ivOf: (key: KeyDescription) => Uint8Array | undefined
}

/**
 * The tags of a key, in media playlists and in multivariant ones, which never disagree: those that the provider has
 * written itself (SPEKE 2.0), or what it has told (SPEKE 1.0), for each DRM system.
 */
export function keySet(
  tag: KeyTag,
  key: KeyDescription,
  { method, iv }: { readonly method: Key['method']; readonly iv?: Uint8Array | undefined },
): readonly WrittenKey[] {
  const ofSystem = (system: DrmSystem): readonly WrittenKey[] => {
    const { systemId, mediaTags, masterTags, uriExtXKey, keyFormat, keyFormatVersions, pssh } = system
    if (mediaTags || masterTags) return ((tag === 'EXT-X-KEY' ? mediaTags : masterTags) ?? []).map((line) => ({ line }))
    const common = { method, ...(iv && { iv: hexOf(iv) }) }
    if (uriExtXKey) {
      // Providers state versions of no format.
      const format = keyFormat ? { keyFormat, ...(keyFormatVersions && { keyFormatVersions }) } : {}
      return [{ ...common, uri: uriExtXKey, ...format }]
    }
    if (!pssh) return []
    const uri = `data:text/plain;base64,${Buffer.from(pssh).toString('base64')}`
    return [{ ...common, uri, keyFormat: `urn:uuid:${systemId}`, keyFormatVersions: '1', keyId: key.kid }]
  }
  return key.systems.toSorted((a, b) => rankOf(a) - rankOf(b)).flatMap(ofSystem)
}

function rankOf({ systemId }: DrmSystem): number {
  const rank = SYSTEMS.indexOf(systemId)
  return rank === -1 ? SYSTEMS.length : rank
}

/** The tags in front of segments of a media playlist. */
export type PlaylistKeys = {
  /** The tags of a segment, which players know under this media sequence number; undefined where it is in the clear. */
  tagsOf(segment: SegmentSummary, sequence: number): readonly WrittenKey[] | undefined
  /** True where they are written in front of each, and not only where they change. */
  readonly areRepeated: boolean
}

export type PlaylistKeysPlan = KeySignalling & {
  /** The key that a segment's track has; undefined where that stays in the clear. */
  readonly trackTypeIn: (segment: SegmentSummary) => TrackType | undefined
  /** The IV that is stated of a segment, where its key has none for all: where players would not find it. */
  readonly ownIv?: (segment: SegmentSummary, sequence: number) => Uint8Array | undefined
}

/** The keys of a media playlist; undefined where the endpoint is in the clear. */
export function playlistKeys(
  { endpoint, window }: Pick<Presentation, 'endpoint' | 'window'>,
  { repeatExtXKey }: Pick<HlsManifest, 'repeatExtXKey'>,
  { method, ivOf, trackTypeIn, ownIv }: PlaylistKeysPlan,
): PlaylistKeys | undefined {
  const { encryption } = endpoint.packaging
  if (!encryption) return undefined
  const known = new Map<KeyDescription, readonly WrittenKey[]>()
  return {
    areRepeated: repeatExtXKey,
    tagsOf(segment, sequence) {
      const trackType = trackTypeIn(segment)
      if (trackType === undefined) return undefined
      const period = keyPeriodAt(encryption, segment.startUtc)
      const key = keyOfType(window.keys?.get(period), trackType)
      const iv = ivOf(key)
      const own = iv === undefined ? ownIv?.(segment, sequence) : undefined
      if (own) return keySet('EXT-X-KEY', key, { method, iv: own })
      const tags = known.get(key) ?? keySet('EXT-X-KEY', key, { method, iv })
      known.set(key, tags)
      return tags
    },
  }
}

/**
 * The tags of a multivariant playlist: those of the keys that the newest segment has for these tracks, each once. None
 * where the endpoint is in the clear, or the request excludes them.
 */
export function sessionKeys(
  { endpoint, window, excludesSessionKeys }: Pick<Presentation, 'endpoint' | 'window' | 'excludesSessionKeys'>,
  trackTypes: readonly (TrackType | undefined)[],
  { method, ivOf }: KeySignalling,
): readonly WrittenKey[] {
  const { encryption } = endpoint.packaging
  const last = window.segments.at(-1)
  if (!encryption || !last || excludesSessionKeys) return []
  const period = keyPeriodAt(encryption, last.startUtc)
  const types = new Set(trackTypes.filter((type) => type !== undefined))
  const all = [...types].flatMap((type) => {
    const key = keyOfType(window.keys?.get(period), type)
    return keySet('EXT-X-SESSION-KEY', key, { method, iv: ivOf(key) })
  })
  return [...new Map(all.map((key) => [keyLine('EXT-X-SESSION-KEY', key), key])).values()]
}
