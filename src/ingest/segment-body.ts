import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import { MalformedMedia } from '../media/bytes.ts'
import { TsProbe } from '../media/ts/probe.ts'
import type { SegmentProbe, SourceObject } from '../model/source-segment.ts'
import type { IngestRef } from '../stores/segment-index.ts'
import { storing } from './storage-failure.ts'

type SegmentPut = {
  readonly ingest: IngestRef
  readonly name: string
  readonly body: AsyncIterable<Uint8Array>
  readonly clock: Clock
  readonly maxTracks: number
}

/**
 * Brings a segment into the archive, byte for byte and whatever it contains: in one pass it is written, hashed and
 * probed, and what the probe cannot use becomes the `problem` of the object. Resolves when the segment is durable.
 * Throws what the body throws, and StorageFailure; nothing of the object is left then.
 */
export async function storeSegment(archive: ArchiveWriter, put: SegmentPut): Promise<SourceObject> {
  const { ingest, name } = put
  const { key, writer } = await storing(archive.createObject(ingest))
  const sha256 = createHash('sha256')
  const inspection = new Inspection(put)
  let size = 0
  let crc = 0
  try {
    for await (const chunk of put.body) {
      size += chunk.length
      crc = crc32(chunk, crc)
      sha256.update(chunk)
      inspection.push(chunk)
      // Last, because the writer takes the chunk over.
      await storing(writer.write(chunk))
    }
    await storing(writer.commit())
  } catch (error) {
    // What went wrong first is what the caller must hear of.
    await writer.abort().catch(() => {})
    throw error
  }
  const receivedAt = put.clock()
  const object = { key, name, size, crc32: crc, sha256: sha256.digest('hex'), receivedAt, ...inspection.end(size) }
  await storing(archive.storeSegment(ingest, object))
  return object
}

/** A probe that never throws: what it cannot use becomes a problem. */
class Inspection {
  private readonly probe = new TsProbe()
  private readonly maxTracks: number
  private problem: string | undefined

  constructor({ name, maxTracks }: SegmentPut) {
    this.maxTracks = maxTracks
    if (!/\.ts$/i.test(name)) this.problem = 'not MPEG-TS by its name'
  }

  push(chunk: Uint8Array): void {
    if (this.problem !== undefined) return
    try {
      this.probe.push(chunk)
    } catch (error) {
      this.problem = problemOf(error)
    }
  }

  end(size: number): { readonly probe: SegmentProbe } | { readonly problem: string } {
    if (size === 0) return { problem: 'empty' }
    if (this.problem !== undefined) return { problem: this.problem }
    try {
      const probe = this.probe.end()
      const tracks = probe.tracks.length
      return tracks > this.maxTracks ? { problem: `${tracks} tracks, ${this.maxTracks} at most` } : { probe }
    } catch (error) {
      return { problem: problemOf(error) }
    }
  }
}

function problemOf(error: unknown): string {
  return error instanceof MalformedMedia ? error.message : `the probe failed: ${String(error)}`
}
