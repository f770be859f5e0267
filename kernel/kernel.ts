/**
 * What the demuxer does to most bytes, in AssemblyScript. `scripts/build-kernel.ts` compiles it into
 * `src/media/kernel/kernel-module.ts`; what each function does is told in `src/media/kernel/kernel.ts`. All offsets are of
 * the memory that is given to an instance. Nothing here allocates, and nothing is read or written outside of the bytes
 * that its caller names.
 */

const PACKET_SIZE: usize = 188
const HEADER_SIZE: usize = 4
const PAYLOAD_SIZE: usize = PACKET_SIZE - HEADER_SIZE

/** Of a header as a little-endian number: transport_scrambling_control, and what lies before it. */
const SCRAMBLING_AND_PID: u32 = 0xc0_ff_ff_ff
/** What lies before the fourth byte. */
const PID: u32 = 0x00_ff_ff_ff
/** Of the fourth byte: only a payload, no adaptation field. */
const ONLY_PAYLOAD: u32 = 0x10

export function copyPayloads(from: usize, end: usize, to: usize, header: u32): usize {
  let at = from
  let target = to
  let expected = header
  while (at + PACKET_SIZE <= end && load<u32>(at) === expected) {
    copyPayload(at + HEADER_SIZE, target)
    at += PACKET_SIZE
    target += PAYLOAD_SIZE
    expected = (expected & PID) | ((ONLY_PAYLOAD | (((expected >> 24) + 1) & 0x0f)) << 24)
  }
  return at
}

/**
 * Copies 184 bytes. The copy may begin before what is copied and overlap it: each piece is read before the piece that is
 * written over it.
 */
function copyPayload(from: usize, to: usize): void {
  v128.store(to, v128.load(from))
  v128.store(to, v128.load(from, 16), 16)
  v128.store(to, v128.load(from, 32), 32)
  v128.store(to, v128.load(from, 48), 48)
  v128.store(to, v128.load(from, 64), 64)
  v128.store(to, v128.load(from, 80), 80)
  v128.store(to, v128.load(from, 96), 96)
  v128.store(to, v128.load(from, 112), 112)
  v128.store(to, v128.load(from, 128), 128)
  v128.store(to, v128.load(from, 144), 144)
  v128.store(to, v128.load(from, 160), 160)
  store<u64>(to, load<u64>(from, 176), 176)
}

export function endOfPackets(from: usize, end: usize, header: u32): usize {
  let at = from
  while (at + PACKET_SIZE <= end && (load<u32>(at) & SCRAMBLING_AND_PID) === header) at += PACKET_SIZE
  return at
}

export function findStartCode(from: usize, end: usize): usize {
  let at = from
  // A start code that begins in these 32 bytes has its second zero in the 32 that begin one later: mostly, there is none.
  for (; at + 34 <= end; at += 32) {
    const second = v128.load(at, 1)
    const later = v128.load(at, 17)
    if (i8x16.all_true(second) && i8x16.all_true(later)) continue
    const first = startCodesAt(at, second)
    if (first !== 0) return at + ctz(first)
    const next = startCodesAt(at + 16, later)
    if (next !== 0) return at + 16 + ctz(next)
  }
  for (; at + 3 <= end; at++) if (load<u16>(at) === 0 && load<u8>(at, 2) === 1) return at
  return end
}

/** A bit for each of the 16 bytes from `at` on: set where a start code begins. `second` are those one byte later. */
function startCodesAt(at: usize, second: v128): i32 {
  const zeros = v128.and(i8x16.eq(v128.load(at), i8x16.splat(0)), i8x16.eq(second, i8x16.splat(0)))
  return i8x16.bitmask(v128.and(zeros, i8x16.eq(v128.load(at, 2), i8x16.splat(1))))
}
