import { ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { readNals, writeNal } from './avc-configuration.ts'
import { HEVC_PPS, HEVC_SPS, HEVC_VPS, type HevcPps, type HevcSps, type ProfileTierLevel } from './hevc.ts'

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 §8.3.3.1; NAL lengths take four bytes. */
export type HevcConfiguration = {
  readonly vps: readonly Uint8Array[]
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
}

/** Of a record, before its arrays. */
const FIXED_BYTES = 22

/** parallelismType. */
const UNKNOWN_OR_MIXED = 0
const SLICES = 1
const TILES = 2
const WAVEFRONTS = 3

/** Writes an HEVCDecoderConfigurationRecord; `active` are the sets that the pictures refer to. */
export function writeHvcC(
  writer: ByteWriter,
  { vps, sps, pps }: HevcConfiguration,
  active: { readonly sps: HevcSps; readonly pps: HevcPps },
): void {
  const { profileSpace, tier, profile, compatibility, constraints, level } = active.sps.profileTierLevel
  const { chromaFormat, bitDepthLuma, bitDepthChroma, subLayers, temporalIdNesting } = active.sps
  writer.u8(1)
  writer.u8((profileSpace << 6) | (tier << 5) | profile)
  writer.u32(compatibility)
  for (const byte of constraints) writer.u8(byte)
  writer.u8(level)
  writer.u16(0xf000 | active.sps.minSpatialSegmentation)
  writer.u8(0xfc | parallelism(active))
  writer.u8(0xfc | chromaFormat)
  writer.u8(0xf8 | (bitDepthLuma - 8))
  writer.u8(0xf8 | (bitDepthChroma - 8))
  writer.u16(0) // avgFrameRate: not said
  writer.u8((subLayers << 3) | (temporalIdNesting ? 4 : 0) | 3) // constantFrameRate 0, lengthSizeMinusOne 3
  writer.u8(3)
  for (const [type, nals] of [
    [HEVC_VPS, vps],
    [HEVC_SPS, sps],
    [HEVC_PPS, pps],
  ] as const) {
    writer.u8(0x80 | type) // array_completeness: all sets stand here
    writer.u16(nals.length)
    for (const nal of nals) writeNal(writer, nal)
  }
}

/** The record with array_completeness 0: there are other sets than those that stand here. */
export function withOpenArrays(record: Uint8Array): Uint8Array {
  const open = Uint8Array.from(record)
  const reader = new ByteReader(record)
  reader.skip(FIXED_BYTES)
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    open[reader.position]! &= 0x7f
    reader.skip(1)
    readNals(reader, reader.u16())
  }
  return open
}

/** parallelismType; unknown without a minimum size of segments, since then the tools used guarantee nothing. */
function parallelism({ sps, pps }: { readonly sps: HevcSps; readonly pps: HevcPps }): number {
  if (sps.minSpatialSegmentation === 0 || (pps.entropyCodingSync && pps.tiles)) return UNKNOWN_OR_MIXED
  if (pps.entropyCodingSync) return WAVEFRONTS
  return pps.tiles ? TILES : SLICES
}

/**
 * Reads an HEVCDecoderConfigurationRecord, without arrays of other NAL units. Throws MalformedMedia unless NAL
 * lengths take four bytes.
 */
export function readHvcC(reader: ByteReader): HevcConfiguration & { readonly profileTierLevel: ProfileTierLevel } {
  const version = reader.u8()
  if (version !== 1) throw new MalformedMedia(`hvcC version ${version}`, reader.position - 1)
  const profileByte = reader.u8()
  const profileTierLevel = {
    profileSpace: profileByte >>> 6,
    tier: (profileByte >>> 5) & 1,
    profile: profileByte & 0x1f,
    compatibility: reader.u32(),
    constraints: [...reader.view(6)],
    level: reader.u8(),
  }
  reader.skip(8) // what the sequence parameter sets say again
  const lengthSize = (reader.u8() & 3) + 1
  if (lengthSize !== 4) throw new MalformedMedia(`NAL lengths of ${lengthSize} bytes`, reader.position - 1)
  const found: Record<number, readonly Uint8Array[]> = {}
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    const type = reader.u8() & 0x3f
    found[type] = [...(found[type] ?? []), ...readNals(reader, reader.u16())]
  }
  return {
    profileTierLevel,
    vps: found[HEVC_VPS] ?? [],
    sps: found[HEVC_SPS] ?? [],
    pps: found[HEVC_PPS] ?? [],
  }
}
