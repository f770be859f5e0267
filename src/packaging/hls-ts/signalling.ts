import type { TsPackaging } from '../../model/packaging.ts'
import type { KeySignalling, PlaylistKeysPlan } from '../hls-playlists/key-tags.ts'
import { fixedIv, sequenceIv } from '../segments/segment-iv.ts'

type TsEncryption = NonNullable<TsPackaging['encryption']>

export const KEY_METHODS = { AES_128: 'AES-128', SAMPLE_AES: 'SAMPLE-AES' } as const

/** How playlists tell of the encryption of segments, with the IVs that those have. */
export function tsSignalling(encryption: TsEncryption): KeySignalling & Pick<PlaylistKeysPlan, 'ownIv'> {
  return {
    method: KEY_METHODS[encryption.method],
    ivOf: (key) => fixedIv(encryption, key),
    // Players take their own count, RFC 8216 §5.2, which is another one behind segments that are not listed. Those that
    // decrypt samples take none at all: hls.js does not.
    ownIv: ({ number }, sequence) =>
      encryption.method === 'AES_128' && number === sequence ? undefined : sequenceIv(number),
  }
}
