import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { type Box, boxAt, readBoxes, readFullBoxHeader, requireVersion, theBox, writeBox, writeFullBox } from './box.ts'
import {
  writeHandler,
  writeMediaHeader,
  writeMediaInformation,
  writeMovieHeader,
  writeTrackHeader,
} from './movie-headers.ts'
import { type ProtectionSystem, writeProtectionSystem } from './protection-system.ts'
import { readSampleEntry, type SampleEntry, writeSampleEntry } from './sample-entry.ts'
import type { TrackEncryption } from './track-encryption.ts'

/** The one track of a CMAF header. */
export type MovieTrack<Entry = SampleEntry> = {
  readonly id: number
  /** Units per second of the track's times. */
  readonly timescale: number
  /** ISO 639-2; absent for `und`. */
  readonly language?: string
  readonly entry: Entry
  /** How its samples are encrypted, where they are. */
  readonly encryption?: TrackEncryption
  /** The DRM systems that know the key. */
  readonly systems?: readonly ProtectionSystem[]
}

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
    writeMovieHeader(writer, { timescale: track.timescale, nextTrackId: track.id + 1 })
    writeBox(writer, 'trak', () => {
      writeTrackHeader(writer, track)
      writeBox(writer, 'mdia', () => writeMedia(writer, track))
    })
    writeBox(writer, 'mvex', () => writeTrackExtends(writer, track))
    for (const system of track.systems ?? []) writeProtectionSystem(writer, system)
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

/** Reads the track_ID. */
function readTrackHeader(body: ByteReader): number {
  const { version } = readFullBoxHeader(body)
  requireVersion(version, 1, 'tkhd', body)
  body.skip(version === 1 ? 16 : 8)
  return body.u32()
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

function writeMedia(writer: ByteWriter, track: MovieTrack): void {
  const { kind } = track.entry
  writeMediaHeader(writer, track)
  writeHandler(writer, kind)
  writeBox(writer, 'minf', () => {
    writeMediaInformation(writer, kind)
    writeBox(writer, 'stbl', () => writeSampleTable(writer, track))
  })
}

/** Writes stbl, §8.5.1, with one sample description and no samples. */
function writeSampleTable(writer: ByteWriter, { entry, encryption }: MovieTrack): void {
  writeFullBox(writer, 'stsd', 0, 0, () => {
    writer.u32(1)
    writeSampleEntry(writer, entry, encryption)
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
