import { ByteWriter, bytesOfHex } from '../../media/bytes.ts'
import { BLOCK_SIZE } from '../../media/cbc.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import type { Encryption } from '../../model/encryption.ts'

/** The IV of all that a key encrypts: that of the settings, else that of the provider; absent without both. */
export function fixedIv(
  { constantInitializationVector: constant }: Pick<Encryption, 'constantInitializationVector'>,
  { explicitIv }: Pick<KeyDescription, 'explicitIv'>,
): Uint8Array | undefined {
  return constant === undefined ? explicitIv : bytesOfHex(constant)
}

/** The IV that a media sequence number stands for: big-endian, in 128 bits, RFC 8216 §5.2. */
export function sequenceIv(number: number): Uint8Array {
  const writer = new ByteWriter(BLOCK_SIZE)
  writer.u64(0n)
  writer.u64(BigInt(number))
  return writer.result()
}
