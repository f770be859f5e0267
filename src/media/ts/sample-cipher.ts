import type { CbcEncryption } from '../cbc.ts'

/** What samples are encrypted with: each NAL unit and each audio frame begins with the IV anew. */
export type SampleCipher = {
  readonly encrypt: CbcEncryption
  /** 16 bytes. */
  readonly iv: Uint8Array
}

/** What a call of the cipher costs in a step besides its bytes, in bytes. */
export const CIPHER_COST = 16 * 1024
