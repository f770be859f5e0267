import { ByteReader, bytesOfHex } from '../bytes.ts'
import type { VideoDescription } from '../track.ts'
import { readAvcC } from './avc-configuration.ts'
import { readHvcC } from './hevc-configuration.ts'

/** The parameter sets in a track's decoder configuration record. Throws MalformedMedia when it is broken. */
export function parameterSetsOf({
  codec,
  configuration,
}: Pick<VideoDescription, 'codec' | 'configuration'>): readonly Uint8Array[] {
  const reader = new ByteReader(bytesOfHex(configuration))
  return Object.values(codec.startsWith('avc1') ? readAvcC(reader) : readHvcC(reader)).flat()
}
