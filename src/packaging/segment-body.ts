import type { ArchiveReader } from '../archive/reader.ts'
import type { SlotObject } from '../model/output-segment.ts'
import type { SegmentBody } from './output-format.ts'

/** Source objects one after the other, untouched. Undefined when there are none. */
export function verbatim(contentType: string, objects: readonly SlotObject[]): SegmentBody | undefined {
  const [first, ...others] = objects
  if (!first) return undefined
  if (others.length === 0) return { contentType, size: first.size, kind: 'object', key: first.key }
  const size = objects.reduce((sum, object) => sum + object.size, 0)
  return { contentType, size, kind: 'concat', keys: objects.map(({ key }) => key) }
}

/** Source objects made into other bytes by `change`. Undefined when there are none. */
export async function changed(
  contentType: string,
  objects: readonly SlotObject[],
  archive: Pick<ArchiveReader, 'read'>,
  change: (sources: readonly Uint8Array[]) => Uint8Array,
): Promise<SegmentBody | undefined> {
  if (objects.length === 0) return undefined
  const bytes = change(await Promise.all(objects.map(({ key }) => archive.read(key))))
  return { contentType, size: bytes.byteLength, kind: 'bytes', parts: [bytes] }
}
