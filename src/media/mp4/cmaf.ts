import { ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import { readSps } from '../codecs/h264.ts'
import type { SampleTable, Track } from '../sample.ts'
import { type Box, readBoxes, theBox } from './box.ts'
import { type Fragment, readMovieFragment, writeMovieFragment } from './fragment.ts'
import { type MovieTrack, readFileType, readMovie, writeFileType, writeMovie } from './movie.ts'

/** CMAF, ISO/IEC 23000-19: one track per file, §7.3.2. */

/** §7.2. */
const HEADER_BRANDS = { majorBrand: 'cmfc', minorVersion: 0, compatibleBrands: ['cmfc', 'iso6'] }
const SEGMENT_BRANDS = { majorBrand: 'msdh', minorVersion: 0, compatibleBrands: ['msdh', 'cmfs'] }

/** How a demuxed track is described in a CMAF header; video by the parameter sets of its first configuration. */
export function movieTrack(track: Track, id: number): MovieTrack {
  const { timescale } = track
  if (track.kind === 'audio') {
    const { configuration, channels, language } = track
    const entry = { kind: 'audio', channels, sampleRate: timescale, configuration } as const
    return language === undefined ? { id, timescale, entry } : { id, timescale, language, entry }
  }
  const [configuration] = track.configurations
  if (configuration === undefined) throw new MalformedMedia(`no parameter sets on PID ${track.pid}`, 0)
  const { sps, pps } = configuration
  const { width, height } = readSps(sps[0]!)
  return { id, timescale, entry: { kind: 'video', width, height, configuration: { sps, pps } } }
}

/** A CMAF header, §7.3.1: `ftyp` and `moov`. */
export function writeCmafHeader(track: MovieTrack): Uint8Array {
  const writer = new ByteWriter(1024)
  writeFileType(writer, 'ftyp', HEADER_BRANDS)
  writeMovie(writer, track)
  return writer.result()
}

export function readCmafHeader(bytes: Uint8Array): MovieTrack {
  const boxes = readBoxes(new ByteReader(bytes))
  const ftyp = theBox(boxes, 'ftyp', undefined)
  const { compatibleBrands } = readFileType(ftyp.body)
  if (!compatibleBrands.includes('cmfc')) throw new MalformedMedia(`brands ${compatibleBrands.join()}`, ftyp.start)
  return readMovie(theBox(boxes, 'moov', undefined))
}

/**
 * A CMAF fragment, §7.3.2.4, in two parts to be written one behind the other: everything up to the samples' data, and
 * `media` itself. `segment` puts a `styp` in front. Throws MalformedMedia when there is no sample, or one before time 0.
 */
export function writeCmafFragment(
  fragment: Fragment & { readonly media: Uint8Array },
  { segment = false } = {},
): [Uint8Array, Uint8Array] {
  const { samples, media } = fragment
  if (samples.count === 0) throw new MalformedMedia('fragment without samples', 0)
  if (samples.dts[0]! < 0) throw new MalformedMedia(`decoding time ${samples.dts[0]}`, 0)
  if (media.length > 0xffffffff - 8) throw new MalformedMedia(`fragment of ${media.length} bytes`, 0)
  const writer = new ByteWriter(256 + samples.count * 16)
  if (segment) writeFileType(writer, 'styp', SEGMENT_BRANDS)
  writeMovieFragment(writer, fragment, media.length)
  return [writer.result(), media]
}

/** The fragments of a CMAF segment or chunk, in order; their media are views of `bytes`. */
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
