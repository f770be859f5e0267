import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SourceObject } from '../model/source-segment.ts'
import { SegmentInspection } from './segment-inspection.ts'
import { asStorageFailure } from './storage-failure.ts'

type SegmentPut = {
  readonly ingest: InputRef
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
  const { key, writer } = await asStorageFailure(archive.createObject(ingest))
  const sha256 = createHash('sha256')
  const inspection = new SegmentInspection(put)
  let size = 0
  let crc = 0
  try {
    for await (const chunk of put.body) {
      size += chunk.length
      crc = crc32(chunk, crc)
      sha256.update(chunk)
      inspection.push(chunk)
      // Last, because the writer takes the chunk over.
      await asStorageFailure(writer.write(chunk))
    }
    await asStorageFailure(writer.commit())
  } catch (error) {
    // What went wrong first is what the caller must hear of.
    await writer.abort().catch(() => {})
    throw error
  }
  const receivedAt = put.clock()
  const object = { key, name, size, crc32: crc, sha256: sha256.digest('hex'), receivedAt, ...inspection.end(size) }
  await asStorageFailure(archive.storeSegment(ingest, object))
  return object
}
