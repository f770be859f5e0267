import { createHash } from 'node:crypto'
import { bytesOfUuid } from '../../media/bytes.ts'
import { BLOCK_SIZE } from '../../media/cbc.ts'
import { type ProtectionSystem, readProtectionSystem } from '../../media/mp4/protection-system.ts'
import type { TrackEncryption } from '../../media/mp4/track-encryption.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import { keyOfTrack, keysRotate } from '../tracks/track-keys.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { fixedIv } from './segment-iv.ts'

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

/** Scheme, KID and constant IV of a key. In cenc, each sample has an IV of its own, whatever the settings say. */
export function trackEncryptionOf(
  encryption: Pick<Encryption, 'method' | 'constantInitializationVector'>,
  key: Pick<KeyDescription, 'kid' | 'explicitIv'>,
): TrackEncryption {
  const keyId = bytesOfUuid(key.kid)
  if (encryption.method === 'CENC') return { scheme: 'cenc', keyId }
  return { scheme: 'cbcs', keyId, constantIv: fixedIv(encryption, key) ?? inventedIv(keyId) }
}

/** KID of a header that names no key. */
const NO_KID = '00000000-0000-0000-0000-000000000000'

function inventedIv(keyId: Uint8Array): Uint8Array {
  return createHash('sha256').update(keyId).update('iv').digest().subarray(0, BLOCK_SIZE)
}

/** The boxes of the DRM systems that know a key, as far as the provider has given any. */
export function protectionSystemsOf({ systems }: Pick<KeyDescription, 'systems'>): readonly ProtectionSystem[] {
  return systems.flatMap(({ pssh }) => (pssh ? [readProtectionSystem(pssh)] : []))
}
