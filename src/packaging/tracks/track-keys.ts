import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'
import { trackTypeOf } from '../../model/key-track-types.ts'
import { keyOfType } from '../content-keys.ts'
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
