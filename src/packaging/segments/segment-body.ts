import { MalformedMedia } from '../../media/bytes.ts'
import type { Steps } from '../../media/steps.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { SlotObject } from '../../model/output-segment.ts'
import type { StoredBytes } from '../../model/source-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import type { SourceMedia } from './source-media.ts'
import type { WholeMemory } from './whole-memory.ts'

/** A body of consecutive source objects, untouched. Undefined when there are none. */
export function objectBody(contentType: string, objects: readonly SlotObject[]): SegmentBody | undefined {
  const [first, ...others] = objects
  if (!first) return undefined
  const common = { contentType, size: objects.reduce((sum, { size }) => sum + size, 0), sources: digests(objects) }
  if (others.length === 0) return { ...common, kind: 'object', object: storedBytes(first) }
  return { ...common, kind: 'objects', objects: objects.map(storedBytes) }
}

/**
 * A body of the bytes that `change` makes from source objects. Undefined when there are none. Throws LostMedia when one
 * of them turns out to be malformed.
 */
export async function transformedBody(
  contentType: string,
  objects: readonly SlotObject[],
  media: Pick<SourceMedia, 'ofWhole'>,
  change: (sources: readonly Uint8Array[], memory: WholeMemory) => Steps<readonly Uint8Array[]>,
): Promise<SegmentBody | undefined> {
  if (objects.length === 0) return undefined
  const parts = await media.ofWhole(objects, change).catch(async (error: unknown) => {
    if (!(error instanceof MalformedMedia)) throw error
    for (const object of objects) if (await isMalformed(object, media, change)) throw unusable(object, error)
    throw unusable(objects[0]!, error)
  })
  return bytesBody(contentType, parts, objects)
}

/** A body of bytes made from these source objects. */
export function bytesBody(
  contentType: string,
  parts: readonly Uint8Array[],
  objects: readonly SlotObject[],
): SegmentBody {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  return { kind: 'bytes', contentType, size, parts, sources: digests(objects) }
}

async function isMalformed(
  object: SlotObject,
  media: Pick<SourceMedia, 'ofWhole'>,
  change: (sources: readonly Uint8Array[], memory: WholeMemory) => Steps<unknown>,
): Promise<boolean> {
  try {
    await media.ofWhole([object], change)
    return false
  } catch (error) {
    if (error instanceof MalformedMedia) return true
    throw error
  }
}

function unusable({ key }: SlotObject, cause: MalformedMedia): LostMedia {
  return new LostMedia(key, 'unusable', { cause })
}

function storedBytes({ key, size, crc32, tag }: SlotObject): StoredBytes {
  return { key, size, crc32, ...(tag !== undefined && { tag }) }
}

function digests(objects: readonly SlotObject[]): readonly string[] {
  return objects.map(({ sha256 }) => sha256)
}
