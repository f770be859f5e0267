import type { UtcMs } from '../media/time.ts'
import type { Encryption } from './encryption.ts'
import type { TrackType } from './key-track-types.ts'

/** What a key provider tells players of a key for one DRM system, in the forms of CPIX. */
export type DrmSystem = {
  /** UUID, in lower case. */
  readonly systemId: string
  /** A whole `pssh` box. */
  readonly pssh?: Uint8Array
  /** Elements for a ContentProtection descriptor of DASH, as XML. */
  readonly contentProtectionData?: string
  /** SPEKE 1.0: the attributes of EXT-X-KEY. */
  readonly uriExtXKey?: string
  readonly keyFormat?: string
  readonly keyFormatVersions?: string
  /** SPEKE 2.0: whole lines for media playlists (EXT-X-KEY), and for multivariant playlists (EXT-X-SESSION-KEY). */
  readonly mediaTags?: readonly string[]
  readonly masterTags?: readonly string[]
  /** A PlayReady object, in base64, for manifests of Smooth Streaming. */
  readonly protectionHeader?: string
}

/** What is public of a content key: everything that manifests and headers need. */
export type KeyDescription = {
  readonly trackType: TrackType
  /** KID, a UUID in lower case. */
  readonly kid: string
  /** The IV that the provider gave with the key, 16 bytes. */
  readonly explicitIv?: Uint8Array
  readonly systems: readonly DrmSystem[]
}

/** The keys of an encrypted endpoint, by their key periods. */
export type PeriodKeys<Key extends KeyDescription = KeyDescription> = ReadonlyMap<number, readonly Key[]>

/**
 * The key period of what begins at a moment: whole rotation intervals since 1970, so that every node, both inputs and
 * every restart agree. 0 where keys never change.
 */
export function keyPeriodAt({ keyRotationIntervalSeconds }: Encryption, utc: UtcMs): number {
  return keyRotationIntervalSeconds === 0 ? 0 : Math.floor(utc / 1000 / keyRotationIntervalSeconds)
}

/** The key periods of segments, each once, in the order in which they first occur. */
export function keyPeriodsOf(
  encryption: Encryption,
  segments: readonly { readonly startUtc: UtcMs }[],
): readonly number[] {
  return [...new Set(segments.map(({ startUtc }) => keyPeriodAt(encryption, startUtc)))]
}
