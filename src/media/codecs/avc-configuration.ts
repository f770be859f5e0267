import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { readSps } from './h264.ts'

/** Baseline, Main and Extended; the record of any other profile repeats chroma format and bit depths. */
const PLAIN_PROFILES: ReadonlySet<number> = new Set([66, 77, 88])

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1.2; NAL lengths take four bytes. */
export type AvcConfiguration = {
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
}

export function writeAvcC(writer: ByteWriter, { sps, pps }: AvcConfiguration): void {
  const first = sps[0]
  if (first === undefined || sps.length > 31 || pps.length > 255) {
    throw new MalformedMedia(`${sps.length} SPS and ${pps.length} PPS`, 0)
  }
  const { profile, constraints, level, chromaFormat, bitDepthLuma, bitDepthChroma } = readSps(first)
  writer.u8(1)
  writer.u8(profile)
  writer.u8(constraints)
  writer.u8(level)
  writer.u8(0xff) // lengthSizeMinusOne 3
  writer.u8(0xe0 | sps.length)
  for (const nal of sps) writeNal(writer, nal)
  writer.u8(pps.length)
  for (const nal of pps) writeNal(writer, nal)
  if (PLAIN_PROFILES.has(profile)) return
  writer.u8(0xfc | chromaFormat)
  writer.u8(0xf8 | (bitDepthLuma - 8))
  writer.u8(0xf8 | (bitDepthChroma - 8))
  writer.u8(0)
}

/** Writes a parameter set after its 16-bit length. Throws MalformedMedia when it is longer than that can state. */
export function writeNal(writer: ByteWriter, nal: Uint8Array): void {
  if (nal.length > 0xffff) throw new MalformedMedia(`parameter set of ${nal.length} bytes`, 0)
  writer.u16(nal.length)
  writer.write(nal)
}

/** Reads an AVCDecoderConfigurationRecord. Throws MalformedMedia unless NAL lengths take four bytes. */
export function readAvcC(
  reader: ByteReader,
): AvcConfiguration & { readonly profile: number; readonly constraints: number; readonly level: number } {
  const version = reader.u8()
  if (version !== 1) throw new MalformedMedia(`avcC version ${version}`, reader.position - 1)
  const [profile, constraints, level] = [reader.u8(), reader.u8(), reader.u8()]
  const lengthSize = (reader.u8() & 3) + 1
  if (lengthSize !== 4) throw new MalformedMedia(`NAL lengths of ${lengthSize} bytes`, reader.position - 1)
  const sps = readNals(reader, reader.u8() & 0x1f)
  return { profile, constraints, level, sps, pps: readNals(reader, reader.u8()) }
}

/** Reads `count` parameter sets, each after its 16-bit length. */
export function readNals(reader: ByteReader, count: number): Uint8Array[] {
  const nals: Uint8Array[] = []
  for (let i = 0; i < count; i++) nals.push(new Uint8Array(reader.view(reader.u16())))
  return nals
}
