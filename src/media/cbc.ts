/** Size of a block of AES, in bytes. */
export const BLOCK_SIZE = 16

/**
 * AES-128 in CBC mode without padding, under a key that whoever makes the function knows: encrypts whole blocks, the
 * first of which is chained to `iv`, and leaves them as they are. The result is valid until the next call.
 */
export type CbcEncryption = (iv: Uint8Array, blocks: Uint8Array) => Uint8Array
