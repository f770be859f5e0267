import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { SegmentProbe, SourceObject } from '../model/source-segment.ts'
import type { ObjectWriter } from '../stores/objects.ts'
import type { IngestRef } from '../stores/segment-index.ts'
import { storing } from './storage-failure.ts'

/** Reads a segment as it passes by. `push` and `end` throw when it is of no use, saying why. */
export type SegmentProber = {
  push(chunk: Uint8Array): void
  end(): SegmentProbe
}

export type SegmentPut = {
  readonly ingest: IngestRef
  readonly name: string
  readonly body: AsyncIterable<Uint8Array>
  readonly clock: Clock
  /** Undefined for a kind of file that cannot be probed. */
  readonly prober: SegmentProber | undefined
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
    await abort(writer)
    throw error
  }
  const receivedAt = put.clock()
  const object = { key, name, size, crc32: crc, sha256: sha256.digest('hex'), receivedAt, ...inspection.end(size) }
  await storing(archive.storeSegment(ingest, object))
  return object
}

// What went wrong first is what the caller must hear of.
async function abort(writer: ObjectWriter): Promise<void> {
  await writer.abort().catch(() => {})
}

/** A prober that never throws: what it cannot use becomes a problem. */
class Inspection {
  private readonly prober: SegmentProber | undefined
  private readonly maxTracks: number
  private problem: string | undefined

  constructor({ prober, maxTracks }: SegmentPut) {
    this.prober = prober
    this.maxTracks = maxTracks
    if (!prober) this.problem = 'not MPEG-TS by its name'
  }

  push(chunk: Uint8Array): void {
    if (this.problem === undefined) this.attempt((prober) => prober.push(chunk))
  }

  end(size: number): { readonly probe: SegmentProbe } | { readonly problem: string } {
    if (size === 0) return { problem: 'empty' }
    const probe = this.problem === undefined ? this.attempt((prober) => prober.end()) : undefined
    if (!probe) return { problem: this.problem ?? 'not probed' }
    const tracks = probe.tracks.length
    if (tracks > this.maxTracks) return { problem: `${tracks} tracks, ${this.maxTracks} at most` }
    return { probe }
  }

  private attempt<T>(action: (prober: SegmentProber) => T): T | undefined {
    try {
      return this.prober && action(this.prober)
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }
}
