import type { Steps } from '../../media/steps.ts'
import type { SlotObject } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import type { SourceMedia } from './source-media.ts'

/** A body of consecutive source objects, untouched. Undefined when there are none. */
export function objectBody(contentType: string, objects: readonly SlotObject[]): SegmentBody | undefined {
  const [first, ...others] = objects
  if (!first) return undefined
  const common = { contentType, size: objects.reduce((sum, { size }) => sum + size, 0), sources: digests(objects) }
  if (others.length === 0) return { ...common, kind: 'object', key: first.key }
  return { ...common, kind: 'objects', objects: objects.map(({ key, size }) => ({ key, size })) }
}

/** A body of the bytes that `change` makes from source objects. Undefined when there are none. */
export async function transformedBody(
  contentType: string,
  objects: readonly SlotObject[],
  media: Pick<SourceMedia, 'ofWhole'>,
  change: (sources: readonly Uint8Array[]) => Steps<readonly Uint8Array[]>,
): Promise<SegmentBody | undefined> {
  if (objects.length === 0) return undefined
  const keys = objects.map(({ key }) => key)
  return bytesBody(contentType, await media.ofWhole(keys, change), objects)
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

function digests(objects: readonly SlotObject[]): readonly string[] {
  return objects.map(({ sha256 }) => sha256)
}
