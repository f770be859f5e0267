import { copy16, viewOf } from './bytes.ts'
import { StepMeter, type Steps } from './steps.ts'

/** Size of a block of AES, in bytes. */
export const BLOCK_SIZE = 16

/**
 * AES-128 in CBC mode without padding, under a key that whoever makes the function knows: encrypts whole blocks, the
 * first of which is chained to `iv`, and leaves them as they are. The result is valid until the next call.
 */
export type CbcEncryption = (iv: Uint8Array, blocks: Uint8Array) => Uint8Array

/**
 * The pattern by which pictures are encrypted in SAMPLE-AES and in cbcs (ISO/IEC 23001-7 §9.6): blocks that are, and
 * those behind them that stay clear.
 */
export const PATTERN = { crypt: 1, skip: 9 } as const

/** Bytes from one encrypted block of the pattern to the next. */
const PERIOD = (PATTERN.crypt + PATTERN.skip) * BLOCK_SIZE
/** Bytes encrypted in one step: whole periods, and so whole blocks. */
const AT_ONCE = 4096 * PERIOD

/** Encrypts blocks by the pattern, in place, as one message. What is no whole block at the end stays clear. */
export function* encryptPattern(
  bytes: Uint8Array,
  encrypt: CbcEncryption,
  iv: Uint8Array,
  meter: StepMeter = new StepMeter(),
): Steps<void> {
  let chainedTo = iv
  for (let at = 0; at + BLOCK_SIZE <= bytes.length; at += AT_ONCE) {
    const piece = bytes.subarray(at, at + AT_ONCE)
    const encrypted = encrypt(chainedTo, pickedBlocks(piece))
    putBlocks(encrypted, piece)
    chainedTo = Uint8Array.from(encrypted.subarray(-BLOCK_SIZE))
    if (meter.ends(piece.length)) yield
  }
}

/** A copy of the blocks that the pattern encrypts. */
function pickedBlocks(bytes: Uint8Array): Uint8Array {
  const picked = new Uint8Array(Math.ceil(bytes.length / PERIOD) * BLOCK_SIZE)
  const [source, target] = [viewOf(bytes), viewOf(picked)]
  let size = 0
  for (let at = 0; at + BLOCK_SIZE <= bytes.length; at += PERIOD, size += BLOCK_SIZE) copy16(source, at, target, size)
  return picked.subarray(0, size)
}

/** Puts blocks to where `pickedBlocks` has copied them from. */
function putBlocks(blocks: Uint8Array, bytes: Uint8Array): void {
  const [source, target] = [viewOf(blocks), viewOf(bytes)]
  for (let from = 0, at = 0; from < blocks.length; from += BLOCK_SIZE, at += PERIOD) copy16(source, from, target, at)
}
