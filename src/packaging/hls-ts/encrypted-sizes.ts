import { BLOCK_SIZE } from '../../media/cbc.ts'
import { PACKET_SIZE } from '../../media/ts/packet.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { encryptedSize } from '../segments/segment-cipher.ts'

/**
 * Transport stream packets by which SAMPLE-AES makes a segment longer: sixteen, as many as go round the continuity
 * counter, where emulation prevention needs any, and one for a program map that tells more.
 */
const MORE_PACKETS = 17
/** Packets of the tables in front of a key frame. */
const TABLE_PACKETS = 3

/**
 * Bits a second that encryption adds to the peak rate of a variant, with the sound of a rendition: of segments that are
 * half as long as they should be, as those are that a rate is measured of (RFC 8216 §4.3.4.2). 0 in the clear.
 */
export function peakGrowth({ encryption, segment }: TsPackaging): number {
  if (!encryption) return 0
  // A block pads each file (PKCS #7).
  const bytes = encryption.method === 'AES_128' ? 2 * BLOCK_SIZE : MORE_PACKETS * PACKET_SIZE
  return Math.ceil((bytes * 8) / (segment.durationSeconds / 2))
}

/** The most bytes of what trick play refers to, given the size of the packets in which the key frame lies. */
export function keyFrameSize({ encryption }: TsPackaging, size: number): number {
  if (!encryption || size === 0) return size
  const whole = size + TABLE_PACKETS * PACKET_SIZE
  return encryption.method === 'AES_128' ? encryptedSize(whole) : whole + MORE_PACKETS * PACKET_SIZE
}
