import { bytesOf, writeBox, writeFullBox } from './box.ts'
import { chunksOfEach, offsetTable, type SampleChunk, sizeOfOffsetTable } from './chunk-tables.ts'
import { writeFileType } from './movie.ts'
import {
  writeHandler,
  writeMediaHeader,
  writeMediaInformation,
  writeMovieHeader,
  writeTrackHeader,
} from './movie-headers.ts'
import { type SampleEntry, writeSampleEntry } from './sample-entry.ts'
import type { SampleTableName, TableFacts } from './sample-tables.ts'

/**
 * Files whose `moov` holds all sample tables and comes before the media, so that they can be played while they are
 * downloaded: ISO/IEC 14496-12 and 14496-14.
 */

/** A part of the movie in which a track is shown, §8.6.6, or not shown. */
export type Edit = {
  /** In units of the movie's timescale. */
  readonly duration: number
  /** Composition time of the first sample shown, in units of the track's timescale; absent when nothing is shown. */
  readonly mediaTime?: number
}

export type ProgressiveTrack = {
  readonly entries: readonly SampleEntry[]
  /** Units per second of the track's times. */
  readonly timescale: number
  /** ISO 639-2; absent for `und`. */
  readonly language?: string
  /** RFC 5646, where that tells more. */
  readonly extendedLanguage?: string
  readonly edits: readonly Edit[]
  readonly tables: TableFacts
}

/** A part of a file's head: bytes, or the entries of a table, which the caller has kept. */
export type HeadPart = Uint8Array | { readonly track: number; readonly table: SampleTableName; readonly bytes: number }

/** A part, or the offsets of a track's chunks, which are known when the size of all parts is. */
type Part = HeadPart | { readonly chunksOf: number; readonly bytes: number }

const FILE_TYPE = { majorBrand: 'isom', minorVersion: 0x200, compatibleBrands: ['isom', 'iso2', 'mp41'] }

/** Sizes and offsets from here on need 64 bits. */
const LARGE = 2 ** 32

const ENTRY_BYTES = { stts: 8, ctts: 8, stss: 4, stsz: 4 } as const

/**
 * Everything of a file up to its samples' data, which follow in the order of the chunks. The movie has the timescale of
 * its first track.
 */
export function progressiveHead(
  tracks: readonly ProgressiveTrack[],
  chunks: readonly SampleChunk[],
): readonly HeadPart[] {
  const media = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  const own = chunksOfEach(tracks.length, chunks)
  const laidOut = (isLarge: boolean): readonly Part[] => {
    const tables = own.map(({ samples, offsets }, chunksOf): readonly Part[] => {
      return [samples, { chunksOf, bytes: sizeOfOffsetTable(offsets.length, isLarge) }]
    })
    return [fileType(), ...movie(tracks, tables), mediaHeader(media)]
  }
  const isLarge = media + sizeOfHead(laidOut(true)) >= LARGE
  const parts = laidOut(isLarge)
  const base = sizeOfHead(parts)
  return parts.map((part) => ('chunksOf' in part ? offsetTable(own[part.chunksOf]!.offsets, { base, isLarge }) : part))
}

function fileType(): Uint8Array {
  return bytesOf((writer) => writeFileType(writer, 'ftyp', FILE_TYPE))
}

export function sizeOfHead(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + sizeOfPart(part), 0)
}

export function sizeOfPart(part: Part): number {
  return part instanceof Uint8Array ? part.length : part.bytes
}

/** The header of `mdat`, §8.1.1. */
function mediaHeader(bytes: number): Uint8Array {
  return bytesOf((writer) => {
    const isLarge = bytes + 8 >= LARGE
    writer.u32(isLarge ? 1 : bytes + 8)
    writer.latin1('mdat')
    if (isLarge) writer.u64(BigInt(bytes + 16))
  })
}

function movie(tracks: readonly ProgressiveTrack[], chunkTables: readonly (readonly Part[])[]): readonly Part[] {
  const timescale = tracks[0]?.timescale ?? 1
  const duration = movieDuration(tracks)
  const header = bytesOf((writer) => writeMovieHeader(writer, { timescale, duration, nextTrackId: tracks.length + 1 }))
  return box('moov', [
    header,
    ...tracks.flatMap((track, i) =>
      trackBox(track, i, { chunkTables: chunkTables[i]!, chapters: chaptersOf(tracks, i) }),
    ),
  ])
}

/** How long a movie of these tracks is shown, in units of its timescale. */
export function movieDuration(tracks: readonly Pick<ProgressiveTrack, 'edits'>[]): number {
  return Math.max(0, ...tracks.map(({ edits }) => durationOf(edits)))
}

function durationOf(edits: readonly Edit[]): number {
  return edits.reduce((sum, { duration }) => sum + duration, 0)
}

/** The index of the chapters of a track, which pictures and sound have. */
function chaptersOf(tracks: readonly ProgressiveTrack[], index: number): number | undefined {
  const kindOf = ({ entries }: ProgressiveTrack) => entries[0]?.kind
  const kind = kindOf(tracks[index]!)
  const chapters = tracks.findIndex((track) => kindOf(track) === 'chapters')
  return chapters >= 0 && (kind === 'video' || kind === 'audio') ? chapters : undefined
}

type TrackParts = { readonly chunkTables: readonly Part[]; readonly chapters: number | undefined }

function trackBox(track: ProgressiveTrack, index: number, { chunkTables, chapters }: TrackParts): readonly Part[] {
  const { entries, timescale, language, extendedLanguage, edits, tables } = track
  const [entry] = entries
  if (!entry) throw new Error('a track without a sample description')
  const header = bytesOf((writer) => writeTrackHeader(writer, { id: index + 1, entry, duration: durationOf(edits) }))
  const mediaHeaders = bytesOf((writer) => {
    writeMediaHeader(writer, { timescale, duration: tables.duration, ...(language !== undefined && { language }) })
    writeHandler(writer, entry.kind)
    // Extended Language Tag Box, §8.4.6.
    if (extendedLanguage !== undefined) {
      writeFullBox(writer, 'elng', 0, 0, () => {
        writer.latin1(extendedLanguage)
        writer.u8(0)
      })
    }
  })
  const information = bytesOf((writer) => writeMediaInformation(writer, entry.kind))
  const samples = box('stbl', [descriptions(entries), ...sampleTables(tables, index), ...chunkTables])
  const media = box('mdia', [mediaHeaders, ...box('minf', [information, ...samples])])
  const references = chapters === undefined ? [] : [chapterReference(chapters + 1)]
  return box('trak', [header, ...box('edts', [editList(edits)]), ...references, ...media])
}

/** Track Reference Box, §8.3.3, to the track that has the chapters. */
function chapterReference(id: number): Uint8Array {
  return bytesOf((writer) => writeBox(writer, 'tref', () => writeBox(writer, 'chap', () => writer.u32(id))))
}

/** Writes elst, §8.6.6. */
function editList(edits: readonly Edit[]): Uint8Array {
  const isLong = edits.some(({ duration, mediaTime = 0 }) => duration >= LARGE || mediaTime >= LARGE / 2)
  return bytesOf((writer) =>
    writeFullBox(writer, 'elst', isLong ? 1 : 0, 0, () => {
      writer.u32(edits.length)
      for (const { duration, mediaTime = -1 } of edits) {
        if (isLong) {
          writer.u64(BigInt(duration))
          writer.u64(BigInt.asUintN(64, BigInt(mediaTime)))
        } else {
          writer.u32(duration)
          writer.u32(mediaTime)
        }
        writer.u32(0x10000) // media_rate 1.0
      }
    }),
  )
}

/** stsd, §8.5.2. */
function descriptions(entries: readonly SampleEntry[]): Uint8Array {
  return bytesOf((writer) =>
    writeFullBox(writer, 'stsd', 0, 0, () => {
      writer.u32(entries.length)
      for (const entry of entries) writeSampleEntry(writer, entry)
    }),
  )
}

function sampleTables(
  { samples, entries, hasOffsets, hasNegativeOffsets }: TableFacts,
  track: number,
): readonly HeadPart[] {
  const table = (name: SampleTableName, version: number): readonly HeadPart[] => {
    const bytes = entries[name] * ENTRY_BYTES[name]
    const head = bytesOf((writer) => {
      const fields = name === 'stsz' ? 8 : 4
      writer.u32(8 + 4 + fields + bytes)
      writer.latin1(name)
      writer.u8(version)
      writer.u24(0)
      if (name === 'stsz') writer.u32(0) // sample_size: each sample has its own
      writer.u32(entries[name])
    })
    return [head, { track, table: name, bytes }]
  }
  return [
    ...table('stts', 0),
    ...(hasOffsets ? table('ctts', hasNegativeOffsets ? 1 : 0) : []),
    // Without it, decoding can start at every sample.
    ...(entries.stss === samples ? [] : table('stss', 0)),
    ...table('stsz', 0),
  ]
}

/** A box around parts of which some are kept elsewhere. */
function box(type: string, children: readonly Part[]): readonly Part[] {
  const header = bytesOf((writer) => {
    writer.u32(8 + sizeOfHead(children))
    writer.latin1(type)
  })
  return [header, ...children]
}
