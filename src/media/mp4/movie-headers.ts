import { type ByteWriter, MalformedMedia } from '../bytes.ts'
import { writeBox, writeFullBox } from './box.ts'
import type { SampleEntry } from './sample-entry.ts'

/** The boxes of a movie that describe it and its tracks as wholes, ISO/IEC 14496-12 §8.2 to §8.4. */

const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]

/** Durations from here on need 64 bits, in version 1 of their box. */
const LONG = 2 ** 32

/** Writes mvhd, §8.2.2. The duration is in units of the timescale; 0 where all samples are in fragments. */
export function writeMovieHeader(
  writer: ByteWriter,
  { timescale, duration = 0, nextTrackId }: { timescale: number; duration?: number; nextTrackId: number },
): void {
  const isLong = duration >= LONG
  writeFullBox(writer, 'mvhd', isLong ? 1 : 0, 0, () => {
    writer.zeros(isLong ? 16 : 8)
    writer.u32(timescale)
    writeTime(writer, duration, isLong)
    writer.u32(0x10000) // rate 1.0
    writer.u16(0x100) // volume 1.0
    writer.zeros(10)
    for (const value of UNITY_MATRIX) writer.u32(value)
    writer.zeros(24)
    writer.u32(nextTrackId)
  })
}

/**
 * Writes tkhd, §8.3.2, with the flags enabled, in movie and in preview; chapters, which are not shown as a track, are
 * in the movie alone. The duration is in units of the movie's timescale.
 */
export function writeTrackHeader(
  writer: ByteWriter,
  { id, entry, duration = 0 }: { id: number; entry: SampleEntry; duration?: number },
): void {
  const isLong = duration >= LONG
  writeFullBox(writer, 'tkhd', isLong ? 1 : 0, entry.kind === 'chapters' ? 2 : 7, () => {
    writer.zeros(isLong ? 16 : 8)
    writer.u32(id)
    writer.zeros(4)
    writeTime(writer, duration, isLong)
    writer.zeros(8 + 2)
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

/**
 * Writes mdhd, §8.4.2, with an ISO 639-2 language. Throws MalformedMedia for one that is not three lower-case letters.
 */
export function writeMediaHeader(
  writer: ByteWriter,
  { timescale, language = 'und', duration = 0 }: { timescale: number; language?: string; duration?: number },
): void {
  if (!/^[a-z]{3}$/.test(language)) throw new MalformedMedia(`language ${language}`, 0)
  const isLong = duration >= LONG
  writeFullBox(writer, 'mdhd', isLong ? 1 : 0, 0, () => {
    writer.zeros(isLong ? 16 : 8)
    writer.u32(timescale)
    writeTime(writer, duration, isLong)
    writer.u16([0, 1, 2].reduce((packed, i) => (packed << 5) | (language.charCodeAt(i) - 0x60), 0))
    writer.u16(0)
  })
}

/** handler_type by kind, §8.4.3; `text` is that of the QuickTime File Format. */
const HANDLERS = { video: 'vide', audio: 'soun', text: 'subt', 'timed text': 'sbtl', chapters: 'text' } as const

/** Writes hdlr, §8.4.3. */
export function writeHandler(writer: ByteWriter, kind: SampleEntry['kind']): void {
  writeFullBox(writer, 'hdlr', 0, 0, () => {
    writer.u32(0)
    writer.latin1(HANDLERS[kind])
    writer.zeros(12)
    writer.u8(0)
  })
}

/** Writes the boxes of minf before its sample table: the media header of the kind, and where the media are. */
export function writeMediaInformation(writer: ByteWriter, kind: SampleEntry['kind']): void {
  // §12.1.2, §12.2.2, §12.6.2, §8.4.5.2
  if (kind === 'video') writeFullBox(writer, 'vmhd', 0, 1, () => writer.zeros(8))
  else if (kind === 'audio') writeFullBox(writer, 'smhd', 0, 0, () => writer.zeros(4))
  else if (kind === 'chapters') writeChapterMediaHeader(writer)
  else writeFullBox(writer, kind === 'text' ? 'sthd' : 'nmhd', 0, 0, () => {})
  // The media is in the same file, §8.7.2.
  writeBox(writer, 'dinf', () => {
    writeFullBox(writer, 'dref', 0, 0, () => {
      writer.u32(1)
      writeFullBox(writer, 'url ', 0, 1, () => {})
    })
  })
}

/** Writes gmhd, Base Media Information Header of the QuickTime File Format, with what players expect of text. */
function writeChapterMediaHeader(writer: ByteWriter): void {
  writeBox(writer, 'gmhd', () => {
    writeFullBox(writer, 'gmin', 0, 0, () => {
      writer.u16(0x40) // graphics mode: dither copy
      for (let i = 0; i < 3; i++) writer.u16(0x8000) // opcolor
      writer.zeros(4) // balance
    })
    writeBox(writer, 'text', () => {
      for (const value of UNITY_MATRIX) writer.u32(value)
    })
  })
}

function writeTime(writer: ByteWriter, time: number, isLong: boolean): void {
  if (isLong) writer.u64(BigInt(time))
  else writer.u32(time)
}
