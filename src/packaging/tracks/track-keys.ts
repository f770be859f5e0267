import { createHash } from 'node:crypto'
import { bytesOfUuid } from '../../media/bytes.ts'
import { BLOCK_SIZE } from '../../media/cbc.ts'
import { type ProtectionSystem, readProtectionSystem } from '../../media/mp4/protection-system.ts'
import type { TrackEncryption } from '../../media/mp4/track-encryption.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import { keyOfType } from '../content-keys.ts'
import { fixedIv } from '../segments/segment-iv.ts'
import type { SingleTrack } from './track-set.ts'

/** True where keys change, so that no header that lasts longer than a key period can name one. */
export function keysRotate({ keyRotationIntervalSeconds }: Pick<Encryption, 'keyRotationIntervalSeconds'>): boolean {
  return keyRotationIntervalSeconds > 0
}

/** The key of a track among those of a key period; undefined where it stays in the clear. Throws NoContentKey. */
export function keyOfTrack<Key extends KeyDescription>(
  encryption: Encryption,
  { description }: Pick<SingleTrack, 'description'>,
  keys: readonly Key[],
): Key | undefined {
  const trackType = trackTypeOf(encryption, description)
  return trackType === undefined ? undefined : keyOfType(keys, trackType)
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
export const NO_KID = '00000000-0000-0000-0000-000000000000'

function inventedIv(keyId: Uint8Array): Uint8Array {
  return createHash('sha256').update(keyId).update('iv').digest().subarray(0, BLOCK_SIZE)
}

/** The boxes of the DRM systems that know a key, as far as the provider has given any. */
export function protectionSystemsOf({ systems }: Pick<KeyDescription, 'systems'>): readonly ProtectionSystem[] {
  return systems.flatMap(({ pssh }) => (pssh ? [readProtectionSystem(pssh)] : []))
}
