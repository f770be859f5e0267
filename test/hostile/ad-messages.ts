/** SCTE-35 messages and ad tags of an encoder that signals without measure. */
import {
  descriptor,
  segmentation,
  spliceInsert,
  spliceNull,
  spliceSection,
  timeSignal,
} from '../fixtures/splice-messages.ts'
import { packed } from '../fixtures/splice-packets.ts'
import type { SectionPacket } from '../fixtures/transport-stream.ts'

/** Messages come on the first as the encoder means them, on all others in any state. */
export const SPLICE_PIDS = [0x1f4, 0x1f5, 0x1f6, 0x1f7]
const LONGEST_SECTION = 4096
/** Of one message, as many as are read. */
const SEGMENTATIONS = 32
/** Messages of a segment that open so many events each, none of which is ever ended: 10,000 in six segments. */
const OPENERS = 60
const MIB = 1 << 20

/** A provider advertisement, a chapter and a placement opportunity, none of which says how long it is. */
const OPENED_TYPES = [0x30, 0x20, 0x34]

const opener = (id: number, typeId: number) =>
  spliceSection({
    command: timeSignal('none'),
    descriptors: Array.from({ length: SEGMENTATIONS }, (_, i) => segmentation({ id: id + i, typeId })),
  })
/** A section as long as one may be, that opens an event, too. */
const longOpener = (id: number) => {
  const fill = (size: number) => descriptor(0xf0, Buffer.alloc(size))
  const bare = (fills: readonly Buffer[]) =>
    spliceSection({ command: spliceInsert({ id, isOut: true, at: 'immediate' }), descriptors: fills })
  const fills = Array.from({ length: 15 }, () => fill(250))
  return bare([...fills, fill(LONGEST_SECTION - bare([...fills, fill(0)]).length)])
}
const shortBreak = (id: number) =>
  spliceSection({
    command: spliceInsert({ id, isOut: true, at: 'immediate', break: { autoReturn: true, duration: 90_000 } }),
  })

/** Sections of which nothing can be read. */
const UNREADABLE: readonly ((id: number) => Buffer)[] = [
  (id) => changed(shortBreak(id), 14, 0x5a),
  (id) => spliceSection({ command: spliceInsert({ id, isOut: true, at: 'immediate' }), encrypted: true }),
  (id) => spliceSection({ command: spliceInsert({ id, isOut: true, at: 'immediate' }), protocolVersion: 1 }),
  // Longer than any section may be: section_length is 4095.
  (id) => Buffer.concat([changed(shortBreak(id), 1, 0x3f, 0xff), Buffer.alloc(LONGEST_SECTION + 2 - 100, 0x11)]),
  (id) =>
    spliceSection({
      command: timeSignal('none'),
      descriptors: Array.from({ length: SEGMENTATIONS + 1 }, (_, i) => segmentation({ id: id + i, typeId: 0x30 })),
    }),
  () => spliceSection({ command: spliceNull() }),
]

/** What a segment carries besides what the encoder means to signal: `count` sections, the last of which is cut off. */
export function floodOfMessages(number: number, count: number): SectionPacket[] {
  const id = number * 100_000
  const openers = Array.from({ length: OPENERS }, (_, i) =>
    opener(id + i * SEGMENTATIONS, OPENED_TYPES[(number + i) % OPENED_TYPES.length]!),
  )
  const inserts = Array.from({ length: OPENERS }, (_, i) => (i % 4 === 0 ? longOpener(id + i) : shortBreak(id + i)))
  const unreadable = Array.from({ length: count - openers.length - inserts.length }, (_, i) =>
    UNREADABLE[i % UNREADABLE.length]!(id + i),
  )
  const kinds = [number % 2 === 0 ? openers : inserts, number % 2 === 0 ? inserts : openers, unreadable]
  const packets = kinds.flatMap((sections, i) => packed(sections, { pid: SPLICE_PIDS[i + 1]!, before: 2 * i + 2 }))
  return packets.slice(0, -1)
}

/** Ad tags before one segment: a mebibyte of them. */
export function floodOfTags(number: number): readonly string[] {
  const range = (id: string, text: string) =>
    `#EXT-X-DATERANGE:ID="${id}",START-DATE="2026-01-01T00:00:00Z",X-A="${text}"`
  switch (number % 3) {
    case 0:
      return Array.from({ length: 260 }, (_, i) => range(`${number}-${i}`, 'a'.repeat(4000)))
    case 1:
      return [range(`${number}`, 'a'.repeat(MIB))]
    default:
      return Array.from({ length: MIB / 16 }, () => '#EXT-X-CUE-OUT:1')
  }
}

function changed(section: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(section)
  copy.set(bytes, at)
  return copy
}
