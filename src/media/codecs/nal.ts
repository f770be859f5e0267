import { BitReader } from '../bytes.ts'

/** NAL units in a byte stream: what ISO/IEC 14496-10 annex B and ISO/IEC 23008-2 annex B have in common. */
const START_CODE = '\0\0\x01'

/** Bytes that follow those given to `nextStartCode`. */
export const SENTINEL_SIZE = 3

/**
 * Offset of the next 00 00 01 at or after `from`. The caller keeps one right behind the bytes it searches, so that
 * the native search always ends there and never runs on through the rest of the buffer.
 */
export function nextStartCode(bytes: Buffer, from: number): number {
  return bytes.indexOf(START_CODE, from, 'latin1')
}

export function writeSentinel(bytes: Uint8Array, at: number): void {
  bytes[at] = 0
  bytes[at + 1] = 0
  bytes[at + 2] = 1
}

/** Where the NAL unit ends that a start code or the end of the bytes follows at `end`: zeros before it are not its. */
export function trimZeros(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === 0) trimmed--
  return trimmed
}

/** The RBSP of a NAL unit: its header of so many bytes and the emulation prevention bytes are gone (§7.4.1, §7.4.2). */
export function unescapeNal(nal: Uint8Array, headerSize: number): Uint8Array {
  const rbsp = new Uint8Array(Math.max(0, nal.length - headerSize))
  return rbsp.subarray(0, copyUnescaped(nal, headerSize, nal.length, rbsp))
}

/** More than a slice has in front of what is looked for in its header. */
export const SLICE_HEADER_SIZE = 24
/** One for all: there is a slice header to read for every picture, and memory costs more than reading. */
const sliceHeader = new Uint8Array(SLICE_HEADER_SIZE)

/**
 * The bits at the beginning of the slice between `from` and `end`, behind its NAL unit header; valid until the next
 * call.
 */
export function sliceBits(bytes: Uint8Array, from: number, end: number): BitReader {
  return new BitReader(sliceHeader, copyUnescaped(bytes, from, Math.min(end, from + SLICE_HEADER_SIZE), sliceHeader))
}

/** @returns how many bytes are left */
function copyUnescaped(bytes: Uint8Array, from: number, end: number, target: Uint8Array): number {
  let length = 0
  let zeros = 0
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    target[length++] = byte
  }
  return length
}
