import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { type Box, boxAt, readBoxes, readFullBoxHeader, requireVersion, theBox, writeBox, writeFullBox } from './box.ts'
import { readSampleEntry, type SampleEntry, writeSampleEntry } from './sample-entry.ts'

/** The one track of a CMAF header. */
export type MovieTrack<Entry = SampleEntry> = {
  readonly id: number
  /** Units per second of the track's times. */
  readonly timescale: number
  /** ISO 639-2; absent for `und`. */
  readonly language?: string
  readonly entry: Entry
}

const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]

/** File Type Box, ISO/IEC 14496-12 §4.3; also Segment Type Box, §8.16.2. */
type FileType = {
  readonly majorBrand: string
  readonly minorVersion: number
  readonly compatibleBrands: readonly string[]
}

export function writeFileType(writer: ByteWriter, type: 'ftyp' | 'styp', brands: FileType): void {
  writeBox(writer, type, () => {
    writer.latin1(brands.majorBrand)
    writer.u32(brands.minorVersion)
    for (const brand of brands.compatibleBrands) writer.latin1(brand)
  })
}

export function readFileType(body: ByteReader): FileType {
  const majorBrand = body.latin1(4)
  const minorVersion = body.u32()
  const compatibleBrands: string[] = []
  while (body.remaining > 0) compatibleBrands.push(body.latin1(4))
  return { majorBrand, minorVersion, compatibleBrands }
}

/** Writes a Movie Box, §8.2.1, for a movie whose samples are all in fragments. */
export function writeMovie(writer: ByteWriter, track: MovieTrack): void {
  writeBox(writer, 'moov', () => {
    writeMovieHeader(writer, track)
    writeBox(writer, 'trak', () => {
      writeTrackHeader(writer, track)
      writeBox(writer, 'mdia', () => writeMedia(writer, track))
    })
    writeBox(writer, 'mvex', () => writeTrackExtends(writer, track))
  })
}

/** Reads a `moov` with one track. */
export function readMovie(moov: Box): MovieTrack<ReturnType<typeof readSampleEntry>> {
  const children = readBoxes(moov.body)
  const trak = readBoxes(theBox(children, 'trak', moov).body)
  const id = readTrackHeader(theBox(trak, 'tkhd', moov).body)
  const mdia = theBox(trak, 'mdia', moov)
  const media = readBoxes(mdia.body)
  const header = readMediaHeader(theBox(media, 'mdhd', mdia).body)
  const entry = readSampleDescription(boxAt(theBox(media, 'minf', mdia), 'stbl', 'stsd').body)
  return { id, ...header, entry }
}

/** Writes mvhd, §8.2.2. */
function writeMovieHeader(writer: ByteWriter, { id, timescale }: MovieTrack): void {
  writeFullBox(writer, 'mvhd', 0, 0, () => {
    writer.zeros(8)
    writer.u32(timescale)
    writer.u32(0)
    writer.u32(0x10000) // rate 1.0
    writer.u16(0x100) // volume 1.0
    writer.zeros(10)
    for (const value of UNITY_MATRIX) writer.u32(value)
    writer.zeros(24)
    writer.u32(id + 1)
  })
}

/** Writes tkhd, §8.3.2, with the flags enabled, in movie and in preview. */
function writeTrackHeader(writer: ByteWriter, { id, entry }: MovieTrack): void {
  writeFullBox(writer, 'tkhd', 0, 7, () => {
    writer.zeros(8)
    writer.u32(id)
    writer.zeros(4 + 4 + 8 + 2)
    writer.u16(entry.kind === 'audio' ? 1 : 0) // alternate_group
    writer.u16(entry.kind === 'audio' ? 0x100 : 0) // volume
    writer.u16(0)
    for (const value of UNITY_MATRIX) writer.u32(value)
    const { width, height } = displaySize(entry)
    writer.u32(width)
    writer.u32(height)
  })
}

/** Width and height of the track header in 16.16 fixed point: samples that are not square widen the picture. */
function displaySize(entry: SampleEntry): { readonly width: number; readonly height: number } {
  if (entry.kind !== 'video') return { width: 0, height: 0 }
  const { width, height, sampleAspectRatio: ratio = { width: 1, height: 1 } } = entry
  return { width: Math.round((width * 0x10000 * ratio.width) / ratio.height), height: height * 0x10000 }
}

/** Reads the track_ID. */
function readTrackHeader(body: ByteReader): number {
  const { version } = readFullBoxHeader(body)
  requireVersion(version, 1, 'tkhd', body)
  body.skip(version === 1 ? 16 : 8)
  return body.u32()
}

/** handler_type by kind, §8.4.3. */
const HANDLERS = { video: 'vide', audio: 'soun', text: 'subt' } as const

function writeMedia(writer: ByteWriter, track: MovieTrack): void {
  const { kind } = track.entry
  writeMediaHeader(writer, track)
  // hdlr, §8.4.3
  writeFullBox(writer, 'hdlr', 0, 0, () => {
    writer.u32(0)
    writer.latin1(HANDLERS[kind])
    writer.zeros(12)
    writer.u8(0)
  })
  writeBox(writer, 'minf', () => {
    // The media header of the kind: §12.1.2, §12.2.2, §12.6.2.
    if (kind === 'video') writeFullBox(writer, 'vmhd', 0, 1, () => writer.zeros(8))
    else if (kind === 'audio') writeFullBox(writer, 'smhd', 0, 0, () => writer.zeros(4))
    else writeFullBox(writer, 'sthd', 0, 0, () => {})
    // The media is in the same file, §8.7.2.
    writeBox(writer, 'dinf', () => {
      writeFullBox(writer, 'dref', 0, 0, () => {
        writer.u32(1)
        writeFullBox(writer, 'url ', 0, 1, () => {})
      })
    })
    writeBox(writer, 'stbl', () => writeSampleTable(writer, track.entry))
  })
}

/** Writes mdhd, §8.4.2. Throws MalformedMedia for a language that is not three lower-case letters. */
function writeMediaHeader(writer: ByteWriter, { timescale, language = 'und' }: MovieTrack): void {
  if (!/^[a-z]{3}$/.test(language)) throw new MalformedMedia(`language ${language}`, 0)
  writeFullBox(writer, 'mdhd', 0, 0, () => {
    writer.zeros(8)
    writer.u32(timescale)
    writer.u32(0)
    writer.u16([0, 1, 2].reduce((packed, i) => (packed << 5) | (language.charCodeAt(i) - 0x60), 0))
    writer.u16(0)
  })
}

function readMediaHeader(body: ByteReader): Pick<MovieTrack, 'timescale' | 'language'> {
  const { version } = readFullBoxHeader(body)
  requireVersion(version, 1, 'mdhd', body)
  body.skip(version === 1 ? 16 : 8)
  const timescale = body.u32()
  if (timescale === 0) throw new MalformedMedia('timescale 0', body.position - 4)
  body.skip(version === 1 ? 8 : 4)
  const packed = body.u16()
  const language = String.fromCharCode(...[10, 5, 0].map((shift) => ((packed >>> shift) & 0x1f) + 0x60))
  return language === 'und' || !/^[a-z]{3}$/.test(language) ? { timescale } : { timescale, language }
}

/** Writes stbl, §8.5.1, with one sample description and no samples. */
function writeSampleTable(writer: ByteWriter, entry: SampleEntry): void {
  writeFullBox(writer, 'stsd', 0, 0, () => {
    writer.u32(1)
    writeSampleEntry(writer, entry)
  })
  writeFullBox(writer, 'stts', 0, 0, () => writer.u32(0))
  writeFullBox(writer, 'stsc', 0, 0, () => writer.u32(0))
  writeFullBox(writer, 'stsz', 0, 0, () => writer.zeros(8))
  writeFullBox(writer, 'stco', 0, 0, () => writer.u32(0))
}

function readSampleDescription(body: ByteReader): ReturnType<typeof readSampleEntry> {
  readFullBoxHeader(body)
  const count = body.u32()
  const entries = readBoxes(body)
  if (count !== 1 || entries.length !== 1) throw new MalformedMedia(`${count} sample entries`, body.position)
  return readSampleEntry(entries[0]!)
}

/** Writes trex, §8.8.3; the fragments state every default. */
function writeTrackExtends(writer: ByteWriter, { id }: MovieTrack): void {
  writeFullBox(writer, 'trex', 0, 0, () => {
    writer.u32(id)
    writer.u32(1) // default_sample_description_index
    writer.zeros(12)
  })
}
