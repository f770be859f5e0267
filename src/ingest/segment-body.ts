import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ArchiveWriter } from '../archive/writer.ts'
import type { Clock } from '../clock.ts'
import type { Turns } from '../concurrency/turns.ts'
import type { HoldingRoom } from '../media/ts/held-packets.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { CommittedObject } from '../stores/objects.ts'
import { SegmentInspection } from './segment-inspection.ts'
import { asStorageFailure } from './storage-failure.ts'

type SegmentPut = {
  readonly ingest: InputRef
  readonly name: string
  readonly body: AsyncIterable<Uint8Array>
  readonly clock: Clock
  readonly maxTracks: number
  readonly room: HoldingRoom
  readonly turns: Turns
}

/**
 * Brings a segment into the archive, byte for byte, whatever it contains. One pass writes, hashes and probes it; what
 * the probe cannot use becomes the `problem` of the object. Resolves when the segment is durable. Throws as reading
 * the body does, and Refusal when the archive fails; nothing of the object remains in either case.
 */
export async function storeSegment(archive: ArchiveWriter, put: SegmentPut): Promise<SourceObject> {
  const { ingest, name } = put
  const { key, writer } = await asStorageFailure(archive.createObject(ingest))
  const sha256 = createHash('sha256')
  const inspection = new SegmentInspection(put)
  let size = 0
  let crc = 0
  let committed: CommittedObject
  try {
    for await (const chunk of put.body) {
      size += chunk.length
      crc = crc32(chunk, crc)
      sha256.update(chunk)
      inspection.push(chunk)
      // Last, because the writer takes ownership of the chunk.
      await asStorageFailure(writer.write(chunk))
    }
    committed = await asStorageFailure(writer.commit())
  } catch (error) {
    // The first error is the one the caller must see.
    await writer.abort().catch(() => {})
    inspection.close()
    throw error
  }
  const inspected = await put.turns.run(ingest.channelGuid, inspection.endInSteps(size))
  const receivedAt = put.clock()
  const known = { key, name, size, crc32: crc, ...committed, sha256: sha256.digest('hex') }
  const object = { ...known, receivedAt, ...inspected }
  inspection.close()
  await asStorageFailure(archive.storeSegment(ingest, object, inspection.habits))
  return object
}
