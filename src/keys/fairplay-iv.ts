import { FAIRPLAY_KEY_FORMAT } from '../model/drm-systems.ts'
import type { EncryptedPackaging } from '../model/packaging.ts'
import type { ContentKey } from '../packaging/content-keys.ts'

/**
 * True for keys that players get by FairPlay, and no IV with them: they take it from their licence, never from the
 * media sequence number, by which segments of MPEG-TS are encrypted where neither settings nor provider give one.
 */
export function lackFairPlayIv({ container, encryption }: EncryptedPackaging, keys: readonly ContentKey[]): boolean {
  if (container !== 'TS' || encryption.method !== 'SAMPLE_AES') return false
  if (encryption.constantInitializationVector !== undefined) return false
  return keys.some(
    ({ explicitIv, systems }) => !explicitIv && systems.some(({ keyFormat }) => keyFormat === FAIRPLAY_KEY_FORMAT),
  )
}
