import { BitReader } from '../bytes.ts'
import type { Steps } from '../steps.ts'

/** NAL units in a byte stream: what ISO/IEC 14496-10 annex B and ISO/IEC 23008-2 annex B have in common. */
const START_CODE = '\0\0\x01'

/** Bytes of 00 00 01, such as the caller places after the bytes to be searched. */
export const START_CODE_SIZE = 3

/**
 * Offset of the next 00 00 01 at or after `from`. The caller keeps one directly after the bytes it searches, so that
 * the native search always ends there and never scans the rest of the buffer.
 */
export function nextStartCode(bytes: Buffer, from: number): number {
  return bytes.indexOf(START_CODE, from, 'latin1')
}

/** Bytes that are searched at once: where start codes nearly begin everywhere, a search takes 15 ns for each. */
export const SEARCHED_AT_ONCE = 256 * 1024

/**
 * As `nextStartCode`, in steps, for bytes that end at `end`: it searches no further, and returns `end` when there is
 * none. The caller keeps a start code there.
 */
export function* findStartCode(bytes: Buffer, from: number, end: number): Steps<number> {
  let at = from
  for (; end - at > SEARCHED_AT_ONCE; at += SEARCHED_AT_ONCE) {
    const size = SEARCHED_AT_ONCE + START_CODE_SIZE - 1
    const found = Buffer.from(bytes.buffer, bytes.byteOffset + at, size).indexOf(START_CODE, 0, 'latin1')
    if (found >= 0) return at + found
    yield
  }
  return nextStartCode(bytes, at)
}

export function writeSentinel(bytes: Uint8Array, at: number): void {
  bytes[at] = 0
  bytes[at + 1] = 0
  bytes[at + 2] = 1
}

/**
 * End of a NAL unit that is followed at `end` by a start code or by nothing: zeros before `end` are not part of it.
 */
export function trimZeros(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end
  while (trimmed > start && bytes[trimmed - 1] === 0) trimmed--
  return trimmed
}

/**
 * The RBSP of a NAL unit: without its header of `headerSize` bytes and its emulation prevention bytes (§7.4.1,
 * §7.4.2).
 */
export function unescapeNal(nal: Uint8Array, headerSize: number): Uint8Array {
  const rbsp = new Uint8Array(Math.max(0, nal.length - headerSize))
  return rbsp.subarray(0, copyUnescaped(nal, headerSize, nal.length, rbsp))
}

/** A NAL unit with emulation prevention bytes, after its `header`. */
export function escapedNal(header: Uint8Array, rbsp: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(header.length + rbsp.length + Math.ceil(rbsp.length / 2))
  bytes.set(header)
  let at = header.length
  let zeros = 0
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      bytes[at++] = 3
      zeros = 0
    }
    bytes[at++] = byte
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return bytes.slice(0, at)
}

/** More bytes than a slice header has before the fields read here. */
export const SLICE_HEADER_SIZE = 24
/** One buffer for all slices: a header is read for every picture, and allocating would cost more than reading. */
const sliceHeader = new Uint8Array(SLICE_HEADER_SIZE)

/** The first bits of the slice between `from` and `end`, after its NAL unit header; valid until the next call. */
export function sliceBits(bytes: Uint8Array, from: number, end: number): BitReader {
  return new BitReader(sliceHeader, copyUnescaped(bytes, from, Math.min(end, from + SLICE_HEADER_SIZE), sliceHeader))
}

/** @returns the number of bytes copied */
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
