import { ByteReader, ByteWriter, bytesOfHex } from '../../media/bytes.ts'
import { readAvcC } from '../../media/codecs/avc-configuration.ts'
import { readHvcC } from '../../media/codecs/hevc-configuration.ts'
import type { TrackDescription, VideoDescription } from '../../media/track.ts'

/** The parameter sets in a track's header, in the order of the decoder configuration record. */
export function parameterSetsOf({ codec, configuration }: VideoDescription): readonly Uint8Array[] {
  const reader = new ByteReader(bytesOfHex(configuration))
  if (codec.startsWith('avc1')) {
    const { sps, pps } = readAvcC(reader)
    return [...sps, ...pps]
  }
  const { vps, sps, pps } = readHvcC(reader)
  return [...vps, ...sps, ...pps]
}

/** The parameter sets of a stream's video tracks, by PID, which samples need not repeat. */
export function headerParameterSets(tracks: readonly TrackDescription[]): ReadonlyMap<number, readonly Uint8Array[]> {
  return new Map(tracks.flatMap((track) => (track.kind === 'video' ? [[track.pid, parameterSetsOf(track)]] : [])))
}

/** NAL units as samples have them. */
export function lengthPrefixed(nals: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter()
  for (const nal of nals) {
    writer.u32(nal.length)
    writer.write(nal)
  }
  return writer.take()
}
