import type { SampleChunk } from '../../media/mp4/chunk-tables.ts'
import { type HeadPart, sizeOfPart } from '../../media/mp4/progressive.ts'
import type { SampleTableName } from '../../media/mp4/sample-tables.ts'
import { dataBetween } from '../../media/sample.ts'
import type { SegmentBatches } from '../output-format.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import type { FileRange } from '../spool.ts'
import type { FileTrack } from './file-tracks.ts'
import { trackSamples } from './track-samples.ts'

/** A chunk, and which of the samples' data of its segment and track it has. */
export type PlannedChunk = SampleChunk & {
  /** Number of its output segment. */
  readonly segment: number
  /** Bytes of the data before the chunk's own. */
  readonly skipped: number
}

/** Finished sample tables of a track. */
type ReadTables = { read(table: SampleTableName, range: FileRange): AsyncIterable<Uint8Array> }

/** A range of a file's head. */
export async function* headBytes(
  head: readonly HeadPart[],
  tracks: readonly ReadTables[],
  { start, end }: FileRange,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const part of head) {
    const size = sizeOfPart(part)
    const own = { start: Math.max(start - at, 0), end: Math.min(end - at, size) }
    if (own.start < own.end) {
      if (part instanceof Uint8Array) yield part.subarray(own.start, own.end)
      else yield* tracks[part.track]!.read(part.table, own)
    }
    at += size
  }
}

export type ChunkSource = {
  readonly tracks: readonly FileTrack[]
  readonly batches: SegmentBatches
  readonly media: Pick<SourceMedia, 'lend'>
}

/** A range of the data of all chunks, which is read from the output segment on in which it begins. Throws LostMedia. */
export async function* mediaBytes(
  chunks: readonly PlannedChunk[],
  { tracks, batches, media }: ChunkSource,
  range: FileRange,
): AsyncGenerator<Uint8Array> {
  let next = 0
  let begin = 0
  for (let chunk = chunks[0]; chunk && begin + chunk.bytes <= range.start; chunk = chunks[++next]) begin += chunk.bytes
  const first = chunks[next]
  for await (const batch of first && range.start > 0 ? batches(first.segment - 1) : batches()) {
    for (const [at, segment] of batch.segments.entries()) {
      const lent = media.lend()
      try {
        for (let chunk = chunks[next]; chunk?.segment === segment.number; chunk = chunks[++next]) {
          const found = await trackSamples(tracks[chunk.track]!, batch, at, lent)
          if (found) yield* dataBetween(found.media, partOf(chunk, begin, range))
          begin += chunk.bytes
          if (begin >= range.end) return
        }
      } finally {
        await lent.end()
      }
    }
  }
}

/** The part of a chunk that a range of all data covers, given where the chunk begins. */
function partOf({ skipped, bytes }: PlannedChunk, begin: number, { start, end }: FileRange) {
  const from = Math.max(start - begin, 0)
  return { skipped: skipped + from, bytes: Math.min(end - begin, bytes) - from }
}
