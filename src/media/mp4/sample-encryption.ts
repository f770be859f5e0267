import { type ByteWriter, bytesOfHex, MalformedMedia } from '../bytes.ts'
import { writeBox, writeFullBox } from './box.ts'
import type { ProtectionSystem } from './protection-system.ts'
import { type ProtectedKind, type TrackEncryption, writeKeyGroup } from './track-encryption.ts'

/** Clear bytes of a sample, and protected ones behind them, ISO/IEC 23001-7 §7.2. */
export type Subsample = { readonly clear: number; readonly protected: number }

/** How a fragment tells of its samples: as ISO/IEC 23001-7, or as PIFF 1.1 before it, which Smooth Streaming has. */
export type EncryptionForm = 'senc' | 'PIFF'

/** What a decoder must know of each sample of a fragment. */
export type SampleEncryption = {
  /** An IV for each sample; undefined where all have the constant one. */
  readonly ivs?: readonly Uint8Array[]
  /** The subsamples of each sample; undefined where samples are encrypted whole. */
  readonly subsamples?: readonly (readonly Subsample[])[]
}

/** What a fragment of encrypted samples says of them. */
export type FragmentEncryption = SampleEncryption & {
  /** The key of its samples, where keys change without a new header. */
  readonly group?: { readonly encryption: TrackEncryption; readonly kind: ProtectedKind }
  /** `senc` unless said. */
  readonly form?: EncryptionForm
  /** In the `moof`, for keys that no header could know. */
  readonly systems?: readonly ProtectionSystem[]
}

const USES_SUBSAMPLES = 2
/** sample_info_size of `saiz` has eight bits. */
const MOST_SAMPLE_INFO = 255
const SUBSAMPLE_SIZE = 6
/** So many subsamples `saiz` can state of a sample without an IV. */
export const MOST_SUBSAMPLES = Math.floor((MOST_SAMPLE_INFO - 2) / SUBSAMPLE_SIZE)

/** SampleEncryptionBox, PIFF 1.1 §5.3.2.2. */
const PIFF_SENC = bytesOfHex('a2394f525a9b4f14a2446c427c648df4')

/**
 * Writes what belongs into a track fragment behind its run: `sbgp` and `sgpd`, then `saiz`, `saio` and `senc` (§7.2.1)
 * where samples differ; in PIFF `uuid`, which other readers find by the `saiz` and `saio` behind it. `moofStart` is
 * where the `moof` begins, from which offsets count. Throws MalformedMedia when a sample has more subsamples than
 * `saiz` can state.
 */
export function writeSampleEncryption(
  writer: ByteWriter,
  { ivs, subsamples, group, form = 'senc' }: FragmentEncryption,
  count: number,
  moofStart: number,
): void {
  if (group) writeKeyGroup(writer, group.encryption, group.kind, count)
  if (ivs === undefined && subsamples === undefined) return
  const sizes = Array.from({ length: count }, (_, i) => sampleInfoSize(ivs?.[i], subsamples?.[i]))
  const flags = subsamples ? USES_SUBSAMPLES : 0
  let entriesAt = 0
  const writeEntries = () => {
    writer.u32(count)
    entriesAt = writer.position - moofStart
    for (let i = 0; i < count; i++) {
      if (ivs) writer.write(ivs[i]!)
      if (subsamples) writeSubsamples(writer, subsamples[i]!)
    }
  }
  if (form === 'PIFF') {
    writeBox(writer, 'uuid', () => {
      writer.write(PIFF_SENC)
      writer.u32(flags)
      writeEntries()
    })
  }
  writeSizes(writer, sizes)
  let offsetAt = 0
  writeFullBox(writer, 'saio', 0, 0, () => {
    writer.u32(1)
    offsetAt = writer.position
    writer.u32(0)
  })
  if (form === 'senc') writeFullBox(writer, 'senc', 0, flags, writeEntries)
  writer.patchU32(offsetAt, entriesAt)
}

function sampleInfoSize(iv: Uint8Array | undefined, subsamples: readonly Subsample[] | undefined): number {
  const size = (iv?.length ?? 0) + (subsamples ? 2 + SUBSAMPLE_SIZE * subsamples.length : 0)
  if (size > MOST_SAMPLE_INFO) throw new MalformedMedia(`sample of ${subsamples?.length} subsamples`, 0)
  return size
}

/** Writes a Sample Auxiliary Information Sizes Box, ISO/IEC 14496-12 §8.7.8. */
function writeSizes(writer: ByteWriter, sizes: readonly number[]): void {
  const size = sizes[0] ?? 0
  const isOne = sizes.every((each) => each === size)
  writeFullBox(writer, 'saiz', 0, 0, () => {
    writer.u8(isOne ? size : 0)
    writer.u32(sizes.length)
    if (!isOne) for (const each of sizes) writer.u8(each)
  })
}

function writeSubsamples(writer: ByteWriter, subsamples: readonly Subsample[]): void {
  writer.u16(subsamples.length)
  for (const { clear, protected: bytes } of subsamples) {
    writer.u16(clear)
    writer.u32(bytes)
  }
}
