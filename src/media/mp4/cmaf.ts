import { ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import type { SampleTable } from '../sample.ts'
import { type Box, readBoxes, theBox } from './box.ts'
import { type Fragment, readMovieFragment, writeMovieFragment } from './fragment.ts'
import { type MovieTrack, readFileType, readMovie, writeFileType, writeMovie } from './movie.ts'

/** CMAF, ISO/IEC 23000-19: one track per file, §7.3.2. */

/** Brands, §7.2. */
const HEADER_BRANDS = { majorBrand: 'cmfc', minorVersion: 0, compatibleBrands: ['cmfc', 'iso6'] }
const SEGMENT_BRANDS = { majorBrand: 'msdh', minorVersion: 0, compatibleBrands: ['msdh', 'cmfs'] }

/** Writes a CMAF header, §7.3.1: `ftyp` and `moov`. */
export function writeCmafHeader(track: MovieTrack): Uint8Array {
  const writer = new ByteWriter(1024)
  writeFileType(writer, 'ftyp', HEADER_BRANDS)
  writeMovie(writer, track)
  return writer.result()
}

export function readCmafHeader(bytes: Uint8Array): ReturnType<typeof readMovie> {
  const boxes = readBoxes(new ByteReader(bytes))
  const ftyp = theBox(boxes, 'ftyp', undefined)
  const { compatibleBrands } = readFileType(ftyp.body)
  if (!compatibleBrands.includes('cmfc')) throw new MalformedMedia(`brands ${compatibleBrands.join()}`, ftyp.start)
  return readMovie(theBox(boxes, 'moov', undefined))
}

/** The parts of a CMAF segment. */
export type CmafSegment = Fragment & {
  /** The samples' data, in consecutive pieces. */
  readonly media: readonly Uint8Array[]
  /** Whole boxes in front of the fragment: `emsg`, `prft`. */
  readonly before?: readonly Uint8Array[]
}

/**
 * Writes a CMAF segment of one fragment, §7.3.2.4, as consecutive parts: everything up to the samples' data, then
 * `media` as it is. Throws MalformedMedia when a sample lies before time 0.
 */
export function writeCmafSegment(segment: CmafSegment): Uint8Array[] {
  const { samples, media, before = [] } = segment
  if (samples.count > 0 && samples.dts[0]! < 0) throw new MalformedMedia(`decoding time ${samples.dts[0]}`, 0)
  const size = media.reduce((sum, part) => sum + part.length, 0)
  if (size > 0xffffffff - 8) throw new MalformedMedia(`fragment of ${size} bytes`, 0)
  const writer = new ByteWriter(256 + samples.count * 16)
  writeFileType(writer, 'styp', SEGMENT_BRANDS)
  for (const box of before) writer.write(box)
  writeMovieFragment(writer, segment, size)
  return [writer.result(), ...media]
}

/** Reads the fragments of a CMAF segment or chunk, in order; their media are views of `bytes`. */
export function readCmafFragments(bytes: Uint8Array): (Fragment & { readonly media: Uint8Array })[] {
  const fragments: (Fragment & { readonly media: Uint8Array })[] = []
  let moof: Box | undefined
  for (const box of readBoxes(new ByteReader(bytes))) {
    if (box.type === 'moof') moof = box
    if (box.type !== 'mdat' || moof === undefined) continue
    const { dataOffset, ...fragment } = readMovieFragment(moof)
    const start = moof.start + dataOffset
    const size = totalSize(fragment.samples)
    if (start < box.body.position || size > box.body.end - start) {
      throw new MalformedMedia(`samples of ${size} bytes outside their mdat`, moof.start)
    }
    fragments.push({ ...fragment, media: bytes.subarray(start, start + size) })
    moof = undefined
  }
  if (moof !== undefined) throw new MalformedMedia('moof without mdat', moof.start)
  return fragments
}

function totalSize({ sizes }: SampleTable): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}
