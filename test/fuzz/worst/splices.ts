import { descriptor, spliceInsert, spliceNull, spliceSection, timeSignal } from '../../fixtures/splice-messages.ts'
import { packed, withSplices } from '../../fixtures/splice-packets.ts'
import { writeMultiplex } from '../../fixtures/transport-stream.ts'
import type { ListedStream } from './ts-writer.ts'

const PACKET = 188

export const SPLICES: ListedStream = { pid: 0x104, type: 0x86 }

/** Packets of sections; there is a multiple of 16, so that continuity counters go on when they are repeated. */
function packetsOf(sections: readonly Buffer[]): Buffer {
  const packets = Array.from({ length: 16 }, () => packed(sections, { pid: SPLICES.pid, before: 0 })).flat()
  return writeMultiplex(withSplices({ streams: [], packets: [] }, packets), new Map()).subarray(2 * PACKET)
}

const insert = (id: number) => spliceSection({ command: spliceInsert({ id, isOut: true, at: 1 }) })
const fifty = (make: (id: number) => Buffer) => Array.from({ length: 50 }, (_, id) => make(id))
/** As long as a section may be, with descriptors of nothing. */
const ofDescriptors = (tag: number) => {
  const descriptors = Array.from({ length: 678 }, () => descriptor(tag, Buffer.alloc(0)))
  return spliceSection({ command: timeSignal(1), descriptors })
}

/** Packets to repeat, by what they are. */
export const SPLICE_PACKETS: Readonly<Record<string, Buffer>> = {
  'a message of SCTE 35 in each packet': packetsOf([insert(1)]),
  'messages of SCTE 35 back to back': packetsOf(fifty(insert)),
  'heartbeats of SCTE 35': packetsOf(fifty(() => spliceSection({ command: spliceNull() }))),
  'messages of SCTE 35 with descriptors of nothing': packetsOf([ofDescriptors(0)]),
  'messages of SCTE 35 with segmentations of nothing': packetsOf([ofDescriptors(2)]),
  'messages of SCTE 35 with a wrong CRC': packetsOf(fifty((id) => insert(id).fill(0xaa, 14, 18))),
}
