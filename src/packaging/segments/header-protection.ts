import type { ProtectionSystem } from '../../media/mp4/protection-system.ts'
import type { TrackEncryption } from '../../media/mp4/track-encryption.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import { keyOfTrack, keysRotate, NO_KID, protectionSystemsOf, trackEncryptionOf } from '../tracks/track-keys.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'

/** How the samples behind a header are encrypted, and the DRM systems that it says know the key. */
export type HeaderProtection =
  | 'not in contract'
  | { readonly encryption: TrackEncryption; readonly systems: readonly ProtectionSystem[] }

/** Of a header for the segments of one key period, given its keys. Throws NoContentKey. */
export function headerProtectionOf(
  encryption: Encryption,
  track: SingleVideo | SingleAudio,
  keys: readonly KeyDescription[],
): HeaderProtection {
  const key = keyOfTrack(encryption, track, keys)
  if (!key) return 'not in contract'
  // Where keys change, players are told of each by what lists it.
  const systems = keysRotate(encryption) ? [] : protectionSystemsOf(key)
  return { encryption: trackEncryptionOf(encryption, key), systems }
}

/** Of a header for all key periods: it has all but the KID, which segments tell. */
export function lastingHeaderProtection(encryption: Encryption, track: SingleVideo | SingleAudio): HeaderProtection {
  if (trackTypeOf(encryption, track.description) === undefined) return 'not in contract'
  return { encryption: trackEncryptionOf(encryption, { kid: NO_KID }), systems: [] }
}
