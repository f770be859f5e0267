import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { emptySamples, type SampleTable } from '../sample.ts'
import { type Box, readBoxes, readFullBoxHeader, requireVersion, theBox, writeBox, writeFullBox } from './box.ts'
import { writeProtectionSystem } from './protection-system.ts'
import { type FragmentEncryption, writeSampleEncryption } from './sample-encryption.ts'

/** Movie fragments, ISO/IEC 14496-12 §8.8, with one track fragment and one run each. */

/** sample_flags, §8.8.3.1: sample_depends_on 2 (on none), or 1 and sample_is_non_sync_sample. */
const SYNC_SAMPLE = 0x02000000
const NON_SYNC_SAMPLE = 0x01010000
const IS_NON_SYNC = 0x00010000

const TFHD_BASE_DATA_OFFSET = 0x000001
const TFHD_SAMPLE_DESCRIPTION_INDEX = 0x000002
const TFHD_DEFAULT_DURATION = 0x000008
const TFHD_DEFAULT_SIZE = 0x000010
const TFHD_DEFAULT_FLAGS = 0x000020
const TFHD_DEFAULT_BASE_IS_MOOF = 0x020000

const TRUN_DATA_OFFSET = 0x000001
const TRUN_FIRST_SAMPLE_FLAGS = 0x000004
const TRUN_DURATION = 0x000100
const TRUN_SIZE = 0x000200
const TRUN_FLAGS = 0x000400
const TRUN_COMPOSITION_OFFSET = 0x000800

/** Values that all samples of a fragment share; absent where they differ. */
type SampleDefaults = { readonly duration?: number; readonly size?: number; readonly flags?: number }

/** Track Fragment Header Box, §8.8.7. */
type TrackFragmentHeader = { readonly trackId: number } & SampleDefaults

function writeTfhd(writer: ByteWriter, { trackId, duration, size, flags }: TrackFragmentHeader): void {
  const present =
    TFHD_DEFAULT_BASE_IS_MOOF |
    (duration === undefined ? 0 : TFHD_DEFAULT_DURATION) |
    (size === undefined ? 0 : TFHD_DEFAULT_SIZE) |
    (flags === undefined ? 0 : TFHD_DEFAULT_FLAGS)
  writeFullBox(writer, 'tfhd', 0, present, () => {
    writer.u32(trackId)
    if (duration !== undefined) writer.u32(duration)
    if (size !== undefined) writer.u32(size)
    if (flags !== undefined) writer.u32(flags)
  })
}

function readTfhd(body: ByteReader): TrackFragmentHeader {
  const { flags: present } = readFullBoxHeader(body)
  const trackId = body.u32()
  if ((present & TFHD_BASE_DATA_OFFSET) !== 0 || (present & TFHD_DEFAULT_BASE_IS_MOOF) === 0) {
    throw new MalformedMedia('track fragment not based on its moof', body.position)
  }
  if ((present & TFHD_SAMPLE_DESCRIPTION_INDEX) !== 0) body.skip(4)
  return {
    trackId,
    ...((present & TFHD_DEFAULT_DURATION) === 0 ? {} : { duration: body.u32() }),
    ...((present & TFHD_DEFAULT_SIZE) === 0 ? {} : { size: body.u32() }),
    ...((present & TFHD_DEFAULT_FLAGS) === 0 ? {} : { flags: body.u32() }),
  }
}

/** Writes a Track Fragment Decode Time Box, §8.8.12. */
function writeTfdt(writer: ByteWriter, baseMediaDecodeTime: bigint): void {
  writeFullBox(writer, 'tfdt', 1, 0, () => writer.u64(baseMediaDecodeTime))
}

function readTfdt(body: ByteReader): bigint {
  const { version } = readFullBoxHeader(body)
  requireVersion(version, 1, 'tfdt', body)
  return version === 1 ? body.u64() : BigInt(body.u32())
}

/**
 * Writes a Track Fragment Run Box, §8.8.8. The samples and `defaults` determine which fields it has.
 * @returns the offset of data_offset, to be patched when the size of the moof is known
 */
function writeTrun(writer: ByteWriter, samples: SampleTable, defaults: SampleDefaults): number {
  const { count, sizes, durations, compositionOffsets, sync } = samples
  const hasOffsets = compositionOffsets.some((offset) => offset !== 0)
  const firstFlagsOnly = count > 0 && defaults.flags !== undefined && sampleFlags(sync[0]!) !== defaults.flags
  const present =
    TRUN_DATA_OFFSET |
    (firstFlagsOnly ? TRUN_FIRST_SAMPLE_FLAGS : 0) |
    (defaults.duration === undefined ? TRUN_DURATION : 0) |
    (defaults.size === undefined ? TRUN_SIZE : 0) |
    (defaults.flags === undefined ? TRUN_FLAGS : 0) |
    (hasOffsets ? TRUN_COMPOSITION_OFFSET : 0)
  const version = compositionOffsets.some((offset) => offset < 0) ? 1 : 0
  let dataOffsetAt = 0
  writeFullBox(writer, 'trun', version, present, () => {
    writer.u32(count)
    dataOffsetAt = writer.position
    writer.u32(0)
    if (firstFlagsOnly) writer.u32(sampleFlags(sync[0]!))
    for (let i = 0; i < count; i++) {
      if (defaults.duration === undefined) writer.u32(durations[i]!)
      if (defaults.size === undefined) writer.u32(sizes[i]!)
      if (defaults.flags === undefined) writer.u32(sampleFlags(sync[i]!))
      if (hasOffsets) writer.u32(compositionOffsets[i]!)
    }
  })
  return dataOffsetAt
}

/** Reads the samples of a run, and where their data begins relative to the moof. */
function readTrun(body: ByteReader, defaults: SampleDefaults, baseMediaDecodeTime: bigint) {
  const { version, flags: present } = readFullBoxHeader(body)
  requireVersion(version, 1, 'trun', body)
  const count = body.u32()
  const perSample = [TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_COMPOSITION_OFFSET].filter((flag) => present & flag)
  if (count * perSample.length * 4 > body.remaining || count > body.end) {
    throw new MalformedMedia(`${count} samples in ${body.remaining} bytes`, body.position)
  }
  const dataOffset = (present & TRUN_DATA_OFFSET) === 0 ? 0 : body.i32()
  const firstFlags = (present & TRUN_FIRST_SAMPLE_FLAGS) === 0 ? undefined : body.u32()
  const samples = emptySamples(count)
  let dts = Number(baseMediaDecodeTime)
  for (let i = 0; i < count; i++) {
    const duration = (present & TRUN_DURATION) === 0 ? (defaults.duration ?? 0) : body.u32()
    const size = (present & TRUN_SIZE) === 0 ? (defaults.size ?? 0) : body.u32()
    const own = (present & TRUN_FLAGS) === 0 ? (defaults.flags ?? 0) : body.u32()
    const flags = i === 0 && firstFlags !== undefined ? firstFlags : own
    samples.durations[i] = duration
    samples.sizes[i] = size
    samples.sync[i] = (flags & IS_NON_SYNC) === 0 ? 1 : 0
    if ((present & TRUN_COMPOSITION_OFFSET) !== 0) {
      // Version 0 is unsigned, but no real offset exceeds half the range (half a day at 90 kHz), so both versions are
      // read as signed.
      samples.compositionOffsets[i] = body.i32()
    }
    samples.dts[i] = dts
    dts += duration
  }
  return { samples, dataOffset }
}

export type Fragment = {
  /** sequence_number of mfhd, §8.8.5. */
  readonly sequenceNumber: number
  readonly trackId: number
  readonly samples: SampleTable
  /** False leaves out tfdt, where another box states the decoding time. */
  readonly hasDecodeTime?: boolean
  /** What is said of the samples where they are encrypted. */
  readonly encryption?: FragmentEncryption
  /** Further whole boxes at the end of the `traf`. */
  readonly more?: readonly Uint8Array[]
}

/** Writes a `moof` and the header of the `mdat`; the samples' media must follow. */
export function writeMovieFragment(
  writer: ByteWriter,
  { sequenceNumber, trackId, samples, hasDecodeTime = true, encryption, more = [] }: Fragment,
  size: number,
): void {
  const start = writer.position
  const defaults = commonValues(samples)
  let dataOffsetAt = 0
  writeBox(writer, 'moof', () => {
    writeFullBox(writer, 'mfhd', 0, 0, () => writer.u32(sequenceNumber))
    writeBox(writer, 'traf', () => {
      writeTfhd(writer, { trackId, ...defaults })
      if (hasDecodeTime) writeTfdt(writer, BigInt(samples.dts[0] ?? 0))
      dataOffsetAt = writeTrun(writer, samples, defaults)
      if (encryption) writeSampleEncryption(writer, encryption, samples.count, start)
      for (const box of more) writer.write(box)
    })
    for (const system of encryption?.systems ?? []) writeProtectionSystem(writer, system)
  })
  writer.patchU32(dataOffsetAt, writer.position + 8 - start)
  writer.u32(size + 8)
  writer.latin1('mdat')
}

/** Reads a `moof`, and the offset of the samples' data relative to it. */
export function readMovieFragment(moof: Box): Fragment & { readonly dataOffset: number } {
  const children = readBoxes(moof.body)
  const mfhd = theBox(children, 'mfhd', moof).body
  readFullBoxHeader(mfhd)
  const traf = theBox(children, 'traf', moof)
  const boxes = readBoxes(traf.body)
  const header = readTfhd(theBox(boxes, 'tfhd', traf).body)
  const decodeTime = readTfdt(theBox(boxes, 'tfdt', traf).body)
  const { samples, dataOffset } = readTrun(theBox(boxes, 'trun', traf).body, header, decodeTime)
  return { sequenceNumber: mfhd.u32(), trackId: header.trackId, samples, dataOffset }
}

function sampleFlags(sync: number): number {
  return sync === 1 ? SYNC_SAMPLE : NON_SYNC_SAMPLE
}

/**
 * Finds common values. Flags also count as common when only the first sample's differ: a run has a field for that.
 */
function commonValues({ durations, sizes, sync }: SampleTable): SampleDefaults {
  const [duration, size] = [durations[0], sizes[0]]
  if (duration === undefined || size === undefined) return {}
  const rest = sync[sync.length - 1]!
  return {
    ...(durations.every((value) => value === duration) ? { duration } : {}),
    ...(sizes.every((value) => value === size) ? { size } : {}),
    ...(sync.every((value, i) => i === 0 || value === rest) ? { flags: sampleFlags(rest) } : {}),
  }
}
