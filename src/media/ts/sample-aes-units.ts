import { MalformedMedia } from '../bytes.ts'
import { encryptPattern } from '../cbc.ts'
import { NAL_IDR_SLICE, NAL_PARTITION_A, NAL_PARTITION_C, NAL_SLICE } from '../codecs/h264.ts'
import { findStartCode, START_CODE_SIZE, trimZeros, writeSentinel } from '../codecs/nal.ts'
import { StepMeter, type Steps } from '../steps.ts'
import type { JoinedPes } from './joined-pes.ts'
import type { RewrittenPayloads } from './rewritten-pes.ts'
import { CIPHER_COST, type SampleCipher } from './sample-cipher.ts'

/** nal_unit_type of slices of auxiliary pictures, and of further layers and views (ISO/IEC 14496-10 annexes F to I). */
const AUXILIARY_SLICE = 19
const LAST_SLICE_EXTENSION = 21
/** Bytes of a NAL unit that is not encrypted, whatever its type. */
const MOST_CLEAR = 48
/** Bytes at the beginning of a NAL unit, with its header, that are never encrypted. */
const CLEAR_LEAD = 32
/** Bytes of a NAL unit that are looked at in a step. */
const LOOKED_AT = 256 * 1024

/**
 * Encrypts the slices of an H.264 stream, in place where emulation prevention makes none of them longer. That is
 * applied to the encrypted NAL unit once more, which has it already (ISO/IEC 14496-10 §7.4.1): readers take it off
 * once, decrypt, and have the NAL unit as it was. Bytes in front of the first NAL unit, such as a part of a slice that
 * is cut off, become zeros: they would be in the clear. Throws MalformedMedia for slices of other kinds:
 * partitions, those of auxiliary pictures, and those of further layers and views.
 */
export function* encryptUnits(stream: JoinedPes, cipher: SampleCipher): Steps<RewrittenPayloads> {
  const { bytes, filled: end } = stream
  const meter = new StepMeter()
  const grown: Range[] = []
  let growth = 0
  writeSentinel(bytes, end)
  const first = yield* findStartCode(bytes, 0, end)
  bytes.fill(0, 0, Math.min(first, end))
  for (let next = first; next < end; ) {
    const start = next + START_CODE_SIZE
    next = Math.min(end, yield* findStartCode(bytes, start, end))
    const unitEnd = trimZeros(bytes, start, next)
    const type = bytes[start]! & 0x1f
    if (isOtherSlice(type)) throw new MalformedMedia(`slice of type ${type}, which cannot be encrypted`, start)
    if ((type === NAL_SLICE || type === NAL_IDR_SLICE) && unitEnd - start > MOST_CLEAR) {
      // The last byte is never encrypted: a block that would end with it stays clear.
      yield* encryptPattern(bytes.subarray(start + CLEAR_LEAD, unitEnd - 1), cipher.encrypt, cipher.iv, meter)
      const added = yield* emulations(bytes, start, unitEnd)
      if (added > 0) grown.push({ start, end: unitEnd })
      growth += added
      if (meter.ends(CIPHER_COST + unitEnd - start)) yield
    } else if (meter.ends(unitEnd - start)) yield
  }
  return growth === 0 ? stream : yield* withPrevention(stream, grown, growth)
}

function isOtherSlice(type: number): boolean {
  const isPartition = type >= NAL_PARTITION_A && type <= NAL_PARTITION_C
  return isPartition || (type >= AUXILIARY_SLICE && type <= LAST_SLICE_EXTENSION)
}

type Range = { readonly start: number; readonly end: number }

/** Counts the bytes that emulation prevention adds to a NAL unit. */
function* emulations(bytes: Uint8Array, start: number, end: number): Steps<number> {
  const meter = new StepMeter()
  let count = 0
  for (let at = start; at < end; ) {
    const limit = Math.min(end, at + LOOKED_AT)
    const found = nextEmulation(bytes, at, limit)
    if (meter.ends(found - at)) yield
    if (found < limit) count++
    at = found < limit || limit === end ? found : limit - 2
  }
  return count
}

/** The place of the first byte at or after `from` that needs an emulation prevention byte before it; else `end`. */
function nextEmulation(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from + 2; at < end; ) {
    if (bytes[at]! > 3) at += 3
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at
    else at++
  }
  return end
}

/** Copies the payloads, with `growth` emulation prevention bytes in the NAL units that need them. */
function* withPrevention(
  { bytes, begins }: RewrittenPayloads,
  grown: readonly Range[],
  growth: number,
): Steps<RewrittenPayloads> {
  const meter = new StepMeter()
  const end = begins.at(-1)!
  const output = new Uint8Array(end + growth)
  const moved: number[] = []
  let added = 0
  let copied = 0
  const copyTo = (until: number) => {
    for (; begins[moved.length]! <= until; ) moved.push(begins[moved.length]! + added)
    output.set(bytes.subarray(copied, until), copied + added)
    copied = until
  }
  for (const unit of grown) {
    for (let at = unit.start; at < unit.end; ) {
      const limit = Math.min(unit.end, at + LOOKED_AT)
      const found = nextEmulation(bytes, at, limit)
      copyTo(found)
      if (found < limit) output[found + added++] = 3
      if (meter.ends(found - at)) yield
      at = found < limit || limit === unit.end ? found : limit - 2
    }
  }
  copyTo(end)
  return { bytes: output, begins: moved }
}
