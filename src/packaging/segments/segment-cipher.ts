import { createCipheriv, type KeyObject } from 'node:crypto'
import { BLOCK_SIZE, type CbcEncryption } from '../../media/cbc.ts'
import type { Steps } from '../../media/steps.ts'

const CIPHER = 'aes-128-cbc'

/** Bytes that are encrypted at once. */
const PIECE_SIZE = 1024 * 1024

/** Size of a segment of `size` bytes that METHOD=AES-128 has encrypted: its padding is 1 to 16 bytes (PKCS #7). */
export function encryptedSize(size: number): number {
  return (Math.floor(size / BLOCK_SIZE) + 1) * BLOCK_SIZE
}

/** Encrypts a whole segment, which is in parts, as METHOD=AES-128 of RFC 8216 §4.3.2.4; key and IV have 16 bytes. */
export function* encryptSegment(
  parts: readonly Uint8Array[],
  { key, iv }: { readonly key: KeyObject | Uint8Array; readonly iv: Uint8Array },
): Steps<readonly Uint8Array[]> {
  const cipher = createCipheriv(CIPHER, key, iv)
  const encrypted: Uint8Array[] = []
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE_SIZE) {
      encrypted.push(cipher.update(part.subarray(at, at + PIECE_SIZE)))
      yield
    }
  }
  return [...encrypted, cipher.final()]
}

/** AES-128 in CBC mode under this key of 16 bytes. */
export function cbcEncryption(key: KeyObject | Uint8Array): CbcEncryption {
  return (iv, blocks) => createCipheriv(CIPHER, key, iv).setAutoPadding(false).update(blocks)
}
