import { type ByteReader, hexOf } from '../bytes.ts'
import type { Segmentation } from '../splice-signal.ts'
import { read33, sumOfTimes } from './times.ts'

/** splice_descriptor_tag, §10.1. */
const SEGMENTATION_DESCRIPTOR = 0x02
/** `CUEI` */
const IDENTIFIER = 0x43554549
/** segmentation_type_ids that have sub-segments; some senders leave those out, as editions before 2017 do. */
const WITH_SUB_SEGMENTS = [0x34, 0x36, 0x38, 0x3a, 0x44, 0x46]
/** Senders close and open a few segments with one message. */
const MOST_SEGMENTATIONS = 32

/**
 * Reads the segmentation_descriptor()s of a descriptor loop, which apply at `time`. Others (avail, DTMF, time, audio,
 * and those of other owners) are skipped. Undefined when there are more than 32. Throws MalformedMedia when lengths
 * contradict each other.
 */
export function readSegmentations(loop: ByteReader, time: number | undefined): Segmentation[] | undefined {
  const found: Segmentation[] = []
  while (loop.remaining > 0) {
    const tag = loop.u8()
    const descriptor = loop.part(loop.u8())
    if (tag !== SEGMENTATION_DESCRIPTOR || descriptor.u32() !== IDENTIFIER) continue
    if (found.length === MOST_SEGMENTATIONS) return undefined
    found.push(readSegmentation(descriptor, time))
  }
  return found
}

/** Reads segmentation_descriptor() behind its identifier, §10.3.3. */
function readSegmentation(reader: ByteReader, time: number | undefined): Segmentation {
  const head = { kind: 'segmentation', id: reader.u32() } as const
  if ((reader.u8() & 0x80) !== 0) return { ...head, isCancel: true }
  const flags = reader.u8()
  const offset = (flags & 0x80) === 0 ? readLeastOffset(reader) : 0
  const duration = (flags & 0x40) === 0 ? undefined : reader.u8() * 2 ** 32 + reader.u32()
  const upid = readUpid(reader)
  const typeId = reader.u8()
  const [segmentNum, segmentsExpected] = [reader.u8(), reader.u8()]
  return {
    ...head,
    typeId,
    ...(time !== undefined && { time: sumOfTimes(time, offset) }),
    ...(duration !== undefined && { duration }),
    ...(upid && { upid }),
    ...((flags & 0x20) === 0 && { restrictions: readRestrictions(flags) }),
    segmentNum,
    segmentsExpected,
    ...(WITH_SUB_SEGMENTS.includes(typeId) &&
      reader.remaining >= 2 && { subSegment: { num: reader.u8(), expected: reader.u8() } }),
  }
}

/** The pts_offset of the component that is first. */
function readLeastOffset(reader: ByteReader): number {
  let least: number | undefined
  for (let left = reader.u8(); left > 0; left--) {
    // component_tag
    reader.skip(1)
    least = Math.min(read33(reader), least ?? Infinity)
  }
  return least ?? 0
}

function readUpid(reader: ByteReader): { readonly type: number; readonly bytes: string } | undefined {
  const type = reader.u8()
  const bytes = reader.view(reader.u8())
  return type === 0 && bytes.length === 0 ? undefined : { type, bytes: hexOf(bytes) }
}

function readRestrictions(flags: number) {
  return {
    webDeliveryAllowed: (flags & 0x10) !== 0,
    noRegionalBlackout: (flags & 0x08) !== 0,
    archiveAllowed: (flags & 0x04) !== 0,
    deviceRestrictions: flags & 0x03,
  }
}
